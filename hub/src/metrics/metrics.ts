import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { metricNames, type MetricsAnswer, type metricsApi } from '@fairlead/protocol/features/metrics.ts'
import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'

/** Resolutions kept: seconds of one point, and for how long. */
const steps = [
  { step: 10, keepMs: 6 * 3_600_000, partitionMs: 3_600_000, table: 'metrics_10s' },
  { step: 60, keepMs: 14 * 86_400_000, partitionMs: 86_400_000, table: 'metrics_1m' },
  { step: 900, keepMs: 366 * 86_400_000, partitionMs: 31 * 86_400_000, table: 'metrics_15m' },
] as const

export interface MetricsStore {
  push(organization: string, host: string, sample: MetricSample): void
  readonly handlers: Handlers<typeof metricsApi, HubContext>
  flush(): Promise<void>
  /** Makes partitions to come, drops those that are over. */
  tend(): Promise<void>
  close(): Promise<void>
}

interface Point {
  readonly organization: string
  readonly step: number
  readonly host: string
  readonly kind: string
  readonly subject: string
  readonly name: string
  readonly atMs: number
  sum: number
  count: number
  max: number
}

const flushMs = 5000
const mostPending = 200_000

export async function openMetricsStore(db: Database, log: Log): Promise<MetricsStore> {
  let pending = new Map<string, Point>()

  function add(
    organization: string,
    host: string,
    step: number,
    kind: string,
    subject: string,
    name: string,
    timeMs: number,
    value: number,
  ): void {
    const atMs = Math.floor(timeMs / (step * 1000)) * step * 1000
    const key = `${host}\0${step}\0${kind}\0${subject}\0${name}\0${atMs}`
    const point = pending.get(key)
    if (point === undefined) {
      if (pending.size >= mostPending) return
      pending.set(key, { organization, step, host, kind, subject, name, atMs, sum: value, count: 1, max: value })
      return
    }
    point.sum += value
    point.count++
    point.max = Math.max(point.max, value)
  }

  async function flush(): Promise<void> {
    const points = [...pending.values()]
    pending = new Map()
    const organizations = new Set(points.map(({ organization }) => organization))
    for (const organization of organizations) {
      const own = points.filter((point) => point.organization === organization)
      for (let at = 0; at < own.length; at += 2000) await write(db, organization, own.slice(at, at + 2000))
    }
  }

  const store: MetricsStore = {
    push(organization, host, { timeMs, points }) {
      const ageMs = Date.now() - timeMs
      // A clock far ahead, or a sample nobody could show any more.
      if (ageMs < -300_000 || ageMs > steps[2].keepMs) return
      for (const { kind, id, values } of points) {
        const names: readonly string[] = metricNames[kind as keyof typeof metricNames] ?? []
        for (const [index, name] of names.entries()) {
          const value = values[index]
          if (value === undefined || !Number.isFinite(value) || Math.abs(value) > 1e18) continue
          for (const { step, keepMs } of steps) if (ageMs < keepMs) add(organization, host, step, kind, id, name, timeMs, value)
        }
      }
    },
    handlers: { query: (input, { caller, host }) => query(db, caller.organization, { ...input, host }) },
    flush,
    tend: () => tend(db),
    async close() {
      clearInterval(timer)
      clearInterval(tending)
      await flush().catch((error: unknown) => log('error', 'metrics were not written', { error: String(error) }))
    },
  }
  await store.tend()
  const timer = setInterval(
    () => void flush().catch((error: unknown) => log('error', 'metrics were not written', { error: String(error) })),
    flushMs,
  ).unref()
  const tending = setInterval(
    () => void store.tend().catch((error: unknown) => log('error', 'partitions were not tended', { error: String(error) })),
    1_800_000,
  ).unref()
  return store
}

