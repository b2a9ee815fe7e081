import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { HealHere, RuleAct } from '@fairlead/protocol/features/rules.ts'
import { createHealer } from './heal.ts'
import type { Done } from './kept.ts'
import type { Seen } from './look.ts'
import { healRule } from './test-rule.ts'

const id = 'ab12'.repeat(16)

/** One container, an engine that does as it is told and says what it does, and a clock that is wound by hand. */
class World {
  nowMs = 1_800_000_000_000
  acts: RuleAct[] = []
  seen: Seen
  why: string | undefined
  saves = true
  fails = false
  asked: string[] = []
  rules: HealHere[]
  /** Held before the engine answers a start. */
  gate: Promise<void> | undefined
  /** What the container does once it was started. */
  onStart: (healer: ReturnType<typeof createHealer>) => void = () => undefined
  #timers = new Map<() => void, number>()
  readonly healer
  readonly done: Done
  readonly sinceMs: number

  constructor(more: Partial<HealHere> = {}, done: Done = { acts: [], tries: {}, gaveUp: {}, prunedMs: {} }) {
    this.done = done
    this.rules = [healRule(more)]
    this.sinceMs = this.nowMs - 1000
    this.seen = {
      id,
      name: 'web',
      labels: {},
      running: true,
      unhealthy: false,
      failure: '',
      signaled: false,
      finishedMs: 0,
      engineBrings: false,
    }
    this.healer = createHealer({
      rules: () => ({ heal: this.rules, sinceMs: this.sinceMs }),
      look: async () => this.seen,
      suspects: async () => [id],
      start: () => this.#begin('start'),
      restart: () => this.#begin('restart'),
      why: () => this.why,
      done,
      save: () => {
        if (!this.saves) throw new Error('ENOSPC')
      },
      tell: (act) => void this.acts.push(act),
      onProblem: () => undefined,
      now: () => this.nowMs,
      after: (ms, run) => {
        this.#timers.set(run, this.nowMs + ms)
        return () => void this.#timers.delete(run)
      },
    })
  }

  async #begin(how: string): Promise<void> {
    this.asked.push(`${how} ${Math.round((this.nowMs - 1_800_000_000_000) / 1000)}`)
    await this.gate
    if (this.fails) throw new FairleadError('bad_upstream', 'the port is taken')
    if (how === 'restart') {
      this.hear('kill', { signal: '15' })
      this.hear('die', { exitCode: '143' })
    }
    this.seen = { ...this.seen, running: true, unhealthy: false, failure: '' }
    this.hear('start')
    this.onStart(this.healer)
  }
  hear(action: string, facts: HostEvent['facts'] = {}, type = 'container'): void {
    this.healer.hear({ timeMs: this.nowMs, type, action, id: type === 'container' ? id : 'engine', name: 'web', facts })
  }
  /** It ends by itself. */
  die(exitCode = '1'): void {
    this.seen = { ...this.seen, running: false, failure: `exit ${exitCode}`, finishedMs: this.nowMs, signaled: exitCode === '137' }
    this.hear('die', { exitCode })
  }
  sicken(): void {
    this.seen = { ...this.seen, unhealthy: true }
    this.hear('health_status: unhealthy')
  }
  async pass(seconds: number): Promise<void> {
    await turn()
    const endMs = this.nowMs + seconds * 1000
    for (;;) {
      const [next] = [...this.#timers].sort(([, a], [, b]) => a - b)
      if (next === undefined || next[1] > endMs) break
      this.#timers.delete(next[0])
      this.nowMs = Math.max(this.nowMs, next[1])
      next[0]()
      await turn()
    }
    this.nowMs = endMs
    await turn()
  }
  get told(): string[] {
    return this.acts.map(({ outcome, why }) => `${outcome} ${why}`)
  }
}

