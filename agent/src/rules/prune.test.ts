import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { PruneHere, RuleAct } from '@fairlead/protocol/features/rules.ts'
import type { Unused } from './images.ts'
import type { Done } from './kept.ts'
import { createPruner, nextRun } from './prune.ts'

const at = (text: string) => Date.parse(text)
const told = (ms: number | undefined) => (ms === undefined ? 'never' : new Date(ms).toISOString().slice(0, 16))
const week = [1, 2, 3, 4, 5, 6, 7]
const ruleOf = (from: number, to: number, more: Partial<PruneHere> = {}): PruneHere => ({
  name: 'night',
  on: true,
  images: 'dangling',
  olderDays: 7,
  days: [...week],
  fromMinute: from * 60,
  toMinute: to * 60,
  from: 'host',
  ...more,
})
const image = (n: number): Unused => ({ id: `sha256:${n}`, names: [], bytes: 100 * n, createdMs: 0 })

describe('when images are pruned next', () => {
  it('is when the window opens, or now within one that was not used', () => {
    const table: [PruneHere, string | undefined, string, string][] = [
      // rule, when it pruned last, now, next
      [ruleOf(3, 5), undefined, '2026-01-05T01:00Z', '2026-01-05T03:00'],
      [ruleOf(3, 5), undefined, '2026-01-05T04:00Z', '2026-01-05T04:00'],
      [ruleOf(3, 5), '2026-01-05T03:00Z', '2026-01-05T04:00Z', '2026-01-06T03:00'],
      [ruleOf(3, 5), '2026-01-04T03:00Z', '2026-01-05T04:00Z', '2026-01-05T04:00'],
      // It was off all night: that is not made up for.
      [ruleOf(3, 5), '2026-01-04T03:00Z', '2026-01-05T06:00Z', '2026-01-06T03:00'],
      [ruleOf(23, 1), '2026-01-04T23:10Z', '2026-01-05T00:30Z', '2026-01-05T23:00'],
      [ruleOf(3, 5, { days: [1] }), '2026-01-05T03:00Z', '2026-01-05T04:00Z', '2026-01-12T03:00'],
      [ruleOf(3, 5, { on: false }), undefined, '2026-01-05T04:00Z', 'never'],
      // One that never closes is used once a day.
      [ruleOf(0, 0), '2026-01-05T03:00Z', '2026-01-05T04:00Z', '2026-01-06T03:00'],
      // Told by a clock that was far ahead.
      [ruleOf(3, 5), '2030-01-05T03:00Z', '2026-01-05T04:00Z', '2026-01-05T04:00'],
    ]
    for (const [rule, last, now, next] of table)
      assert.equal(told(nextRun(rule, 'UTC', last === undefined ? undefined : at(last), at(now))), next, `${last} ${now}`)
  })

  it('is by the clocks of the host, also when they are set in spring', () => {
    // On 29 March 2026 Paris has no time between 2 and 3.
    assert.equal(told(nextRun(ruleOf(3, 5), 'Europe/Paris', undefined, at('2026-03-28T20:00Z'))), '2026-03-29T01:00')
    assert.equal(told(nextRun(ruleOf(3, 5), 'Europe/Paris', undefined, at('2026-03-27T20:00Z'))), '2026-03-28T02:00')
  })
})

class World {
  nowMs: number
  acts: RuleAct[] = []
  removed: string[] = []
  why: string | undefined
  images: readonly Unused[] = [image(2), image(1)]
  onRemove: () => void = () => undefined
  readonly done: Done = { acts: [], tries: {}, gaveUp: {}, prunedMs: {} }
  readonly pruner
  #timers = new Map<() => void, number>()

  constructor(now: string, rule = ruleOf(3, 5)) {
    this.nowMs = at(now)
    this.pruner = createPruner({
      prune: [rule],
      zone: 'UTC',
      find: async () => this.images,
      remove: async ({ id }) => {
        if (id === 'sha256:9') return false
        this.removed.push(id)
        this.onRemove()
        return true
      },
      why: () => this.why,
      done: this.done,
      save: () => undefined,
      tell: (act) => void this.acts.push(act),
      onProblem: () => undefined,
      now: () => this.nowMs,
      after: (ms, run) => {
        this.#timers.set(run, this.nowMs + ms)
        return () => void this.#timers.delete(run)
      },
    })
  }
  async pass(until: string): Promise<void> {
    for (;;) {
      for (let n = 0; n < 5; n++) await turn()
      const [next] = [...this.#timers].sort(([, a], [, b]) => a - b)
      if (next === undefined || next[1] > at(until)) break
      this.#timers.delete(next[0])
      this.nowMs = Math.max(this.nowMs, next[1])
      next[0]()
    }
    this.nowMs = at(until)
  }
  get told(): string[] {
    return this.acts.map(({ outcome, why, timeMs }) => `${new Date(timeMs).toISOString().slice(8, 16)} ${outcome} ${why}`)
  }
}

describe('pruning by a rule', () => {
  it('happens once each time its window opens', async () => {
    const world = new World('2026-01-05T00:00Z')
    await world.pass('2026-01-07T12:00Z')
    assert.deepEqual(
      world.told,
      ['05T03:00', '06T03:00', '07T03:00'].map((time) => `${time} ok 2 images, 300 bytes`),
    )
  })

  it('is not made up for where the machine slept through it, and happens late within it', async () => {
    const world = new World('2026-01-05T02:59Z')
    // Nothing ran in between.
    world.nowMs = at('2026-01-05T05:30Z')
    await world.pass('2026-01-06T02:00Z')
    assert.deepEqual(world.told, [])
    world.nowMs = at('2026-01-06T04:30Z')
    await world.pass('2026-01-06T12:00Z')
    assert.deepEqual(world.told, ['06T04:30 ok 2 images, 300 bytes'])
  })

  it('is judged by the policy of that moment, and said where it is not let', async () => {
    const world = new World('2026-01-05T00:00Z')
    world.why = 'lock'
    await world.pass('2026-01-05T12:00Z')
    assert.deepEqual([world.told, world.removed], [['05T03:00 held lock'], []])
    world.why = undefined
    // A lock that comes over it ends it.
    world.onRemove = () => void (world.why = 'lock')
    await world.pass('2026-01-06T12:00Z')
    assert.deepEqual(world.removed, ['sha256:2'])
  })

  it('counts what really went', async () => {
    const world = new World('2026-01-05T00:00Z')
    world.images = [image(9), image(3)]
    await world.pass('2026-01-05T12:00Z')
    assert.deepEqual(world.told, ['05T03:00 ok 1 images, 300 bytes'])
  })
})
