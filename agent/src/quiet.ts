// What V8 holds for speed is given back while nobody wants it.
import type { EventLoopUtilization } from 'node:perf_hooks'

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
const everyMs = 1000
/** Work of the start is no work to compile for. */
const startMs = 5000
/** This long without work, and it is over: a reader that pauses is not. */
const quietRounds = 10
const compilers = ['opt', 'maglev', 'sparkplug'] as const

/** Looks once a second, from a moment after the start on. Returns how to end it. */
export function stayQuiet(options: QuietOptions): () => void {
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
 * Takes the share of each second and does what it asks for. Where code is compiled only for work, it is not for the start either: what a
 * compiler once touched of the program stays in memory. The heap of the start is given back after it all the same.
 */
export function createJudge({ compileWhenBusy, engine = ownEngine() }: QuietOptions): (share: number) => void {
  let work: Work = 'busy'
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
    } else if (work === 'busy' && still >= quietRounds) {
      work = 'quiet'
      compile(false)
      // A heap that nothing is added to is never collected by itself, and glibc gives back only what was freed.
      engine.collect()
    }
  }
}

function ownEngine(): Engine {
  let collect: (() => void) | undefined
  return {
    // Not on the command line: there each of these would make Node throw its own compiled code away at every start.
    flag: (name) => process.getBuiltinModule('node:v8').setFlagsFromString(name),
    collect() {
      if (collect === undefined) {
        process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc')
        collect = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void
      }
      collect()
    },
  }
}
