import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { setMe } from '../kit/me.ts'
import { plan, reasonAgainst } from './actions.ts'

const row = (host: string, status: string, more: Partial<FleetRow> = {}) =>
  ({ host, status, id: `${host}${status}`, facts: {}, ...more }) as FleetRow
const person = (...permissions: string[]) =>
  setMe({
    account: 'a',
    name: 'A',
    email: 'a@example.test',
    language: 'en',
    organization: { id: 'o', name: 'O' },
    permissions,
    loginExpiresMs: 0,
  })

describe('what a verb would do', () => {
  afterEach(() => setMe(undefined))

  it('counts what it does, on how many hosts, and why it skips the rest', () => {
    person('containers:operate')
    const rows = [row('a', 'running'), row('a', 'paused'), row('b', 'running'), row('b', 'exited'), row('c', 'running', { staleMs: 1 })]
    const { rows: able, hosts, skipped } = plan('stop', rows)
    assert.deepEqual(
      able.map(({ id }) => id),
      ['arunning', 'apaused', 'brunning'],
    )
    assert.equal(hosts, 2)
    assert.deepEqual(skipped, [
      { reason: 'bulk.skip.state', count: 1 },
      { reason: 'bulk.skip.offline', count: 1 },
    ])
  })

  it('is refused by a host before it is asked: a protected container, a locked host, a policy', () => {
    person('containers:operate', 'containers:remove')
    const held = (why: string) => reasonAgainst('remove', row('a', 'running', { facts: { held: why } }))
    assert.deepEqual(['protected', 'lock', 'file', 'mode', 'hub', 'tomorrow'].map(held), [
      'bulk.skip.protected',
      'bulk.skip.lock',
      ...Array.from({ length: 4 }, () => 'bulk.skip.policy'),
    ])
    assert.equal(reasonAgainst('remove', row('a', 'running', { facts: { held: 'lock' }, staleMs: 1 })), 'bulk.skip.offline')
  })

  it('removes nothing for a person who may only start and stop', () => {
    person('containers:operate')
    assert.equal(reasonAgainst('remove', row('a', 'exited')), 'bulk.skip.permission')
    assert.equal(reasonAgainst('start', row('a', 'exited')), undefined)
    person('containers:remove')
    assert.equal(reasonAgainst('remove', row('a', 'exited')), undefined)
    assert.equal(reasonAgainst('start', row('a', 'exited')), 'bulk.skip.permission')
  })
})
