import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { createHourly, refuseHourly } from './hourly.ts'

describe('what may be done so often within an hour', () => {
  it('is counted over the last hour, not by the clock’s: the first that is older makes room for one', () => {
    let nowMs = 0
    const hourly = createHourly(3, () => nowMs)
    for (const at of [0, 1000, 2000]) {
      nowMs = at
      assert.equal(hourly.take('a'), 0)
    }
    assert.equal(hourly.take('a'), 3_598_000)
    assert.equal(hourly.take('b'), 0)
    // What was refused was not done, and does not count.
    nowMs = 3_599_999
    assert.equal(hourly.take('a'), 1)
    nowMs = 3_600_000
    assert.equal(hourly.take('a'), 0)
    assert.equal(hourly.take('a'), 1000)
  })

  it('takes no more memory than for 20,000 who did it last', () => {
    const hourly = createHourly(1, () => 0)
    for (let i = 0; i < 50_000; i++) hourly.take(`x${i}`)
    assert.equal(hourly.kept, 20_000)
    assert.ok(hourly.take('x49999') > 0)
  })

  it('is refused with what it was and when it goes on', () => {
    refuseHourly(0, 'Nothing')
    assert.throws(
      () => refuseHourly(61_000, 'You invited 60 people', 'email'),
      (error: Error & { details?: unknown }) => {
        assert.equal(codeOf(error), 'rate_limited')
        assert.equal(error.message, 'You invited 60 people within the last hour, which is the most; go on in 2 min.')
        assert.deepEqual(error.details, { retryAfterSeconds: 61, field: 'email' })
        return true
      },
    )
  })
})
