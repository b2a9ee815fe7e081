import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '../../..')
const sources = globSync('{hub,agent,protocol}/src/**/*.ts', {
  cwd: root,
  exclude: (path) => path.endsWith('.test.ts') || /(src|features).accounts/.test(path),
})

describe('what lets a host in', () => {
  // Console, errors and documents had three names for it. A line is what a person pastes, a join string the part of it that an
  // agent is given; the rows and addresses of the hub, which nobody reads, have invitations.
  it('is called a line in everything that a person is told', () => {
    const told = sources.flatMap((file) =>
      [
        ...readFileSync(join(root, file), 'utf8').matchAll(
          /(?:FairleadError\(|refusal\()\s*(?:'\w+',)?[^)]*?(['"`])(.*?[a-z] .*?)\1\s*,?\s*[){]/gs,
        ),
      ].map(([, , text]) => ({ file, text: text! })),
    )
    assert.ok(told.some(({ text }) => text.includes('this line is unknown to this hub')))
    assert.deepEqual(
      told.filter(({ text }) => /invitation|join token/i.test(text)),
      [],
    )
  })
})
