import type { PendingQuery, Row } from 'postgres'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { metricNames, type MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import type { Database, Db } from '../base/db.ts'
import { steps } from './steps.ts'

interface MetricsInput {
  readonly host: string
  readonly kind: string
  readonly subject: string
  readonly names: readonly string[]
  readonly fromMs: number
  readonly toMs: number
  readonly points: number
}

const mostSubjects = 200
/** Subjects that are looked for, to say how many are left out. */
const mostNamed = 2000
const mostMs = 15_000
/** SQLSTATE of a statement that was ended for its time. */
const timedOut = '57014'
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

  const answer = db.tx({ organization }, async (sql) => {
    await sql`SELECT set_config('statement_timeout', ${String(mostMs)}, true)`
    const range = sql`step = ${step} AND host_id = ${host} AND kind = ${kind} AND at >= ${new Date(fromMs)} AND at < ${new Date(toMs)}`
    const found = input.subject !== '' || kind === 'host' ? [{ subject: input.subject }] : await findSubjects(sql, range)
    const subjects = found.slice(0, mostSubjects).map(({ subject }) => subject)
    const points = Math.max(2, Math.min(input.points, Math.floor(mostFigures / (Math.max(1, subjects.length * names.length) * 2))))
    const { stepMs, first, count } = divide(fromMs, toMs, step * 1000, points)
    const columns = names.map((name) => ({ name, place: all.indexOf(name) + 1 }))
    const rows = await aggregate(sql, range, { subjects, columns, stepMs, originMs: first * stepMs })
    const series = new Map<string, MetricsAnswer['series'][number]>()
    for (const { subject, at, averages, maxima } of rows) {
      const place = Math.round(at.getTime() / stepMs) - first
      for (const [index, { name }] of columns.entries()) {
        const average = averages[index] ?? null
        // A gap in a list of the database is no number here.
        if (average === null || Number.isNaN(average)) continue
        const key = `${subject}\0${name}`
        const one = series.get(key) ?? { subject, name, avg: gaps(count), max: gaps(count) }
        series.set(key, one)
        one.avg[place] = average
        one.max[place] = maxima[index] ?? null
      }
    }
    return {
      stepMs,
      times: Array.from({ length: count }, (_, index) => (first + index) * stepMs),
      series: [...series.values()],
      ...(found.length > subjects.length ? { leftOut: found.length - subjects.length } : {}),
    }
  })
  return answer.catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== timedOut) throw error
    const message = `That would take longer than ${mostMs / 1000} s: ask for a shorter range, fewer names, or one subject.`
    throw new FairleadError('too_large', message, { cause: error })
  })
}

type Fragment = PendingQuery<Row[]>

interface Wanted {
  readonly subjects: readonly string[]
  readonly columns: readonly { readonly place: number }[]
  readonly stepMs: number
  readonly originMs: number
}

interface Aggregate {
  readonly subject: string
  readonly at: Date
  readonly averages: (number | null)[]
  readonly maxima: (number | null)[]
}

/** From one to the next along the index: reading every row of a year to name twenty containers would take as long as the rest. */
async function findSubjects(sql: Db, range: Fragment): Promise<{ subject: string }[]> {
  return sql`
    WITH RECURSIVE found (subject, place) AS (
      (SELECT subject, 1 FROM metrics WHERE ${range} ORDER BY subject LIMIT 1)
      UNION ALL
      SELECT (SELECT metrics.subject FROM metrics WHERE ${range} AND metrics.subject > found.subject ORDER BY metrics.subject LIMIT 1), place + 1
      FROM found WHERE found.subject IS NOT NULL AND place < ${mostNamed})
    SELECT subject FROM found WHERE subject IS NOT NULL`
}

async function aggregate(sql: Db, range: Fragment, { subjects, columns, stepMs, originMs }: Wanted): Promise<Aggregate[]> {
  if (columns.length === 0) return []
  const list = (column: (place: number) => Fragment) =>
    columns.map(({ place }, index) => (index === 0 ? column(place) : sql`, ${column(place)}`))
  return sql<Aggregate[]>`
    SELECT subject, date_bin(${`${stepMs} milliseconds`}::interval, at, ${new Date(originMs)}::timestamptz) AS at,
      ARRAY[${list((place) => sql`sum(sums[${place}::int]) / nullif(sum(counts[${place}::int]), 0)`)}] AS averages,
      ARRAY[${list((place) => sql`max(maxima[${place}::int])`)}] AS maxima
    FROM metrics WHERE ${range} AND subject = ANY(${subjects}::text[]) GROUP BY 1, 2`
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
