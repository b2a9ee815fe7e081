import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf, type FairleadError } from '@fairlead/protocol/errors.ts'
import { createDelays } from './delays.ts'

function tried(begin: () => void): number | 'ok' {
  try {
    begin()
    return 'ok'
  } catch (error) {
    assert.equal(codeOf(error), 'rate_limited')
    return (error as FairleadError).details?.['retryAfterSeconds'] as number
  }
}

describe('delays between tries', () => {
  it('leave five free, then double from 1 s to 60 s and stay there', () => {
    let nowMs = 0
    const delays = createDelays(() => nowMs)
    const waits: number[] = []
    for (let i = 0; i < 14; i++) {
      const wait = tried(() => delays.begin('a', 'ip'))
      if (wait !== 'ok') {
        nowMs += wait * 1000
        assert.equal(
          tried(() => delays.begin('a', 'ip')),
          'ok',
        )
      }
      waits.push(wait === 'ok' ? 0 : wait)
    }
    assert.deepEqual(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  it('count tries that are still being judged', () => {
    const delays = createDelays(() => 0)
    const all = Array.from({ length: 50 }, () => tried(() => delays.begin('a', 'ip')))
    assert.equal(all.filter((wait) => wait === 'ok').length, 5)
  })

  it('are of one account from one source', () => {
    const delays = createDelays(() => 0)
    for (let i = 0; i < 5; i++) delays.begin('a', 'ip')
    assert.equal(
      tried(() => delays.begin('a', 'ip')),
      1,
    )
    assert.equal(
      tried(() => delays.begin('a', 'other')),
      'ok',
    )
    assert.equal(
      tried(() => delays.begin('b', 'ip')),
      'ok',
    )
  })

  it('end with the right password, and with an hour of rest', () => {
    let nowMs = 0
    const delays = createDelays(() => nowMs)
    for (let i = 0; i < 5; i++) delays.begin('a', 'ip')
    delays.succeeded('a', 'ip')
    for (let i = 0; i < 5; i++)
      assert.equal(
        tried(() => delays.begin('a', 'ip')),
        'ok',
      )
    nowMs = 3_600_000
    for (let i = 0; i < 5; i++)
      assert.equal(
        tried(() => delays.begin('a', 'ip')),
        'ok',
      )
  })

  it('are not washed away by tries for many other accounts', () => {
    const delays = createDelays(() => 0)
    for (let i = 0; i < 15_000; i++) delays.begin(`first-${i}`, 'ip')
    for (let i = 0; i < 5; i++) delays.begin('a', 'ip')
    for (let i = 0; i < 15_000; i++) delays.begin(`then-${i}`, 'ip')
    assert.equal(
      tried(() => delays.begin('a', 'ip')),
      1,
    )
  })
})
