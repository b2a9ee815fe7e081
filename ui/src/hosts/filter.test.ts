import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { filterHosts, sortHosts, unknownHostField } from './filter.ts'

const host = (name: string, more: Partial<Host> = {}) =>
  ({
    id: `id-${name}`,
    name,
    environment: 'default',
    environmentId: 'e1',
    tags: [],
    state: 'ok',
    status: 'online',
    online: true,
    facts: null,
    usage: {},
    counts: {},
    ...more,
  }) as unknown as Host
const fleet = [
  host('web-1', { tags: ['prod'] }),
  host('web-2', { tags: ['test'], state: 'warn', status: 'engine down' }),
  host('web-10', { tags: ['prod', 'eu'], state: 'critical', status: 'offline' }),
  host('db', {
    tags: ['prod'],
    facts: {
      locked: true,
      engine: { name: 'docker', version: '28' },
      os: 'Debian',
      kernel: '6',
      arch: 'x64',
      agentVersion: '1',
    } as Host['facts'],
  }),
]
const names = (hosts: readonly Host[]) => hosts.map(({ name }) => name)

describe('the filter of hosts', () => {
  for (const [filter, expected] of [
    ['', ['web-1', 'web-2', 'web-10', 'db']],
    ['name:web-*', ['web-1', 'web-2', 'web-10']],
    ['tag:prod -tag:eu', ['web-1', 'db']],
    ['tag:test tag:eu', ['web-2', 'web-10']],
    ['state:offline', ['web-10']],
    ['state:"engine down"', ['web-2']],
    ['state:locked', ['db']],
    ['web prod', ['web-1', 'web-10']],
    ['name:w.b-1', []],
  ] as const)
    it(`"${filter}" lets ${expected.length} through`, () => assert.deepEqual(names(filterHosts(fleet, filter)), expected))

  it('says which name it does not know', () => {
    assert.equal(unknownHostField('tag:a colour:red')?.name, 'colour')
    assert.equal(unknownHostField('tag:a free'), undefined)
  })
})

describe('the order of hosts', () => {
  const columns = [
    { key: 'name', value: (one: Host) => one.name },
    { key: 'cpu', value: (one: Host) => one.usage['cpu'] ?? Number.NaN },
  ]
  it('counts numbers in names, up and down', () => {
    assert.deepEqual(names(sortHosts(fleet, ['name'], columns)), ['db', 'web-1', 'web-2', 'web-10'])
    assert.deepEqual(names(sortHosts(fleet, ['-name'], columns)), ['web-10', 'web-2', 'web-1', 'db'])
  })
  it('puts what was not measured last, whichever way', () => {
    const measured = [host('a'), host('b', { usage: { cpu: 1 } }), host('c', { usage: { cpu: 2 } })]
    assert.deepEqual(names(sortHosts(measured, ['cpu'], columns)), ['b', 'c', 'a'])
    assert.deepEqual(names(sortHosts(measured, ['-cpu'], columns)), ['c', 'b', 'a'])
  })
})
