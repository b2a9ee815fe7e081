import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { metrics } from '@fairlead/protocol/features/metrics.ts'
import type { MetricPoint, MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import { createSampleEncoder } from '@fairlead/protocol/wire/metric-codec.ts'
import type { Ring } from './ring.ts'

export interface MetricsOptions {
  readonly collector: { collect(nowMs: number): MetricPoint[] }
  readonly ring: Ring
  readonly bootId: string
  readonly everyMs: number
}

const piece = 100

/** Measures for ever, hub or no hub; a hub that asks gets what it missed, then each sample as it is made. */
export function openMetrics({ collector, ring, bootId, everyMs }: MetricsOptions): {
  readonly handlers: Handlers<typeof metrics>
  stop(): void
} {
  const listeners = new Set<() => void>()
  let seq = 0
  const measure = () => {
    const timeMs = Date.now()
    ring.push({ bootId, seq: seq++, timeMs, dropped: 0, points: collector.collect(timeMs) })
    for (const listener of listeners) listener()
  }
  measure()
  const timer = setInterval(measure, everyMs)

  const handlers: Handlers<typeof metrics> = {
    async *watch({ bootId: from, afterSeq }, { signal }) {
      const encoder = createSampleEncoder()
      let last: { bootId: string | undefined; seq: number } = { bootId: from, seq: afterSeq }
      let wake = Promise.withResolvers<void>()
      const listener = () => wake.resolve()
      listeners.add(listener)
      signal.addEventListener('abort', listener)
      try {
        while (!signal.aborted) {
          const samples = ring.after(last.bootId, last.seq, piece)
          for (const sample of samples) {
            yield encoder.encode({ ...sample, dropped: missing(last, sample) })
            last = sample
          }
          if (samples.length === piece) continue
          await wake.promise
          wake = Promise.withResolvers()
        }
      } finally {
        listeners.delete(listener)
      }
    },
  }
  return { handlers, stop: () => clearInterval(timer) }
}

/** Samples of the same boot between two that the ring no longer has. */
function missing(last: { bootId: string | undefined; seq: number }, next: MetricSample): number {
  return last.bootId === next.bootId ? Math.max(0, next.seq - last.seq - 1) : 0
}
