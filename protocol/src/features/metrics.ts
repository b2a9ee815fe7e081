import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { metricBatch } from '../wire/metric-batch.ts'
import { scale } from '../wire/metric-scale.ts'

/**
 * What is measured, by kind of subject. The place in the list is the number on the wire: append only, never reorder.
 * Rates are per second, over the interval before the sample. A figure that a host cannot give is absent, never 0.
 */
export const metricNames = {
  host: [
    'cpu',
    'cpuCount',
    'memoryBytes',
    'memoryTotalBytes',
    'swapBytes',
    'swapTotalBytes',
    'load1',
    'load5',
    'load15',
    'netRxBytesPerSecond',
    'netTxBytesPerSecond',
    'diskReadBytesPerSecond',
    'diskWriteBytesPerSecond',
    'pressureCpu',
    'pressureMemory',
    'pressureIo',
    'uptimeSeconds',
  ],
  disk: ['usedBytes', 'totalBytes', 'inodesUsed', 'inodesTotal'],
  container: [
    'cpu',
    'memoryBytes',
    'memoryLimitBytes',
    'netRxBytesPerSecond',
    'netTxBytesPerSecond',
    'blockReadBytesPerSecond',
    'blockWriteBytesPerSecond',
    'pids',
  ],
} as const satisfies Record<string, readonly string[]>

type OnePer<Names extends readonly string[]> = { readonly [I in keyof Names]: number }
type Scales = { readonly [K in keyof typeof metricNames]: OnePer<(typeof metricNames)[K]> }

/**
 * How exactly each figure is kept, in the order of its name. CPU: a thousandth of a core. Memory, swap and disks: 4 KiB, which is
 * exact, since kernels count pages. Load and pressure: a hundredth, as the kernel says them. Rates: 1 B/s below 256 B/s, 0.4 % above.
 * Counts and seconds: one.
 */
export const metricScales: Scales = {
  host: [
    scale.thousandth,
    scale.one,
    scale.page,
    scale.page,
    scale.page,
    scale.page,
    scale.hundredth,
    scale.hundredth,
    scale.hundredth,
    scale.rate,
    scale.rate,
    scale.rate,
    scale.rate,
    scale.hundredth,
    scale.hundredth,
    scale.hundredth,
    scale.one,
  ],
  disk: [scale.page, scale.page, scale.one, scale.one],
  container: [scale.thousandth, scale.page, scale.page, scale.rate, scale.rate, scale.rate, scale.rate, scale.one],
}

/** The scales of a kind, for `createSampleEncoder`. */
export function metricScalesOf(kind: string): readonly number[] {
  return Object.hasOwn(metricScales, kind) ? metricScales[kind as keyof typeof metricScales] : []
}

/** What an agent answers: every sample after this place in its ring, then new ones for ever. */
export const metrics = {
  watch: stream(z.object({ bootId: z.optional(z.string().check(z.maxLength(64))), afterSeq: z._default(z.int(), -1) }), metricBatch),
}

const MetricsQuery = z.object({
  host: z.string().check(z.maxLength(128)),
  kind: z._default(z.string().check(z.maxLength(32)), 'host'),
  /** Empty: the host itself, or all subjects of the kind. */
  subject: z._default(z.string().check(z.maxLength(256)), ''),
  names: z.array(z.string().check(z.maxLength(64))).check(z.minLength(1), z.maxLength(16)),
  fromMs: z.number(),
  toMs: z.number(),
  /** At most this many points a series; the hub picks the resolution and says it. */
  points: z._default(z.int().check(z.gte(2), z.lte(2000)), 300),
})

export const MetricsAnswer = z.object({
  /** 10 s, 1 min or 15 min, times a whole number. */
  stepMs: z.int(),
  times: z.array(z.number()),
  series: z.array(
    z.object({
      subject: z.string(),
      name: z.string(),
      /** One per time, weighted by how many samples each holds; null is a gap, drawn as a gap. */
      avg: z.array(z.nullable(z.number())),
      max: z.array(z.nullable(z.number())),
    }),
  ),
  /** Subjects beyond the 200 that one answer holds. Absent: none. */
  leftOut: z.optional(z.int()),
})
export type MetricsAnswer = z.infer<typeof MetricsAnswer>

const metricsHub = { query: call(MetricsQuery, MetricsAnswer) }

export const metricsApi = {
  query: api(metricsHub.query, { http: 'GET /hosts/:host/metrics', needs: 'metrics:read', on: 'host' }),
}
