import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Invitation } from '@fairlead/protocol/features/enrolment.ts'
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
    assert.deepEqual(await handlers.state({}, context), { available: true, hosts: 1, starting: false })
    assert.deepEqual(await handlers.stop({}, context), { available: true, hosts: 0, starting: false })
    assert.deepEqual([...hosts.keys()], ['own'])
  })

  // The overview offered a demo that was on its way.
  it('are said to start from when they were asked for, by whomever, until one is here', async () => {
    const hosts: Host[] = []
    const { start, handlers } = openDemo({
      starter: { begins: true, start: () => undefined, stop: () => undefined },
      enrolment: { invite: async () => ({ join: 'j' }) as Invitation, madeUp: async () => new Set(hosts.map(({ id }) => id)) },
      hosts: { list: async () => hosts, revoke: async () => void hosts.pop() },
      address: () => 'https://localhost',
    })
    const context = { caller: { organization: 'acme' } } as Parameters<typeof handlers.stop>[1]
    const other = { caller: { organization: 'other' } } as Parameters<typeof handlers.stop>[1]
    const starts = async (of = context) => (await handlers.state({}, of)).starting
    assert.equal(await starts(), true)
    await start('acme', 1)
    assert.deepEqual([await starts(), await starts(other)], [true, false])
    hosts.push({ id: 'made', tags: ['demo'] } as unknown as Host)
    assert.equal(await starts(), false)
    await handlers.stop({}, context)
    assert.equal(await starts(), false)
  })
})
