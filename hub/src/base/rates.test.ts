import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FairleadError } from '@fairlead/protocol/errors.ts'
import { createHeld, createRates, rates } from './rates.ts'

const limited = (error: FairleadError) => error.code === 'rate_limited' && error.details?.['retryAfterSeconds'] === 1

describe('rates', () => {
  for (const kind of ['stranger', 'account', 'address', 'hub'] as const) {
    const { perSecond, burst } = rates[kind]
    it(`let one ${kind} ask ${burst} times at once, then ${perSecond} times a second, and others as before [security 12]`, () => {
      let now = 0
      const { take } = createRates(() => now)
      for (let i = 0; i < burst; i++) take(kind, 'one')
      assert.throws(() => take(kind, 'one'), limited)
      take(kind, 'other')
      now = 1000
      for (let i = 0; i < perSecond; i++) take(kind, 'one')
      assert.throws(() => take(kind, 'one'), limited)
    })
  }

  it('forget whoever asked longest ago, not whoever asks most', () => {
    const { take } = createRates(() => 0)
    for (let i = 0; i < rates.stranger.burst; i++) take('stranger', 'flood')
    for (let i = 0; i < 19_000; i++) take('stranger', `source ${i}`)
    assert.throws(() => take('stranger', 'flood'), limited)
  })
})

describe('what is held open', () => {
  it('is capped by holder and in all, and freed once [security 13]', () => {
    const streams = createHeld('streams', { login: 2, host: 3, hub: 4 })
    const first = streams.open({ login: 'a', host: 'h' })
    streams.open({ login: 'a', host: 'h' })
    assert.throws(() => streams.open({ login: 'a', host: 'h' }), /This login has 2 open streams already.*close one/)
    streams.open({ login: 'b', host: 'h' })
    assert.throws(() => streams.open({ login: 'b', host: 'h' }), /This host has 3/)
    streams.open({ login: 'b', host: '' })
    assert.throws(() => streams.open({ login: 'c' }), /This hub has 4/)
    assert.equal(streams.total, 4)
    first()
    first()
    assert.equal(streams.total, 3)
    streams.open({ login: 'a', host: 'h' })
    assert.throws(() => streams.open({ login: 'a' }), { code: 'too_many' })
  })
})
