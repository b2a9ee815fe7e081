import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createJudge, stayQuiet, type Engine } from './quiet.ts'

function play(shares: readonly number[], compileWhenBusy = true): string[] {
  const did: string[] = []
  const judge = createJudge({ compileWhenBusy, engine: engineThat(did) })
  for (const share of shares) judge.look(share, 1000)
  return did
}
const engineThat = (did: string[]): Engine => ({ flag: (name) => void did.push(name), collect: () => void did.push('collect') })
const seconds = (count: number, share: number) => Array.from({ length: count }, () => share)
const stop = ['--no-opt', '--no-maglev', '--no-sparkplug']
const on = ['--opt', '--maglev', '--sparkplug']

describe('an agent without work', () => {
  it('compiles nothing from the start on, and collects once, ten quiet seconds after it', () => {
    assert.deepEqual(play(seconds(9, 0.001)), stop)
    assert.deepEqual(play(seconds(100, 0.001)), [...stop, 'collect'])
  })

  it('collects once more each hour, for what it does all the same', () => {
    assert.deepEqual(play(seconds(3600 + 9, 0.001)), [...stop, 'collect'])
    assert.deepEqual(play(seconds(3600 + 10, 0.001)), [...stop, 'collect', 'collect'])
    assert.deepEqual(play(seconds(7200 + 10, 0.001)), [...stop, 'collect', 'collect', 'collect'])
  })

  it('compiles again as soon as there is work, and gives back after it', () => {
    assert.deepEqual(play([...seconds(10, 0), 0.9, ...seconds(5, 0.9), ...seconds(10, 0)]), [...stop, 'collect', ...on, ...stop, 'collect'])
  })

  it('takes neither a pause for the end of the work nor a moment for its beginning', () => {
    assert.deepEqual(play(seconds(50, 0).map((_, second) => (second % 9 === 0 ? 0.6 : 0))), [...stop, ...on])
    assert.deepEqual(play(seconds(50, 0).map((_, second) => (second % 2 === 0 ? 0.15 : 0))), stop)
    assert.deepEqual(play([...seconds(10, 0), ...seconds(20, 0.15)]), [...stop, 'collect'])
  })

  // One whose sample took a twentieth of its second, each ten seconds, never came to rest.
  it('rests though its sample fills a part of one second in ten', () => {
    for (const share of [0.06, 0.19])
      for (const at of [0, 5, 9]) assert.deepEqual(play(seconds(10, 0).with(at, share)), [...stop, 'collect'], `${share} in second ${at}`)
    for (const at of [0, 5, 8]) assert.deepEqual(play(seconds(10, 0).with(at, 0.4)), [...stop, ...on, ...stop, 'collect'])
  })

  it('rests in no second that is busy, but in the next one', () => {
    assert.deepEqual(play(seconds(10, 0).with(9, 0.4)), [...stop, ...on])
    assert.deepEqual(play(seconds(11, 0).with(9, 0.4)), [...stop, ...on, ...stop, 'collect'])
  })

  it('leaves the compilers alone where nobody wants that', () => {
    assert.deepEqual(play([...seconds(10, 0), 0.9, ...seconds(10, 0)], false), ['collect', 'collect'])
  })

  it('is looked at each second while there is work, and each ten seconds otherwise', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    context.mock.method(performance, 'now', () => 100_000)
    const utilization = context.mock.method(performance, 'eventLoopUtilization', () => ({ idle: 1, active: 0, utilization: 0 }))
    const quiet = stayQuiet({ compileWhenBusy: true, engine: engineThat([]) })
    // Each look asks twice: for now, and for what was since.
    const looks = (ms: number) => {
      utilization.mock.resetCalls()
      for (let second = 0; second < ms / 1000; second++) context.mock.timers.tick(1000)
      return utilization.mock.callCount() / 2
    }
    looks(30_000)
    assert.equal(looks(60_000), 6)
    quiet.asked(true)
    assert.equal(looks(10_000), 10)
    assert.equal(looks(60_000), 6)
    quiet.stop()
    assert.equal(looks(60_000), 0)
    // A stream that a hub opens while the agent ends.
    quiet.asked(true)
    assert.equal(looks(60_000), 0)
  })

  it('compiles for bulk at once, and for questions when they are many in a second', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    context.mock.method(performance, 'eventLoopUtilization', () => ({ idle: 1, active: 0, utilization: 0 }))
    let nowMs = 100_000
    context.mock.method(performance, 'now', () => nowMs)
    const did: string[] = []
    const quiet = stayQuiet({ compileWhenBusy: true, engine: engineThat(did) })
    const rest = () => {
      for (let second = 0; second < 30; second++) context.mock.timers.tick(1000)
      did.length = 0
    }
    rest()
    for (let second = 0; second < 60; second++) {
      nowMs += 1001
      for (let n = 0; n < 19; n++) quiet.asked(false)
    }
    assert.deepEqual(did, [])
    quiet.asked(false)
    assert.deepEqual(did, on)
    rest()
    quiet.asked(true)
    quiet.asked(true)
    assert.deepEqual(did, on)
    quiet.stop()
  })

  // These came together: a window of a second that began with the first of them took them for nineteen and nineteen.
  it('compiles for many questions within a second, whenever that began', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    let nowMs = 100_000
    context.mock.method(performance, 'now', () => nowMs)
    const did: string[] = []
    const quiet = stayQuiet({ compileWhenBusy: true, engine: engineThat(did) })
    const ask = (atMs: number, times: number) => {
      nowMs = 100_000 + atMs
      for (let n = 0; n < times; n++) quiet.asked(false)
    }
    ask(0, 1)
    ask(990, 18)
    ask(1001, 1)
    assert.deepEqual(did, stop)
    ask(1001, 1)
    assert.deepEqual(did, [...stop, ...on])
    quiet.stop()
  })

  // Bulk of the ninth quiet second ran into compilers that were off, and a collection of the whole heap.
  it('compiles for bulk that comes while it is awake, and counts its quiet seconds from there', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    context.mock.method(performance, 'now', () => 100_000)
    context.mock.method(performance, 'eventLoopUtilization', () => ({ idle: 1, active: 0, utilization: 0 }))
    const did: string[] = []
    const quiet = stayQuiet({ compileWhenBusy: true, engine: engineThat(did) })
    const wait = (count: number) => {
      for (let second = 0; second < count; second++) context.mock.timers.tick(1000)
      return did.splice(0)
    }
    assert.deepEqual(wait(0), stop)
    // The first second is not judged: it is the one that others are compared with.
    assert.deepEqual(wait(1 + 9), [])
    quiet.asked(true)
    assert.deepEqual(wait(0), on)
    assert.deepEqual(wait(9), [])
    quiet.asked(true)
    assert.deepEqual(wait(9), [])
    assert.deepEqual(wait(1), [...stop, 'collect'])
    quiet.stop()
  })

  it('really gives back what was held', () => {
    const before = process.memoryUsage().heapUsed
    let held: unknown[] | undefined = Array.from({ length: 300_000 }, (_, n) => ({ n }))
    assert.ok(process.memoryUsage().heapUsed > before + 5e6 && held.length > 0)
    held = undefined
    const judge = createJudge({ compileWhenBusy: true })
    for (const share of seconds(10, 0)) judge.look(share, 1000)
    assert.ok(process.memoryUsage().heapUsed < before + 2e6, 'nothing was collected')
    judge.look(0.9, 1000)
  })
})
