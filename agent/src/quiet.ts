// What V8 holds for speed is given back while nobody wants it.
import type { EventLoopUtilization } from 'node:perf_hooks'
import { dropBlocks } from '@fairlead/protocol/wire/blocks.ts'
import { dropSlabs } from '@fairlead/protocol/wire/slabs.ts'

/** The machine side, which a test plays. */
export interface Engine {
  flag(name: string): void
  collect(): void
}

interface QuietOptions {
  /** Whether code is compiled for speed only while there is work: the compilers are most of the program's own pages. */
  readonly compileWhenBusy: boolean
  readonly engine?: Engine
}

/** Above this share of one core there is work; below the other one, over quietMs as a whole, there is none. */
const shares = { busy: 0.2, quiet: 0.05 } as const
/** How often it is looked at: seldom where there is no work, for each look wakes the program. */
const lookMs = { awake: 1000, resting: 10_000 } as const
/** Work of the start is no work to compile for. */
const startMs = 5000
/** This long without work, and it is over: a reader that pauses is not. It takes in what a quiet agent does all the same: a sample each ten seconds. */
const quietMs = 10_000
/** What a quiet agent does all the same leaves a little behind, which V8 would not look at for a week. */
const againMs = 3_600_000
/** So many questions within a second are work before anybody looked; what a hub asks of a host that comes is fewer. */
const manyASecond = 20
const compilers = ['opt', 'maglev', 'sparkplug'] as const

export interface Quiet {
  /** The hub asks for something: bulk is work at once, the rest when it is much. */
  asked(bulk: boolean): void
  stop(): void
}

/** Looks now and then, from a moment after the start on. */
export function stayQuiet(options: QuietOptions): Quiet {
  const judge = createJudge(options)
  const count = createCount()
  let before: EventLoopUtilization | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  const lookLater = () => {
    clearTimeout(timer)
    const ms = judge.awake ? lookMs.awake : lookMs.resting
    timer = setTimeout(() => {
      const now = performance.eventLoopUtilization()
      if (before !== undefined) judge.look(performance.eventLoopUtilization(now, before).utilization, ms)
      if (before !== undefined || performance.now() > startMs) before = now
      lookLater()
    }, ms).unref()
  }
  lookLater()
  return {
    asked(bulk) {
      if (stopped || !(bulk || count(performance.now()))) return
      const rested = !judge.awake
      // Also of one that is awake: the compilers are off after a start, and its quiet seconds begin anew.
      judge.wake()
      if (!rested) return
      before = performance.eventLoopUtilization()
      lookLater()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** True at each that is the last of many within a second, whenever that second began. */
function createCount(): (nowMs: number) => boolean {
  const last: number[] = []
  return (nowMs) => {
    last.push(nowMs)
    if (last.length > manyASecond) last.shift()
    return last.length === manyASecond && nowMs - last[0]! <= 1000
  }
}

/**
 * Takes the share of work since the last look, so many ms ago, and does what it asks for. Where code is compiled only for work, it is not for the
 * start either: what a compiler once touched of the program stays in memory. The heap of the start is given back after it all the same.
 */
export function createJudge({ compileWhenBusy, engine = ownEngine() }: QuietOptions) {
  let awake = true
  /** While awake: the looks of the last quietMs, or of less. */
  let looks: Look[] = []
  /** While resting: without work. */
  let stillMs = 0
  let compiles = true
  const compile = (on: boolean) => {
    if (!compileWhenBusy || compiles === on) return
    compiles = on
    for (const name of compilers) engine.flag(on ? `--${name}` : `--no-${name}`)
  }
  const wake = () => {
    awake = true
    looks = []
    compile(true)
  }
  const rest = () => {
    awake = false
    stillMs = 0
    compile(false)
    // A heap that nothing is added to is never collected by itself, and glibc gives back only what was freed.
    engine.collect()
  }
  compile(false)
  return {
    get awake() {
      return awake
    },
    wake,
    look(share: number, ms: number): void {
      const busy = share > shares.busy
      if (awake) {
        if (busy) compile(true)
        looks.push({ activeMs: share * ms, ms })
        while (sum(looks, 'ms') - looks[0]!.ms >= quietMs) looks.shift()
        // One busy second is none to rest in, but no reason to wait for ten others: a large sample is one.
        if (!busy && areQuiet(looks)) rest()
        return
      }
      if (busy) return wake()
      stillMs = share < shares.quiet ? stillMs + ms : 0
      if (stillMs >= againMs) rest()
    },
  }
}

interface Look {
  readonly activeMs: number
  readonly ms: number
}

/** As a whole, once they are long enough. */
function areQuiet(looks: readonly Look[]): boolean {
  const ms = sum(looks, 'ms')
  return ms >= quietMs && sum(looks, 'activeMs') < shares.quiet * ms
}

const sum = (looks: readonly Look[], name: keyof Look) => looks.reduce((total, look) => total + look[name], 0)

function ownEngine(): Engine {
  let collect: ((options: object) => void) | undefined
  return {
    // Not on the command line: there each of these would make Node throw its own compiled code away at every start.
    flag: (name) => process.getBuiltinModule('node:v8').setFlagsFromString(name),
    collect() {
      dropBlocks()
      dropSlabs()
      if (collect === undefined) {
        process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc')
        collect = process.getBuiltinModule('node:vm').runInNewContext('gc') as (options: object) => void
      }
      // Not only what is dead: what could be made anew as well, and pages are put together.
      collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    },
  }
}
