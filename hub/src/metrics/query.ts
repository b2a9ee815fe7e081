import { FairleadError } from '@fairlead/protocol/errors.ts'
import { metricNames, type MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import type { Database } from '../base/db.ts'
import { steps } from './steps.ts'

export interface MetricsInput {
  readonly host: string
  readonly kind: string
  readonly subject: string
  readonly names: readonly string[]
  readonly fromMs: number
  readonly toMs: number
  readonly points: number
}

const mostSubjects = 200
/** Numbers in one answer, whatever was asked for. */
const mostFigures = 500_000

/** The finest resolution that still has the range, gathered into as many points as were asked for. A gap is null. */
export async function queryMetrics(db: Database, organization: string, input: MetricsInput, nowMs: number): Promise<MetricsAnswer> {
  const { host, kind, fromMs, toMs } = input
  if (!(Math.abs(fromMs) <= 8.64e15 && Math.abs(toMs) <= 8.64e15 && toMs > fromMs))
    throw new FairleadError('invalid_input', '"toMs" must be a time later than "fromMs".', { details: { field: 'toMs' } })
  const all: readonly string[] = Object.hasOwn(metricNames, kind) ? metricNames[kind as keyof typeof metricNames] : []
  const names = [...new Set(input.names)].filter((name) => all.includes(name))
  const { step } = pickStep(input, nowMs)

  return db.tx({ organization }, async (sql) => {
    const range = sql`step = ${step} AND host_id = ${host} AND kind = ${kind} AND at >= ${new Date(fromMs)} AND at < ${new Date(toMs)}`
    const found =
      input.subject !== '' || kind === 'host'
        ? [{ subject: input.subject }]
        : await sql<{ subject: string }[]>`SELECT DISTINCT subject FROM metrics WHERE ${range} ORDER BY subject`
    const subjects = found.slice(0, mostSubjects).map(({ subject }) => subject)
    const points = Math.max(2, Math.min(input.points, Math.floor(mostFigures / (Math.max(1, subjects.length * names.length) * 2))))
    const { stepMs, first, count } = divide(fromMs, toMs, step * 1000, points)
    const rows = await sql<{ subject: string; place: number; bucket: number; average: number | null; maximum: number | null }[]>`
      SELECT subject, place, floor(extract(epoch FROM at) * 1000 / ${stepMs}) - ${first} AS bucket,
        sum(sums[place]) / nullif(sum(counts[place]), 0) AS average, max(maxima[place]) AS maximum
      FROM metrics CROSS JOIN unnest(${names.map((name) => all.indexOf(name) + 1)}::int[]) AS wanted (place)
      WHERE ${range} AND subject = ANY(${subjects}::text[]) GROUP BY 1, 2, 3`
    const series = new Map<string, MetricsAnswer['series'][number]>()
    for (const { subject, place, bucket, average, maximum } of rows) {
      if (average === null) continue
      const key = `${subject}\0${place}`
      const one = series.get(key) ?? { subject, name: all[place - 1]!, avg: gaps(count), max: gaps(count) }
      series.set(key, one)
      one.avg[Number(bucket)] = average
      one.max[Number(bucket)] = maximum
    }
    return {
      stepMs,
      times: Array.from({ length: count }, (_, index) => (first + index) * stepMs),
      series: [...series.values()],
      ...(found.length > subjects.length ? { leftOut: found.length - subjects.length } : {}),
    }
  })
}

const gaps = (count: number): (number | null)[] => Array.from({ length: count }, () => null)

/** Reading up to eight stored points for one shown is quick; more than that, a coarser resolution does. */
function pickStep({ fromMs, toMs, points }: MetricsInput, nowMs: number) {
  return steps.find(({ step, keepMs }) => nowMs - fromMs < keepMs && step * 1000 * points >= (toMs - fromMs) / 8) ?? steps[2]
}

/** Points of a whole number of steps, on the clock's own marks, at most so many. */
function divide(fromMs: number, toMs: number, baseMs: number, points: number): { stepMs: number; first: number; count: number } {
  for (let times = Math.max(1, Math.ceil((toMs - fromMs) / points / baseMs)); ; times++) {
    const stepMs = times * baseMs
    const first = Math.floor(fromMs / stepMs)
    const count = Math.ceil(toMs / stepMs) - first
    if (count <= points) return { stepMs, first, count }
  }
}
