import { metricNames } from '@fairlead/protocol/features/metrics.ts'
import type { MetricPoint, MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import { aheadMs, steps } from './steps.ts'

/** All figures of one subject in one step of time, as far as this batch knows them. */
export interface Row {
  readonly step: number
  readonly kind: string
  readonly subject: string
  readonly atMs: number
  readonly counts: number[]
  readonly sums: number[]
  /** null: no sample had the figure. */
  readonly maxima: (number | null)[]
}

/** What one host told since the last batch was written. */
export interface HostBatch {
  readonly organization: string
  readonly host: string
  readonly rows: Map<string, Row>
  /** Up to where each boot is counted when this batch is written, the latest one last. */
  readonly positions: Map<string, number>
}

/** Adds a sample to all resolutions that still keep its time; late ones go straight into the roll-ups. */
export function gather({ rows }: HostBatch, { timeMs, points }: Pick<MetricSample, 'timeMs' | 'points'>, nowMs: number): void {
  const ageMs = nowMs - timeMs
  if (ageMs < -aheadMs) return
  for (const point of points) {
    const values = usable(point)
    if (values === undefined) continue
    for (const { step, keepMs } of steps) if (ageMs < keepMs) add(rows, step, point, values, timeMs)
  }
}

/** A name that no database takes, or that two subjects could share. */
const odd = /[\u0000-\u001F]/

/** Every figure is 0 or more; NaN, infinities and what no machine could have are not available. undefined: nothing to keep. */
function usable({ kind, id, values }: MetricPoint): number[] | undefined {
  if (!Object.hasOwn(metricNames, kind) || odd.test(id)) return undefined
  const count = metricNames[kind as keyof typeof metricNames].length
  const own = Array.from({ length: count }, (_, index) => {
    const value = values[index] ?? Number.NaN
    return value >= 0 && value <= 1e18 ? value : Number.NaN
  })
  return own.some((value) => !Number.isNaN(value)) ? own : undefined
}

function add(rows: HostBatch['rows'], step: number, { kind, id }: MetricPoint, values: readonly number[], timeMs: number): void {
  const atMs = Math.floor(timeMs / (step * 1000)) * step * 1000
  const key = `${step}\0${kind}\0${id}\0${atMs}`
  let row = rows.get(key)
  if (row === undefined) {
    row = { step, kind, subject: id, atMs, counts: values.map(() => 0), sums: values.map(() => 0), maxima: values.map(() => null) }
    rows.set(key, row)
  }
  for (const [index, value] of values.entries()) {
    if (Number.isNaN(value)) continue
    row.counts[index]!++
    row.sums[index]! += value
    row.maxima[index] = Math.max(row.maxima[index] ?? value, value)
  }
}
