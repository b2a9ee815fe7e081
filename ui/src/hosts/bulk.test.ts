import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { setMe } from '../kit/me.ts'
import { planHosts, tagsAfter, tagsOf } from './bulk.ts'

const host = (name: string, ...tags: string[]) => ({ id: name, name, tags })
const fleet = [host('a', 'prod'), host('b'), host('c', 'prod', 'web')]
const become = (...permissions: string[]) => setMe({ permissions } as unknown as Me)

describe('what would be done to many hosts', () => {
  afterEach(() => setMe(undefined))

  it('leaves out the hosts that have the tags already, and says how many', () => {
    become('hosts:manage')
    const { hosts, skipped } = planHosts('tag', fleet, ['prod'])
    assert.deepEqual([hosts.map(({ name }) => name), skipped], [['b'], [{ reason: 'hosts.skip.has', count: 2 }]])
  })

  it('leaves out the hosts that lack the tags to take away', () => {
    become('hosts:manage')
    const { hosts, skipped } = planHosts('untag', fleet, ['web', 'nowhere'])
    assert.deepEqual([hosts.map(({ name }) => name), skipped], [['c'], [{ reason: 'hosts.skip.lacks', count: 2 }]])
  })

  it('leaves out a host that has no room for more tags', () => {
    become('hosts:manage')
    const full = host('full', ...Array.from({ length: 32 }, (_, n) => `t${n}`))
    assert.deepEqual(planHosts('tag', [full, host('b')], ['new']).skipped, [{ reason: 'hosts.skip.full', count: 1 }])
  })

  it('removes all of them, also those that are offline', () => {
    become('hosts:manage')
    assert.deepEqual(planHosts('revoke', fleet, []), { hosts: fleet, skipped: [] })
  })

  it('leaves out every one without the permission', () => {
    become('hosts:read')
    assert.deepEqual(planHosts('revoke', fleet, []), { hosts: [], skipped: [{ reason: 'bulk.skip.permission', count: 3 }] })
  })
})

describe('the tags of hosts', () => {
  it('are added to and taken from what a host has', () => {
    assert.deepEqual(tagsAfter('tag', ['a', 'b'], ['b', 'c']), ['a', 'b', 'c'])
    assert.deepEqual(tagsAfter('untag', ['a', 'b'], ['b', 'c']), ['a'])
  })

  it('are counted over hosts, the most frequent first', () =>
    assert.deepEqual(tagsOf(fleet), [
      { tag: 'prod', count: 2 },
      { tag: 'web', count: 1 },
    ]))
})
