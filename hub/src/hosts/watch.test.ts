import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Host, HostFacts } from '@fairlead/protocol/features/hosts.ts'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import { wholeSight } from '../base/sight.ts'
import { watchHosts } from './watch.ts'

describe('the list of hosts', () => {
  // One item that is too large ends the stream: a host that says long things of itself ended everybody's list.
  it('fits the items of its stream, however much hosts say of themselves [security 22]', async () => {
    const facts = { hostname: 'h', engine: { problem: '☃'.repeat(3900) } } as HostFacts
    const all = Array.from({ length: 20 }, (_, n) => ({ id: `h${n}`, name: `h${n}`, online: true, facts }) as Host)
    const leave = new AbortController()
    const deps = {
      list: async () => all,
      book: { onChange: () => () => undefined, hosts: async () => new Map() },
    } as unknown as Parameters<typeof watchHosts>[0]
    const seen: string[] = []
    for await (const batch of watchHosts(deps, { organization: 'acme', sight: async () => wholeSight, signal: leave.signal })) {
      assert.ok(Buffer.byteLength(JSON.stringify(batch)) <= limits.dataBytes)
      assert.equal(batch.reset, seen.length === 0)
      seen.push(...batch.hosts.map(({ id }) => id))
      if (batch.done) break
    }
    assert.deepEqual(
      seen,
      all.map(({ id }) => id),
    )
  })
})
