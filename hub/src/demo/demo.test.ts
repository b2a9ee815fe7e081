import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { openDemo } from './demo.ts'

describe('made-up hosts', () => {
  // Whoever tagged a host of their own "demo" lost it with them.
  it('are the only ones that their end removes, whatever tags people wrote', async () => {
    const hosts = new Map([
      ['own', { id: 'own', tags: ['demo'] }],
      ['made', { id: 'made', tags: ['demo'] }],
    ])
    const { handlers } = openDemo({
      starter: { start: () => undefined, stop: () => undefined },
      enrolment: { invite: () => Promise.reject(new Error('nobody is invited')), madeUp: async () => new Set(['made', 'long-gone']) },
      hosts: { list: async () => [...hosts.values()] as Host[], revoke: async (_organization, id) => void hosts.delete(id) },
      address: () => 'https://localhost',
    })
    const context = { caller: { organization: 'acme' } } as Parameters<typeof handlers.stop>[1]
    assert.deepEqual(await handlers.state({}, context), { available: true, hosts: 1 })
    assert.deepEqual(await handlers.stop({}, context), { available: true, hosts: 0 })
    assert.deepEqual([...hosts.keys()], ['own'])
  })
})
