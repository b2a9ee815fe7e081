import type { LogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { chunkLines, makeChunks, type Chunk, type Limit, type Run } from './chunks.ts'

/** What one view may hold; the oldest chunk goes first. */
const mostLines = 1_000_000
export const mostBytes = 150 * 1024 * 1024
/** Sources share a byte with the stream: six bits are theirs. */
export const mostSources = 62

/** 2 is a notice: of the agent, or of this view. */
export type Stream = 0 | 1 | 2

/** Line ids in the order they are shown. */
export interface Order {
  ids: Float64Array
  length: number
}

interface NoticeHow {
  readonly older?: boolean
  /** It stands where its time is: lines of its source that come later and are older go before it. */
  readonly passing?: boolean
}

export interface LogStore {
  readonly order: Order
  readonly chunks: readonly Chunk[]
  /** Text, columns and order together. */
  readonly bytes: number
  /** Lines that had to go, since the beginning. */
  readonly dropped: number
  /** Ids below it are gone. */
  readonly firstId: number
  /** Grows with every change. */
  readonly version: number
  /**
   * Adds one source's lines, which are in that source's own order; they find their place among the others' by time. `older`:
   * history that belongs before what the source already has.
   */
  append(source: number, lines: LogLines, older?: boolean): void
  /** A line of the view's own. */
  notice(source: number, timeMs: number, text: string, how?: NoticeHow): void
  has(id: number): boolean
  /** Where the columns of a line are, at `id - firstId`; for whoever goes through many of them. */
  chunkOf(id: number): Chunk
  time(id: number): number
  source(id: number): number
  stream(id: number): Stream
  level(id: number): number
  marked(id: number): boolean
  /** A view, valid until the chunk goes. */
  raw(id: number): Uint8Array
  text(id: number): string
  /** Every mark is void: there is a new filter. */
  unmark(): void
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Lines as bytes and columns: no object for each, and a bound that holds whatever comes. */
export function createLogStore(limit: Limit = { lines: mostLines, bytes: mostBytes }): LogStore {
  const order: Order = { ids: new Float64Array(1024), length: 0 }
  const full = (bytes: number) => order.length > limit.lines || bytes + order.ids.byteLength > limit.bytes
  const held = makeChunks(full, (chunk, firstId) => {
    dropped += chunk.count
    dropBefore(order, firstId, chunk.count)
    for (const id of passing) if (id < firstId) passing.delete(id)
  })
  const { chunks } = held
  const passing = new Set<number>()
  let dropped = 0
  let version = 0

  const store: LogStore = {
    order,
    chunks,
    get bytes() {
      return held.bytes() + order.ids.byteLength
    },
    get dropped() {
      return dropped
    },
    get firstId() {
      return chunks[0]?.firstId ?? 0
    },
    get version() {
      return version
    },
    append(source, lines, older = false) {
      for (let from = 0, at = 0; from < lines.count;) {
        const run = held.add(source, lines, from, at)
        merge(store, run, { source, older, passing })
        for (const end = from + run.count; from < end; from++) at += lines.lengths[from]!
      }
      version++
    },
    notice(source, timeMs, text, how = {}) {
      const bytes = encoder.encode(text)
      const columns = { count: 1, times: Float64Array.of(timeMs), sources: Uint8Array.of(2), levels: Uint8Array.of(0) }
      store.append(source, { ...columns, lengths: Uint32Array.of(bytes.length), text: bytes }, how.older)
      const last = chunks.at(-1)!
      if (how.passing === true) passing.add(last.firstId + last.count - 1)
    },
    has: held.has,
    chunkOf: held.of,
    time: (id) => held.of(id).times[id % chunkLines]!,
    source: (id) => held.of(id).origins[id % chunkLines]! >> 2,
    stream: (id) => (held.of(id).origins[id % chunkLines]! & 3) as Stream,
    level: (id) => held.of(id).levels[id % chunkLines]!,
    marked: (id) => held.of(id).marks[id % chunkLines] === 1,
    raw(id) {
      const { text, offsets, lengths } = held.of(id)
      const at = id % chunkLines
      return text.subarray(offsets[at]!, offsets[at]! + lengths[at]!)
    },
    text: (id) => decoder.decode(store.raw(id)),
    unmark() {
      for (const chunk of chunks) {
        chunk.marks.fill(0)
        chunk.scanned = 0
      }
      version++
    },
  }
  return store
}

interface Coming {
  readonly source: number
  readonly older: boolean
  /** Notices that keep no line of their own source behind them. */
  readonly passing: ReadonlySet<number>
}

/** Merges new ids from the end: what is in order costs nothing, what is late moves only the lines it goes before. */
function merge(store: LogStore, { firstId, count }: Run, coming: Coming): void {
  const { order } = store
  grow(order, count)
  let from = order.length - 1
  let to = order.length + count - 1
  order.length += count
  for (let id = firstId + count - 1; id >= firstId; id--) {
    const timeMs = store.time(id)
    while (from >= 0 && goesAfter(store, order.ids[from]!, timeMs, coming)) order.ids[to--] = order.ids[from--]!
    order.ids[to--] = id
  }
}

function goesAfter(store: LogStore, other: number, timeMs: number, { source, older, passing }: Coming): boolean {
  return store.time(other) > timeMs && (older || store.source(other) !== source || passing.has(other))
}

function grow(order: Order, count: number): void {
  if (order.length + count <= order.ids.length) return
  const grown = new Float64Array(Math.ceil((order.length + count) * 1.25))
  grown.set(order.ids.subarray(0, order.length))
  order.ids = grown
}

/** Takes out the ids below one; there are `count` of them. */
function dropBefore(order: Order, firstId: number, count: number): void {
  // Of one source they are all at the beginning.
  let kept = 0
  let at = 0
  for (let gone = 0; at < order.length && gone < count; at++)
    if (order.ids[at]! >= firstId) order.ids[kept++] = order.ids[at]!
    else gone++
  order.ids.copyWithin(kept, at, order.length)
  order.length -= at - kept
}

/** Where a time is in the order: the first line that is not before it. */
export function findTime(store: LogStore, rows: Order, timeMs: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (store.time(rows.ids[middle]!) < timeMs) low = middle + 1
    else high = middle
  }
  return low
}
