import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { silentAmong } from './engines.ts'

const host = (id: string, online: boolean, up: boolean | undefined) =>
  ({ id, name: id, online, facts: up === undefined ? null : { engine: { up, problem: up ? '' : 'nothing answers' } } }) as unknown as Host

describe('engines that do not answer', () => {
  it('are those of hosts that are up: one that is away is told as away, one that said nothing yet not at all', () => {
    const found = silentAmong([host('ok', true, true), host('down', true, false), host('away', false, false), host('new', true, undefined)])
    assert.deepEqual(found, [{ host: 'down', name: 'down', problem: 'nothing answers' }])
  })
})
