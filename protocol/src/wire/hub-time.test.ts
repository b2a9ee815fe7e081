import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf } from '../errors.ts'
import { beginBy, hostClockSlow, hubTimeFrom, notAfter } from './hub-time.ts'
import { limits } from './limits.ts'

const hourMs = 3_600_000

/** Both ends of a link, each with a clock of its own that goes on as it is told. */
function link(welcomeMs: number) {
  const [hub, host] = [{ ms: 5 }, { ms: 1e9 }]
  return {
    hub: hubTimeFrom(welcomeMs, () => hub.ms),
    host: hubTimeFrom(welcomeMs, () => host.ms, hostClockSlow),
    pass(ms: number, drift = 0) {
      hub.ms += ms
      host.ms += ms * (1 + drift)
    },
    sleepHost: (ms: number) => void (host.ms += ms),
  }
}

const verdict = (run: () => void) => {
  try {
    run()
    return 'ok'
  } catch (error) {
    return codeOf(error)
  }
}

describe('until when a mutation may begin', () => {
  it('is its deadline by the hub’s clock, and half a minute for what has none', () => {
    assert.equal(notAfter(1000, 2000), 3000)
    assert.equal(notAfter(1000), 31_000)
    assert.equal(notAfter(1000, 10 * 365 * 24 * hourMs), 1000 + limits.notAfterMs)
  })

  it('is over after a host slept for an hour, whatever its own clocks say', () => {
    const ends = link(1_800_000_000_000)
    ends.pass(60_000)
    const asked = notAfter(ends.hub(), 30_000)
    ends.sleepHost(hourMs)
    assert.equal(verdict(beginBy(asked, ends.host).check), 'expired')
  })

  it('is judged again when it begins: what waited on its host for too long does not', () => {
    const ends = link(7)
    const begins = beginBy(notAfter(ends.hub(), 30_000), ends.host)
    ends.pass(29_000)
    assert.equal(verdict(begins.check), 'ok')
    ends.pass(2000)
    assert.equal(verdict(begins.check), 'expired')
  })

  it('is an hour at most, though a hub says ten years [limit notAfterMs]', () => {
    const ends = link(7)
    const begins = beginBy(ends.hub() + 10 * 365 * 24 * hourMs, ends.host)
    ends.pass(limits.notAfterMs - 1000)
    assert.equal(verdict(begins.check), 'ok')
    ends.pass(3000)
    assert.equal(verdict(begins.check), 'expired')
  })

  it('must be said', () => {
    assert.equal(verdict(beginBy(undefined, () => 0).check), 'invalid_input')
  })

  it('is kept on a link of three months whose ends drift apart, in either direction', () => {
    for (const drift of [0.0001, -0.0001]) {
      const ends = link(7)
      ends.pass(90 * 24 * hourMs, drift)
      assert.equal(verdict(beginBy(notAfter(ends.hub(), 2000), ends.host).check), 'ok', String(drift))
      const asked = notAfter(ends.hub(), 30_000)
      ends.sleepHost(hourMs)
      assert.equal(verdict(beginBy(asked, ends.host).check), 'expired', String(drift))
    }
  })
})
