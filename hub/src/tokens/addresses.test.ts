import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mayComeFrom, readNetworks } from './addresses.ts'

describe('where a token may be used', () => {
  for (const [addresses, ip, may] of [
    [[], '203.0.113.9', true],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.8', false],
    [['192.0.2.0/24'], '192.0.2.255', true],
    [['192.0.2.0/24'], '::ffff:192.0.2.1', true],
    [['192.0.2.0/24'], '2001:db8::1', false],
    [['2001:db8::/32', '10.0.0.0/8'], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['0.0.0.0/0'], 'not an address', false],
  ] as const)
    it(`is ${may ? 'there' : 'not there'}: ${ip} for ${addresses.join() || 'anywhere'}`, () =>
      assert.equal(mayComeFrom(addresses, ip), may))

  it('is written as addresses and networks; what is neither is named', () => {
    for (const text of [
      '',
      'host.example',
      '192.0.2.0/33',
      '192.0.2.0/',
      '192.0.2.0/8/8',
      '2001:db8::/129',
      '192.0.2.0/-1',
      '192.0.2.0/1e1',
    ])
      assert.throws(() => readNetworks([text]), { code: 'invalid_input', message: /is no address and no network/ }, text)
  })
})