describe('a container that is not well', () => {
  it('is restarted once it was unhealthy for as long as its rule says, and not before', async () => {
    const world = new World()
    world.sicken()
    await world.pass(59)
    assert.deepEqual(world.asked, [])
    await world.pass(1)
    assert.deepEqual(world.asked, ['restart 60'])
    assert.deepEqual(world.told, ['ok unhealthy'])
    await world.pass(7200)
    assert.equal(world.asked.length, 1)
  })

  it('is left alone when it is well again in time, or paused, or not meant', async () => {
    const well = new World()
    well.sicken()
    await well.pass(50)
    well.seen = { ...well.seen, unhealthy: false }
    well.hear('health_status: healthy')
    const off = new World()
    off.seen = { ...off.seen, labels: { 'fairlead.heal': 'off' } }
    off.sicken()
    const paused = new World()
    paused.sicken()
    await paused.pass(10)
    paused.hear('pause')
    for (const world of [well, off, paused]) {
      await world.pass(7200)
      assert.deepEqual(world.asked, [])
    }
  })

  it('is started again when it failed, after waits that double, and then given up and said so', async () => {
    const world = new World()
    world.onStart = () => world.die()
    world.die()
    await world.pass(3600)
    assert.deepEqual(world.asked, ['start 1', 'start 11', 'start 31'])
    assert.deepEqual(world.told, ['ok exit 1', 'ok exit 1', 'ok exit 1', 'gave_up exit 1'])
    assert.equal(world.done.gaveUp[id]?.rule, 'well')
    await world.pass(100_000)
    assert.equal(world.asked.length, 3)
    // Somebody takes care of it: from then on it is looked after as before.
    world.onStart = () => undefined
    world.seen = { ...world.seen, running: true, failure: '' }
    world.hear('start')
    assert.deepEqual(world.done.gaveUp, {})
    world.die()
    await world.pass(10)
    assert.equal(world.asked.length, 4)
  })

  it('is given up over starts of the agent too: what was tried is counted on disk', async () => {
    const before = new World()
    before.onStart = () => before.die()
    before.die()
    await before.pass(15)
    before.healer.close()
    assert.equal(before.asked.length, 2)
    const world = new World({}, structuredClone(before.done))
    world.nowMs = before.nowMs
    world.onStart = () => world.die()
    world.seen = before.seen
    await world.healer.look()
    await world.pass(3000)
    assert.deepEqual(world.asked, ['start 31'])
    assert.deepEqual(world.told, ['ok exit 1', 'gave_up exit 1'])
  })

  it('is tried again after a wait where its engine could not start it', async () => {
    const world = new World()
    world.fails = true
    world.die()
    await world.pass(3600)
    assert.deepEqual(world.asked, ['start 1', 'start 11', 'start 31'])
    assert.deepEqual(world.told.at(0), 'failed exit 1: the port is taken')
    assert.equal(world.told.at(-1), 'gave_up exit 1')
  })
})

describe('rules that are changed', () => {
  it('find what is being started, count it once, and are told once that it was given up', async () => {
    const world = new World()
    world.onStart = () => world.die()
    world.die()
    await world.pass(15)
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    // Its last try is under way when its rule is another one.
    await world.pass(20)
    world.rules = [healRule({ name: 'other' })]
    world.healer.change()
    await world.pass(5)
    gate.resolve()
    await world.pass(3600)
    assert.deepEqual(world.asked, ['start 1', 'start 11', 'start 31'])
    assert.deepEqual(world.told, ['ok exit 1', 'ok exit 1', 'ok exit 1', 'gave_up exit 1'])
    world.healer.change()
    await world.pass(3600)
    assert.equal(world.told.length, 4)
    assert.equal(world.done.gaveUp[id]?.rule, 'other')
  })

  it('say how long what is unhealthy already has from then on, and whether it is restarted at all', async () => {
    const world = new World()
    world.sicken()
    await world.pass(30)
    world.rules = [healRule({ unhealthySeconds: 10 })]
    world.healer.change()
    await world.pass(10)
    assert.deepEqual(world.asked, ['restart 40'])
    world.sicken()
    await world.pass(1)
    world.rules = []
    world.healer.change()
    await world.pass(3600)
    assert.equal(world.asked.length, 1)
  })
})

