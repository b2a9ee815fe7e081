import { metricNames } from '@fairlead/protocol/features/metrics.ts'
import type { MetricPoint, MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import { aheadMs, steps } from './steps.ts'

/** All that a batch knows of one subject in one step of time. */
export interface Row {
  readonly step: number
  readonly kind: string
  readonly subject: string
  readonly atMs: number
  /** The values of each sample, in the order of their names; NaN: not available. Other rows have the same lists: never changed. */
  readonly samples: (readonly number[])[]
}

/** What one host told since the last batch was written. */
export interface HostBatch {
  readonly organization: string
  readonly host: string
  readonly samples: Pick<MetricSample, 'timeMs' | 'points'>[]
  /** Behind which and up to which sample of each boot this batch counts, the latest boot last. */
  readonly positions: Map<string, Span>
}

export interface Span {
  /** -1: from the first one on. */
  readonly after: number
  readonly to: number
}

/** Rows of all resolutions that still keep the time of a sample; late ones go straight into the roll-ups. */
export function gather({ samples }: HostBatch, nowMs: number): Row[] {
  const rows = new Map<string, Row>()
  for (const { timeMs, points } of samples) {
    const ageMs = nowMs - timeMs
    if (ageMs < -aheadMs) continue
    const kept = steps.filter(({ keepMs }) => ageMs < keepMs)
    for (const point of points) {
      const values = usable(point)
      if (values === undefined) continue
      const { kind, id } = point
      for (const { step } of kept) {
        const atMs = Math.floor(timeMs / (step * 1000)) * step * 1000
        const key = `${step}\0${atMs}\0${kind}\0${id}`
        const row = rows.get(key)
        if (row === undefined) rows.set(key, { step, kind, subject: id, atMs, samples: [values] })
        else row.samples.push(values)
      }
    }
  }
  return [...rows.values()]
}

/** A name that no database takes, or that two subjects could share. */
const odd = /[\u0000-\u001F]/

/**
 * Every figure is 0 or more; NaN, infinities and what no machine could have are not available. undefined: nothing to keep. Plain loops
 * here and below: this runs for each figure of each host.
 */
function usable({ kind, id, values }: MetricPoint): number[] | undefined {
  if (!Object.hasOwn(metricNames, kind) || odd.test(id)) return undefined
  const count = metricNames[kind as keyof typeof metricNames].length
  const own: number[] = []
  let found = false
  for (let index = 0; index < count; index++) {
    const value = index < values.length ? values[index]! : Number.NaN
    const isFigure = value >= 0 && value <= 1e18
    own.push(isFigure ? value : Number.NaN)
    found ||= isFigure
  }
  return found ? own : undefined
}
