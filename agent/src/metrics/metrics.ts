import type { Handlers } from '@fairlead/protocol/contract.ts'
import { metricScalesOf, type metrics } from '@fairlead/protocol/features/metrics.ts'
import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import { createSampleEncoder } from '@fairlead/protocol/wire/metric-encode.ts'
import { everyStep } from '../steps.ts'
import type { Collector } from './collect.ts'
import type { Ring } from './ring.ts'

export interface MetricsOptions {
  readonly collector: Collector
  readonly ring: Ring
  readonly bootId: string
  readonly everyMs: number
  /** Said once each time a pass over the host's files begins to fail. */
  readonly onProblem?: (message: string) => void
}

/** Samples that are read from the ring at once. */
const piece = 100

/** Measures for ever, hub or no hub; a hub that asks gets what it missed, then each sample as it is made. */
export function openMetrics({ collector, ring, bootId, everyMs, onProblem = () => undefined }: MetricsOptions): {
  readonly handlers: Handlers<typeof metrics>
  stop(): void
} {
  const listeners = new Set<() => void>()
  let seq = 0
  let failing = false

  function collect(): Pick<MetricSample, 'points' | 'leftOut'> {
    try {
      const points = collector.collect(performance.now())
      failing = false
      return { points, leftOut: collector.leftOut ?? 0 }
    } catch (error) {
      // A sample without points says that there is none; the next pass may work.
      if (!failing) onProblem(`This host could not be measured (${(error as Error).message}); it is tried again every ${everyMs / 1000} s.`)
      failing = true
      return { points: [] }
    }
  }

  function measure(): void {
    ring.push({ bootId, seq: seq++, timeMs: Date.now(), dropped: 0, ...collect() })
    for (const listener of listeners) listener()
  }

  const handlers: Handlers<typeof metrics> = {
    async *watch({ bootId: from, afterSeq }, { signal }) {
      const encoder = createSampleEncoder(metricScalesOf)
      let last: Position = { bootId: from, seq: afterSeq }
      let wake = Promise.withResolvers<void>()
      const listener = () => wake.resolve()
      listeners.add(listener)
      signal.addEventListener('abort', listener)
      try {
        while (!signal.aborted) {
          const samples = ring.after(last.bootId, last.seq, piece)
          const told = samples.map((sample) => {
            const dropped = missing(last, sample)
            last = sample
            return { ...sample, dropped }
          })
          for (const item of encoder.encode(told)) yield item
          if (samples.length > 0) continue
          await wake.promise
          wake = Promise.withResolvers()
        }
      } finally {
        listeners.delete(listener)
        signal.removeEventListener('abort', listener)
      }
    },
  }
  measure()
  return { handlers, stop: everyStep(everyMs, measure).stop }
}

interface Position {
  readonly bootId: string | undefined
  readonly seq: number
}

/** Samples between two that the ring no longer has. A hub that knows nothing yet missed nothing. */
function missing(last: Position, next: MetricSample): number {
  if (last.bootId === undefined) return 0
  return last.bootId === next.bootId ? Math.max(0, next.seq - last.seq - 1) : next.seq
}