describe('a container that is no business of a rule', () => {
  it('was stopped by a person, with whatever code it ended', async () => {
    for (const exitCode of ['1', '137', '143']) {
      const world = new World()
      world.hear('kill', { signal: '15' })
      world.die(exitCode)
      await world.pass(3600)
      await world.healer.look()
      await world.pass(3600)
      assert.deepEqual(world.asked, [], exitCode)
    }
  })

  it('was stopped while this agent was away, as the events of then say', async () => {
    const world = new World()
    world.seen = { ...world.seen, running: false, failure: 'exit 1', finishedMs: world.nowMs }
    const event = { timeMs: 1, type: 'container', id, name: 'web' }
    world.healer.recall([
      { ...event, action: 'start', facts: {} },
      { ...event, action: 'kill', facts: { signal: '15' } },
      { ...event, action: 'die', facts: { exitCode: '1' } },
    ])
    await world.healer.look()
    await world.pass(3600)
    assert.deepEqual(world.asked, [])
  })

  it('but not where it was only told to read its files anew, and failed then', async () => {
    const world = new World()
    world.hear('kill', { signal: '1' })
    world.die()
    await world.pass(10)
    assert.equal(world.asked.length, 1)
  })

  it('ended well, is brought back by its engine, or ended before there was a rule', async () => {
    const well = new World()
    well.hear('die', { exitCode: '0' })
    const brought = new World()
    brought.seen = { ...brought.seen, engineBrings: true }
    brought.die()
    const old = new World()
    old.seen = { ...old.seen, running: false, failure: 'exit 1', finishedMs: old.nowMs - 5000 }
    await old.healer.look()
    for (const world of [well, brought, old]) {
      await world.pass(3600)
      assert.deepEqual(world.asked, [])
    }
  })

  it('ended where nobody listened and nobody knows why', async () => {
    const killed = new World()
    killed.seen = { ...killed.seen, running: false, failure: 'exit 137', signaled: true, finishedMs: killed.nowMs }
    await killed.healer.look()
    const lost = new World()
    const time = (ms: number) => new Date(ms).toISOString()
    lost.healer.recall([
      {
        timeMs: lost.nowMs,
        type: 'agent',
        action: 'gap',
        id: 'engine',
        name: 'engine',
        facts: { from: time(lost.nowMs - 500), to: time(lost.nowMs + 500) },
      },
    ])
    lost.seen = { ...lost.seen, running: false, failure: 'exit 1', finishedMs: lost.nowMs }
    await lost.healer.look()
    const heard = new World()
    heard.seen = { ...heard.seen, running: false, failure: 'exit 1', finishedMs: heard.nowMs }
    await heard.healer.look()
    for (const world of [killed, lost, heard]) await world.pass(3600)
    assert.deepEqual([killed.asked.length, lost.asked.length, heard.asked.length], [0, 0, 1])
  })
})

describe('a host whose policy does not let it', () => {
  it('does nothing and says so once, and does it when it may again', async () => {
    const world = new World()
    world.why = 'lock'
    world.die()
    await world.pass(3600)
    await world.healer.look()
    await world.pass(3600)
    assert.deepEqual(world.asked, [])
    assert.deepEqual(world.told, ['held lock'])
    world.why = undefined
    await world.healer.look()
    await world.pass(1)
    assert.equal(world.asked.length, 1)
  })

  it('does nothing either where it cannot count what it does', async () => {
    const world = new World()
    world.saves = false
    world.die()
    await world.pass(3600)
    assert.deepEqual(world.asked, [])
    world.saves = true
    await world.pass(60)
    assert.equal(world.asked.length, 1)
  })
})