async function write(db: Database, organization: string, points: readonly Point[]): Promise<void> {
  const column = <T>(pick: (point: Point) => T) => points.map(pick)
  await db.tx(
    { organization },
    (sql) => sql`
    INSERT INTO metrics (organization_id, step, host_id, kind, subject, name, at, average, maximum)
    SELECT ${organization}, * FROM unnest(${column(({ step }) => step)}::int[], ${column(({ host }) => host)}::uuid[], ${column(({ kind }) => kind)}::text[], ${column(({ subject }) => subject)}::text[],
      ${column(({ name }) => name)}::text[], ${column(({ atMs }) => new Date(atMs).toISOString())}::text[]::timestamptz[], ${column(({ sum, count }) => sum / count)}::real[], ${column(({ max }) => max)}::real[])
    ON CONFLICT (organization_id, step, host_id, kind, subject, name, at) DO UPDATE SET average = (metrics.average + EXCLUDED.average) / 2, maximum = greatest(metrics.maximum, EXCLUDED.maximum)`,
  )
}

/** Partitions from the oldest point still kept to a stretch ahead. */
async function tend(db: Database): Promise<void> {
  await db.owner(async (sql) => {
    for (const { table, keepMs, partitionMs } of steps) {
      const first = Math.floor((Date.now() - keepMs) / partitionMs)
      const last = Math.floor(Date.now() / partitionMs) + 2
      const existing = new Set(
        (await sql<{ name: string }[]>`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = ${table}::regclass`).map(
          ({ name }) => name,
        ),
      )
      for (let n = first; n <= last; n++) {
        const name = `${table}_${n}`
        if (existing.delete(name)) continue
        const [from, to] = [new Date(n * partitionMs).toISOString(), new Date((n + 1) * partitionMs).toISOString()]
        // Names and bounds are made here, of numbers alone; DDL takes no parameters.
        await sql`SELECT make_partition(${table}, ${name}, ${from}::timestamptz, ${to}::timestamptz)`
      }
      for (const name of existing) await sql`DROP TABLE IF EXISTS ${sql(name)}`
    }
  })
}

interface Input {
  readonly host: string
  readonly kind: string
  readonly subject: string
  readonly names: readonly string[]
  readonly fromMs: number
  readonly toMs: number
  readonly points: number
}

const mostSeries = 200

async function query(db: Database, organization: string, input: Input): Promise<MetricsAnswer> {
  if (!(input.toMs > input.fromMs))
    throw new FairleadError('invalid_input', '"toMs" must be later than "fromMs".', { details: { field: 'toMs' } })
  const spanMs = input.toMs - input.fromMs
  const wantedMs = spanMs / input.points
  const { step } =
    steps.find(({ step, keepMs }) => keepMs > Date.now() - input.fromMs && step * 1000 * input.points >= spanMs / 8) ?? steps[2]
  const stepMs = Math.max(1, Math.ceil(wantedMs / (step * 1000))) * step * 1000
  const rows = await db.tx(
    { organization },
    (sql) => sql<{ subject: string; name: string; bucket: string; average: number; maximum: number }[]>`
    SELECT subject, name, floor(extract(epoch FROM at) * 1000 / ${stepMs}) AS bucket, avg(average) AS average, max(maximum) AS maximum FROM metrics
    WHERE step = ${step} AND host_id = ${input.host} AND kind = ${input.kind} AND name = ANY(${[...input.names]}) AND (${input.subject} = '' OR subject = ${input.subject})
      AND at >= ${new Date(input.fromMs)} AND at < ${new Date(input.toMs)} GROUP BY 1, 2, 3 LIMIT 200000`,
  )
  const firstBucket = Math.floor(input.fromMs / stepMs)
  const count = Math.max(1, Math.ceil(input.toMs / stepMs) - firstBucket)
  const series = new Map<string, MetricsAnswer['series'][number]>()
  for (const { subject, name, bucket, average, maximum } of rows) {
    const key = `${subject}\0${name}`
    if (!series.has(key) && series.size >= mostSeries) continue
    const one = series.get(key) ?? {
      subject,
      name,
      avg: Array.from({ length: count }, () => null),
      max: Array.from({ length: count }, () => null),
    }
    series.set(key, one)
    const index = Number(bucket) - firstBucket
    if (index < 0 || index >= count) continue
    one.avg[index] = average
    one.max[index] = maximum
  }
  return { stepMs, times: Array.from({ length: count }, (_, index) => (firstBucket + index) * stepMs), series: [...series.values()] }
}
