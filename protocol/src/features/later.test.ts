import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LocalEntry } from './journal.ts'
import { Manifest } from './updates.ts'

// A hub may be older than an agent that was updated on its host, and an agent older than the release that it is offered.
describe('what a later version says', () => {
  it('in a host’s journal is taken as it stands: its stream does not end over a verb [security 146]', () => {
    const entry = { chain: 'a'.repeat(32), number: 1, timeMs: 0, verb: 'what_comes_later', who: 'root', outcome: 'ok' }
    assert.equal(LocalEntry.parse(entry).verb, 'what_comes_later')
    for (const verb of ['', 'X', 'a b', 'a\n', 'a'.repeat(33)]) assert.equal(LocalEntry.safeParse({ ...entry, verb }).success, false, verb)
  })

  it('of files for other kinds of hosts does not make a release none [security 146]', () => {
    const file = { bytes: 1, sha256: 'a'.repeat(64) }
    const base = { product: 'fairlead-agent', version: '1.2.3', counter: 1, issuedMs: 0, expiresMs: 1, node: '24.21.0' }
    const files = { 'agent.cjs': file, 'fairlead-agent-linux-riscv64': file }
    assert.deepEqual(Manifest.parse({ ...base, files }).files, files)
    assert.equal(Manifest.safeParse({ ...base, files: { ['x'.repeat(65)]: file } }).success, false)
  })
})
