import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPace, pace } from './pace.ts'

describe('entries that a host tells', () => {
  it('come a thousand at a good pace, then two in ten seconds, however long it goes on [limit journal.pace]', () => {
    let nowMs = 0
    const next = createPace(() => nowMs)
    let rows = 0
    for (; nowMs < 86_400_000; nowMs += next()) rows++
    assert.ok(rows > 17_000 && rows < 19_500, `${rows} in a day`)
    // Who rested is at a good pace again.
    nowMs += pace.atOnce * pace.afterMs
    assert.equal(next(), pace.atOnceMs)
  })

  it('are at a good pace as long as there are no more of them than a week away brings', () => {
    const next = createPace(() => 0)
    for (let row = 0; row < pace.atOnce; row++) assert.equal(next(), pace.atOnceMs)
    assert.equal(next(), pace.afterMs)
  })
})
