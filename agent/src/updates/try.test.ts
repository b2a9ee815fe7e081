import assert from 'node:assert/strict'
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { need } from '../../../e2e/need.ts'
import { tryProgram } from './try.ts'

describe('a program that is tried where it lies', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-try-'))
  after(() => rmSync(dir, { recursive: true, force: true }))
  const run = (text: string, more: object = {}) => {
    const file = join(dir, 'program')
    rmSync(file, { force: true })
    writeFileSync(file, text, { mode: 0o700 })
    return again(more)
  }
  const again = (more: object = {}) =>
    tryProgram({ file: join(dir, 'program'), own: { target: 'fairlead-agent-linux-x64' }, version: '1.2.3', stateDir: dir, ...more })
  const refused = (promise: Promise<void>, words: RegExp) =>
    assert.rejects(promise, (error: Error) => codeOf(error) === 'refused' && words.test(error.message))

  it('may run once it said who it is, and nothing else', async () => {
    await run('#!/bin/sh\n[ "$*" = --self-test ] && echo 1.2.3\n')
    await refused(run('#!/bin/sh\necho 1.2.4\n'), /it says it is "1\.2\.4" and not 1\.2\.3/)
    await refused(run('#!/bin/sh\necho 1.2.3; echo more\n'), /it says it is "1\.2\.3\\nmore"/)
    await refused(run('#!/bin/sh\necho broken >&2; exit 4\n'), /it ended with 4: broken/)
  })

  it('of another account has neither its groups nor its terminal from root', need('tmpfs'), async () => {
    const account = 64_999
    const session = 'read -r _ _ _ _ _ session _ < /proc/$$/stat; [ "$session" = $$ ] && [ "$(id -u) $(id -G)" = "64999 64999" ]'
    chmodSync(dir, 0o755)
    writeFileSync(join(dir, 'program'), `#!/bin/sh\n${session} && echo 1.2.3\n`)
    chmodSync(join(dir, 'program'), 0o755)
    await again({ as: { uid: account, gid: account } })
  })

  it('is refused where it cannot be started or does not end, in words for that [security 144]', async () => {
    await run('#!/bin/sh\necho 1.2.3\n')
    const held = openSync(join(dir, 'program'), 'r+')
    await refused(again(), /it does not start \(ETXTBSY\)/)
    closeSync(held)
    await refused(run('#!/nowhere\n'), /it does not start \(ENOENT\)/)
    await refused(run('#!/bin/sh\nexec sleep 1000\n', { limitMs: 200 }), /did not say who it is within 0\.2 seconds/)
  })
})
