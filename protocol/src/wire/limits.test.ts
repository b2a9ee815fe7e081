import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { limits } from './limits.ts'

/** The names of all limits: `depth`, `path.startBytes`. */
function names(object: object, before = ''): string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${before}${name}`] : names(value as object, `${before}${name}.`),
  )
}

/** Those that the title of some test says it crosses, `... [limit depth]`. */
function crossed(): Set<string> {
  const found = new Set<string>()
  // Real sockets of ws are opened by the agent alone.
  for (const folder of ['.', '../noise', '../../../agent/src']) {
    for (const file of readdirSync(new URL(folder, import.meta.url))) {
      if (!file.endsWith('.test.ts') || file === 'limits.test.ts') continue
      const text = readFileSync(new URL(`${folder}/${file}`, import.meta.url), 'utf8')
      for (const [, list] of text.matchAll(/\[limit ([A-Za-z. ]+)\]/g)) for (const name of list!.split(' ')) found.add(name)
    }
  }
  return found
}

describe('the limits of the wire', () => {
  it('each have a test that crosses it and says so in its title', () => {
    const held = crossed()
    assert.deepEqual(
      names(limits).filter((name) => !held.has(name)),
      [],
    )
  })

  it('are all that tests speak of', () => {
    const known = new Set(names(limits))
    assert.deepEqual(
      [...crossed()].filter((name) => !known.has(name)),
      [],
    )
  })
})
