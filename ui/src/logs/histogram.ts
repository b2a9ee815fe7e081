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

/** Rows that are being counted, some at a time. */
export interface Counting {
  /** Counts so many more rows; true once all are counted. */
  some(rows: number): boolean
  result(): Histogram
}

/** Counts rows by time. Undefined while there is no stretch of time to speak of. */
export function countByTime(store: LogStore, rows: Order, buckets: number): Histogram | undefined {
  const counting = startCount(store, rows, buckets)
  counting?.some(Number.POSITIVE_INFINITY)
  return counting?.result()
}

/**
 * Begins to count. Between its steps lines may come and go: those that came are counted the next time, and so is it mended
 * where those that went had been counted.
 */
export function startCount(store: LogStore, rows: Order, buckets: number): Counting | undefined {
  if (rows.length < 2) return undefined
  const fromMs = store.time(rows.ids[0]!)
  const toMs = store.time(rows.ids[rows.length - 1]!)
  if (toMs <= fromMs) return undefined
  const columns = [new Uint32Array(buckets), new Uint32Array(buckets), new Uint32Array(buckets)] as const
  const [others, warnings, errors] = columns
  const scale = buckets / (toMs - fromMs)
  const length = rows.length
  let at = 0
  return {
    some(count) {
      const end = Math.min(length, rows.length, at + count)
      let chunk = store.chunks[0]!
      for (; at < end; at++) {
        const id = rows.ids[at]!
        if (id < chunk.firstId || id >= chunk.firstId + chunk.count) {
          if (!store.has(id)) continue
          chunk = store.chunkOf(id)
        }
        const level = chunk.levels[id - chunk.firstId]!
        const bucket = Math.max(0, Math.min(buckets - 1, Math.floor((chunk.times[id - chunk.firstId]! - fromMs) * scale)))
        columns[level >= 5 ? 2 : level === 4 ? 1 : 0][bucket]!++
      }
      return at >= Math.min(length, rows.length)
    },
    result() {
      let most = 0
      for (let i = 0; i < buckets; i++) most = Math.max(most, others[i]! + warnings[i]! + errors[i]!)
      return { fromMs, toMs, others, warnings, errors, most }
    },
  }
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
