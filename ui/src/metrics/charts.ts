import type { MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import type { Key } from '../i18n/en.ts'

/** How far back one looks, and how often that is asked anew. */
export interface Range {
  readonly key: '1h' | '6h' | '24h' | '14d'
  readonly spanMs: number
  readonly everyMs: number
}

export const ranges: readonly Range[] = [
  { key: '1h', spanMs: 3_600_000, everyMs: 10_000 },
  { key: '6h', spanMs: 6 * 3_600_000, everyMs: 30_000 },
  { key: '24h', spanMs: 24 * 3_600_000, everyMs: 60_000 },
  { key: '14d', spanMs: 14 * 86_400_000, everyMs: 300_000 },
]

export type Unit = 'cores' | 'bytes' | 'rate' | 'number' | 'percent'

export interface ChartSpec {
  readonly title: Key
  readonly unit: Unit
  readonly names: readonly string[]
  /** What there is of it in all: said beside the title. */
  readonly limit?: string
  /** The scale ends at the limit, so that half full looks half full. */
  readonly whole?: boolean
}

export const hostCharts: readonly ChartSpec[] = [
  { title: 'metrics.cpu', unit: 'cores', names: ['cpu'], limit: 'cpuCount', whole: true },
  { title: 'metrics.memory', unit: 'bytes', names: ['memoryBytes'], limit: 'memoryTotalBytes', whole: true },
  { title: 'metrics.net', unit: 'rate', names: ['netRxBytesPerSecond', 'netTxBytesPerSecond'] },
  { title: 'metrics.disk', unit: 'rate', names: ['diskReadBytesPerSecond', 'diskWriteBytesPerSecond'] },
  { title: 'metrics.load', unit: 'number', names: ['load1', 'load5', 'load15'] },
  { title: 'metrics.pressure', unit: 'percent', names: ['pressureCpu', 'pressureMemory', 'pressureIo'] },
]

export const containerCharts: readonly ChartSpec[] = [
  { title: 'metrics.cpu', unit: 'cores', names: ['cpu'] },
  { title: 'metrics.memory', unit: 'bytes', names: ['memoryBytes'], limit: 'memoryLimitBytes' },
  { title: 'metrics.net', unit: 'rate', names: ['netRxBytesPerSecond', 'netTxBytesPerSecond'] },
  { title: 'metrics.disk', unit: 'rate', names: ['blockReadBytesPerSecond', 'blockWriteBytesPerSecond'] },
  { title: 'metrics.pids', unit: 'number', names: ['pids'] },
]

/** Every name that a set of charts asks the hub for. */
export function namesOf(charts: readonly ChartSpec[]): string[] {
  return [...new Set(charts.flatMap(({ names, limit }) => (limit === undefined ? names : [...names, limit])))]
}

/** One figure over time. `undefined` is joined over, `null` is a gap. */
export type Values = readonly (number | null | undefined)[]

interface ChartSeries {
  readonly name: string
  /** false: the host has no such figure. It is said in words, never drawn as 0. */
  readonly known: boolean
  readonly avg: Values
  readonly max: Values
  /** The newest value, if it is no older than three points; undefined otherwise. */
  readonly latest: number | undefined
}

export interface ChartData {
  /** Seconds since the epoch. */
  readonly times: readonly number[]
  readonly stepMs: number
  readonly series: readonly ChartSeries[]
  readonly limit: number | undefined
}

/** What one chart shows of the hub's answer. */
export function dataOf(answer: MetricsAnswer, chart: ChartSpec): ChartData {
  const find = (name: string) => answer.series.find((one) => one.name === name)
  const series = chart.names.map((name): ChartSeries => {
    const found = find(name)
    const known = found?.avg.some((value) => value !== null) === true
    const avg = found?.avg ?? answer.times.map(() => null)
    const max = found?.max ?? avg
    return { name, known, avg: bridge(avg), max: bridge(max), latest: avg.slice(-3).findLast((value) => value !== null) ?? undefined }
  })
  const limit = chart.limit === undefined ? undefined : find(chart.limit)?.avg.findLast((value) => value !== null)
  return { times: answer.times.map((ms) => ms / 1000), stepMs: answer.stepMs, series, limit: limit ?? undefined }
}

/**
 * A single missing point between two is a sample that fell on the other side of its edge, not a gap: samples come every ten
 * seconds, give or take. Two in a row are a gap.
 */
export function bridge(values: readonly (number | null)[]): Values {
  return values.map((value, index) =>
    value === null && index > 0 && index < values.length - 1 && values[index - 1] !== null && values[index + 1] !== null
      ? undefined
      : value,
  )
}

/** Stretches without any figure at all, in seconds since the epoch: said in words beside the chart for who cannot see it. */
export function gapsOf({ times, series, stepMs }: ChartData): readonly { readonly from: number; readonly to: number }[] {
  const gaps: { from: number; to: number }[] = []
  const known = series.filter((one) => one.known)
  if (known.length === 0) return gaps
  for (const [index, from] of times.entries()) {
    if (known.some(({ avg }) => avg[index] !== null)) continue
    const last = gaps.at(-1)
    if (last?.to === from) last.to = from + stepMs / 1000
    else gaps.push({ from, to: from + stepMs / 1000 })
  }
  return gaps
}

export const sparkWidth = 120
export const sparkHeight = 24

/** Moves where there was a gap, lines where there was none. */
export function sparkPath(values: readonly (number | null)[], ceiling: number | undefined): string {
  const top = Math.max(ceiling ?? 0, ...values.map((value) => value ?? 0)) || 1
  let pen = false
  return bridge(values)
    .map((value, index) => {
      if (value === undefined) return ''
      if (value === null) {
        pen = false
        return ''
      }
      const [x, y] = [(index / Math.max(1, values.length - 1)) * sparkWidth, sparkHeight - 1 - (value / top) * (sparkHeight - 2)]
      const piece = `${pen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
      pen = true
      return piece
    })
    .join('')
}
