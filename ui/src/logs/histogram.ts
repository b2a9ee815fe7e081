import type { LogStore, Order } from './store.ts'

export interface Histogram {
  readonly fromMs: number
  readonly toMs: number
  /** Lines of each stretch of time, stacked: all others, warnings, errors and worse. */
  readonly others: Uint32Array
  readonly warnings: Uint32Array
  readonly errors: Uint32Array
  /** Lines in the fullest stretch. */
  readonly most: number
}

/** Counts rows by time. Undefined while there is no stretch of time to speak of. */
export function countByTime(store: LogStore, rows: Order, buckets: number): Histogram | undefined {
  if (rows.length < 2) return undefined
  const fromMs = store.time(rows.ids[0]!)
  const toMs = store.time(rows.ids[rows.length - 1]!)
  if (toMs <= fromMs) return undefined
  const columns = [new Uint32Array(buckets), new Uint32Array(buckets), new Uint32Array(buckets)] as const
  const scale = buckets / (toMs - fromMs)
  for (let i = 0; i < rows.length; i++) {
    const id = rows.ids[i]!
    const level = store.level(id)
    const bucket = Math.max(0, Math.min(buckets - 1, Math.floor((store.time(id) - fromMs) * scale)))
    columns[level >= 5 ? 2 : level === 4 ? 1 : 0][bucket]!++
  }
  const [others, warnings, errors] = columns
  let most = 0
  for (let i = 0; i < buckets; i++) most = Math.max(most, others[i]! + warnings[i]! + errors[i]!)
  return { fromMs, toMs, others, warnings, errors, most }
}

/** An SVG path of bars in a box of `buckets` by 100, standing on what is below them. */
export function barsPath(counts: Uint32Array, below: readonly Uint32Array[], most: number): string {
  let path = ''
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue
    const base = below.reduce((sum, column) => sum + column[i]!, 0)
    // One line among thousands is still seen.
    const height = Math.max(4, (counts[i]! / most) * 100)
    const bottom = 100 - (base / most) * 100
    path += `M${i} ${bottom.toFixed(1)}v${(-height).toFixed(1)}h.8v${height.toFixed(1)}z`
  }
  return path
}
