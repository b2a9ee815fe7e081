import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { everyStep } from './steps.ts'

/** In small pieces: the clock of a mock goes ahead of the timers of one piece. */
function pass(ms: number): void {
  for (let at = 0; at < ms; at += 10) mock.timers.tick(10)
}

describe('what an agent does now and then', () => {
  it('is done at one place in each step, whenever it was begun: one wake for all of it', () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 })
    try {
      const ran: Record<string, number[]> = { first: [], second: [] }
      const first = everyStep(10_000, () => void ran['first']!.push(Date.now()))
      pass(3300)
      const second = everyStep(10_000, () => void ran['second']!.push(Date.now())).unref()
      pass(50_000)
      const steps = ran['second']!
      assert.ok(steps.length >= 4, `${steps.length}`)
      assert.deepEqual(ran['first']!.slice(-steps.length), steps)
      assert.ok(steps.every((at, i) => i === 0 || Math.abs(at - steps[i - 1]! - 10_000) <= 10))
      first.stop()
      pass(20_000)
      assert.ok(ran['second']!.length > ran['first']!.length)
      second.stop()
      pass(20_000)
      assert.equal(ran['second']!.length, steps.length)
    } finally {
      mock.timers.reset()
    }
  })
})
