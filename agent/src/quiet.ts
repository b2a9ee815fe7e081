// What V8 holds for speed is given back while nobody wants it.
import type { EventLoopUtilization } from 'node:perf_hooks'
import { dropBlocks } from '@fairlead/protocol/wire/blocks.ts'
import { dropSlabs } from '@fairlead/protocol/wire/slabs.ts'

/** The machine side, which a test plays. */
export interface Engine {
  flag(name: string): void
  collect(): void
}

export type Work = 'busy' | 'quiet'

interface QuietOptions {
  /** Whether code is compiled for speed only while there is work: the compilers are most of the program's own pages. */
  readonly compileWhenBusy: boolean
  readonly engine?: Engine
}

/** Above this share of one core there is work; below the other one there is none. */
const shares = { busy: 0.2, quiet: 0.05 } as const
/** How often it is looked at: soon where somebody waits for the compilers, else seldom, for each look wakes the program. */
const lookMs = { compiles: 1000, collects: 10_000 } as const
/** Work of the start is no work to compile for. */
const startMs = 5000
/** This long without work, and it is over: a reader that pauses is not. */
const quietMs = 10_000
/** What a quiet agent does all the same leaves a little behind, which V8 would not look at for a week. */
const againMs = 3_600_000
const compilers = ['opt', 'maglev', 'sparkplug'] as const

/** Looks now and then, from a moment after the start on. Returns how to end it. */
export function stayQuiet(options: QuietOptions): () => void {
  const everyMs = options.compileWhenBusy ? lookMs.compiles : lookMs.collects
  const judge = createJudge(options)
  let before: EventLoopUtilization | undefined
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    if (before !== undefined) judge(performance.eventLoopUtilization(now, before).utilization)
    if (before !== undefined || performance.now() > startMs) before = now
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Takes the share of work since the last look and does what it asks for. Where code is compiled only for work, it is not for the start either: what a
 * compiler once touched of the program stays in memory. The heap of the start is given back after it all the same.
 */
export function createJudge({ compileWhenBusy, engine = ownEngine() }: QuietOptions): (share: number) => void {
  let work: Work = 'busy'
  const everyMs = compileWhenBusy ? lookMs.compiles : lookMs.collects
  /** Looks without work, one after the other. */
  let still = 0
  let compiles = true
  const compile = (on: boolean) => {
    if (!compileWhenBusy || compiles === on) return
    compiles = on
    for (const name of compilers) engine.flag(on ? `--${name}` : `--no-${name}`)
  }
  compile(false)
  return (share) => {
    still = share < shares.quiet ? still + 1 : 0
    if (share > shares.busy) {
      work = 'busy'
      compile(true)
    } else if (work === 'busy' ? still * everyMs >= quietMs : still > 0 && (still * everyMs) % againMs === 0) {
      work = 'quiet'
      compile(false)
      // A heap that nothing is added to is never collected by itself, and glibc gives back only what was freed.
      engine.collect()
    }
  }
}

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
