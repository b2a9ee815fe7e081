import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { metricBatch } from '../wire/metric-batch.ts'

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
      /** One per time; null is a gap, drawn as a gap. */
      avg: z.array(z.nullable(z.number())),
      max: z.array(z.nullable(z.number())),
    }),
  ),
})
export type MetricsAnswer = z.infer<typeof MetricsAnswer>

export const metricsHub = { query: call(MetricsQuery, MetricsAnswer) }

export const metricsApi = {
  query: api(metricsHub.query, { http: 'GET /hosts/:host/metrics', needs: 'metrics:read', on: 'host' }),
}
