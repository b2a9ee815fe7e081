// Loaded into the real hub with `--import`: lets the benchmark ask it for its memory and the delay of its event loop.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { answerParent } from './ask.ts'

export interface Probed {
  readonly rssBytes: number
  readonly heapBytes: number
  readonly externalBytes: number
  readonly cpuMs: number
  /** Since the last question. */
  readonly loopP99Ms: number
  readonly loopMaxMs: number
}

v8.setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const resolutionMs = 10
const loop = monitorEventLoopDelay({ resolution: resolutionMs })
loop.enable()

if (process.send !== undefined) {
  answerParent({
    probe: ({ gc }: { gc?: boolean }): Probed => {
      // What is measured is delay; the histogram holds the interval of its own timer too.
      const late = (ns: number) => Math.max(0, ns / 1e6 - resolutionMs)
      const [loopP99Ms, loopMaxMs] = [late(loop.percentile(99)), late(loop.max)]
      if (gc === true) for (let i = 0; i < 3; i++) collect()
      loop.reset()
      const { rss, heapUsed, external } = process.memoryUsage()
      const { user, system } = process.cpuUsage()
      return { rssBytes: rss, heapBytes: heapUsed, externalBytes: external, cpuMs: (user + system) / 1000, loopP99Ms, loopMaxMs }
    },
  })
}
