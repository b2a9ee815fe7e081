import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nobody, type HubContext } from './access.ts'
import { keyOf } from './key.ts'
import { wholeSight } from './sight.ts'

describe('the keys of a console', () => {
  it('name things of its own account on one host, and the same things after a restart of the hub', () => {
    const context = (account: string, organization: string, host: string): HubContext => ({
      caller: { ...nobody('192.0.2.1', '', ''), account, organization },
      host,
      environment: '',
      sight: async () => wholeSight,
      note: () => undefined,
    })
    const key = new Uint8Array(16).fill(9)
    const named = [context('ann', 'acme', 'h1'), context('bob', 'acme', 'h1'), context('ann', 'other', 'h1'), context('ann', 'acme', 'h2')]
    const keys = named.map((of) => Buffer.from(keyOf(of, key)).toString('hex'))
    assert.equal(new Set(keys).size, 4)
    for (const text of keys) assert.match(text, /^[0-9a-f]{32}$/)
    assert.equal(Buffer.from(keyOf({ ...named[0]!, caller: { ...named[0]!.caller, login: 'later' } }, key)).toString('hex'), keys[0])
  })
})
