import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { removeLock, writeLock } from '../policy/lock.ts'
import { openPolicy } from '../policy/policy.ts'
import { serveHosts } from './hosts.ts'

describe('what a host says of itself', () => {
  const stateDir = mkdtempSync('/var/tmp/fairlead-facts-')
  const policy = openPolicy({ file: join(stateDir, 'policy.json'), stateDir, say: () => undefined, note: () => undefined })
  after(() => {
    policy.stop()
    rmSync(stateDir, { recursive: true, force: true })
  })

  it('tells a lock once it is there and once it is gone, and no other change of the policy', async () => {
    const engine = { name: 'none', up: false, version: '', apiVersion: '', storageDriver: '', cgroup: '', socket: '', problem: '' }
    const watch = { facts: engine, onFacts: () => () => undefined }
    const leaving = new AbortController()
    const link = () => ({ upSinceMs: null, tlsEndToEnd: false, stats: null, losses: [] })
    const { watch: tell } = serveHosts({ watch, policy, version: '1', link })
    const told: (boolean | undefined)[] = []
    const reading = (async () => {
      for await (const { locked } of (await tell({}, { signal: leaving.signal, trace: '' })) as AsyncIterable<{ locked?: boolean }>)
        told.push(locked)
    })()
    const settle = () => new Promise((resolve) => setTimeout(resolve, 20))
    await settle()
    writeLock(stateDir, { forMs: undefined, reason: 'a night of quiet', by: 'root' })
    policy.inForce()
    await settle()
    await policy.handlers.narrow({ deny: ['container.exec'] } as never, {} as never)
    await settle()
    removeLock(stateDir)
    policy.inForce()
    await settle()
    assert.deepEqual(told, [undefined, true, undefined])
    leaving.abort()
    await reading
  })
})
