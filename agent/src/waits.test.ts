import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { closeCodes } from '@fairlead/protocol/hello.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { createWaits } from './waits.ts'

const hourMs = 3_600_000
const failed = (details: Record<string, unknown> = {}) => new FairleadError('bad_upstream', 'no', { details })

/** The longest that each of so many waits may be: chance gives its most. */
const longest = () => createWaits(() => 0.999_999_9)
const shortest = () => createWaits(() => 0)
const rounded = (ms: number) => Math.round(ms / 100) * 100

describe('the waits of an agent that has no link', () => {
  it('double from one second to three smears, for ever, each a random part of it', () => {
    const waits = longest()
    const most = Array.from({ length: 12 }, () => rounded(waits.afterFailure(failed())))
    assert.deepEqual(most, [1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000, 15_000, 15_000, 15_000, 15_000])
    const least = shortest()
    for (let i = 0; i < 12; i++) assert.equal(least.afterFailure(failed()), 0)
  })

  it('end with a quarter of a minute where the fleet is small, and with a minute where it is large [security 39]', () => {
    for (const [smearMs, mostMs] of [
      [100, 15_000],
      [5000, 15_000],
      [10_000, 30_000],
      [20_000, 60_000],
      [600_000, 60_000],
    ] as const) {
      const waits = longest()
      waits.connected(smearMs)
      for (let i = 0; i < 7; i++) waits.afterFailure(failed())
      assert.equal(rounded(waits.afterFailure(failed())), mostMs)
    }
  })

  it('begin with a fifth of the smear where the fleet is large, and end with a minute as ever [security 39]', () => {
    const waits = longest()
    waits.connected(30_000)
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => rounded(waits.afterFailure(failed()))),
      [6000, 12_000, 24_000, 48_000, 60_000],
    )
  })

  it('spread over what the hub said after a loss: a fleet does not return at once', () => {
    const waits = longest()
    assert.equal(rounded(waits.afterLoss({ code: 1006 }, 1000)), 5000)
    waits.connected(30_000)
    assert.equal(rounded(waits.afterLoss({ code: 1006 }, 1000)), 30_000)
    assert.equal(createWaits(() => 0.5).afterLoss({ code: 1006 }, 1000), 2500)
    waits.connected(10 * hourMs)
    assert.equal(rounded(waits.afterLoss({ code: 1006 }, 1000)), 600_000)
  })

  it('are what GOAWAY said, when it said something', () => {
    assert.equal(longest().afterLoss({ code: 1000, reconnectInMs: 1234 }, 1000), 1234)
  })

  it('honour Retry-After, up to an hour', () => {
    assert.equal(shortest().afterFailure(failed({ retryAfterMs: 7000 })), 7000)
    assert.equal(shortest().afterFailure(failed({ retryAfterMs: 50 * hourMs })), hourMs)
  })

  // A date is no number of seconds, and a wait of NaN was none: the agent knocked as fast as it could.
  it('double as ever when Retry-After is a date or nonsense [security 39]', () => {
    const waits = longest()
    assert.deepEqual(
      [1, 2, 3].map(() => rounded(waits.afterFailure(failed({ retryAfterMs: Number.NaN })))),
      [1000, 2000, 4000],
    )
  })

  it('are an hour once the hub removed this host or speaks no common version', () => {
    for (const code of [closeCodes.revoked, closeCodes.version]) {
      assert.equal(shortest().afterLoss({ code }, 1000), hourMs)
      assert.equal(shortest().afterFailure(failed({ closeCode: code })), hourMs)
    }
  })

  it('are half as often doubled once a link came up, however soon it is lost again [security 152]', () => {
    const waits = longest()
    for (let i = 0; i < 7; i++) waits.afterFailure(failed())
    waits.connected(2000)
    assert.equal(rounded(waits.afterFailure(failed())), 8000)
    waits.connected(2000)
    assert.equal(rounded(waits.afterFailure(failed())), 4000)
  })

  it('begin anew after a minute of health, and not before', () => {
    const waits = longest()
    for (let i = 0; i < 8; i++) waits.afterFailure(failed())
    waits.afterLoss({ code: 1006 }, 59_000)
    assert.equal(rounded(waits.afterFailure(failed())), 15_000)
    waits.afterLoss({ code: 1006 }, 61_000)
    assert.equal(rounded(waits.afterFailure(failed())), 1000)
  })
})
