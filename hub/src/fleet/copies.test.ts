import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refuseCopy, type CopyDeps } from './copies.ts'

const known = { id: 'h', organization: 'o', name: 'web', quarantined: false, key: '', pinned: null }
const hello = { v: [1, 1] as [number, number], agent: '', hostname: '', os: '', arch: '', features: [], clockMs: 0 }

describe('two copies of a host that come at the very same moment', () => {
  // Both had asked the old link before either was written down: only the database says which of them was the first.
  it('are one quarantine in the log and in the audit, and both are refused [security 36]', async () => {
    const audited: string[] = []
    const said: string[] = []
    const written = Promise.withResolvers<void>()
    let quarantines = 0
    const host = { bootId: 'a', quarantined: false, session: { alive: true, ping: () => Promise.resolve(1) } }
    const deps = {
      fleet: { find: () => host, wasExpelled: () => false, quarantine: () => (host.quarantined = true) },
      ratchet: {
        async quarantine() {
          const first = quarantines++ === 0
          await written.promise
          return first
        },
      },
      onHost: () => Promise.resolve(),
      log: (_level: string, message: string) => void said.push(message),
      audits: { write: async ({ verb }: { verb: string }) => void audited.push(verb) },
    } as unknown as CopyDeps
    const both = Promise.allSettled(['b', 'c'].map((bootId) => refuseCopy(deps, known, { ...hello, bootId }, '192.0.2.1')))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(quarantines, 2)
    written.resolve()
    for (const one of await both) assert.match(String(one.status === 'rejected' && one.reason), /another machine is online/)
    assert.deepEqual(audited, ['host.quarantine'])
    assert.equal(said.length, 1)
  })
})
