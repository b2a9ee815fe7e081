// What V8 holds for speed is given back while nobody wants it.
import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

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
/** This long without work, and it is over: a reader that pauses is not. */
const quietRounds = 10
const compilers = ['opt', 'maglev', 'sparkplug'] as const

/** Looks once a second. Returns how to end it. */
export function stayQuiet(options: QuietOptions): () => void {
  const judge = createJudge(options)
  let before: EventLoopUtilization = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    judge(performance.eventLoopUtilization(now, before).utilization)
    before = now
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** Takes the share of each second and does what it asks for. A program that just started counts as busy. */
export function createJudge({ compileWhenBusy, engine = ownEngine() }: QuietOptions): (share: number) => void {
  let work: Work = 'busy'
  let still = 0
  return (share) => {
    still = share < shares.quiet ? still + 1 : 0
    if (work === 'quiet' && share > shares.busy) {
      work = 'busy'
      if (compileWhenBusy) for (const name of compilers) engine.flag(`--${name}`)
    } else if (work === 'busy' && still >= quietRounds) {
      work = 'quiet'
      if (compileWhenBusy) for (const name of compilers) engine.flag(`--no-${name}`)
      // A heap that nothing is added to is never collected by itself, and glibc gives back only what was freed.
      engine.collect()
    }
  }
}

function ownEngine(): Engine {
  let collect: (() => void) | undefined
  return {
    // Not on the command line: there each of these would make Node throw its own compiled code away at every start.
    flag: setFlagsFromString,
    collect() {
      if (collect === undefined) {
        setFlagsFromString('--expose-gc')
        collect = runInNewContext('gc') as () => void
      }
      collect()
    },
  }
}
