import type { LogLines } from '@fairlead/protocol/wire/log-batch.ts'

/** A chunk is full at so many bytes of text or so many lines, whichever comes first. */
export const chunkBytes = 1024 * 1024
export const chunkLines = 16_384
/** What one view may hold; the oldest chunk goes first. */
const mostLines = 1_000_000
export const mostBytes = 150 * 1024 * 1024
/** Sources share a byte with the stream: six bits are theirs. */
export const mostSources = 62

/** 2 is a notice: of the agent, or of this view. */
export type Stream = 0 | 1 | 2

export interface Chunk {
  /** Of its first line; the others follow. */
  readonly firstId: number
  count: number
  usedBytes: number
  /** Columns; cut to size once the chunk is full. */
  text: Uint8Array
  times: Float64Array
  /** source * 4 + stream */
  origins: Uint8Array
  levels: Uint8Array
  offsets: Uint32Array
  lengths: Uint32Array
  /** What the filter said: 1 fits. Only of the first `scanned` lines. */
  marks: Uint8Array
  scanned: number
}

/** Line ids in the order they are shown. */
export interface Order {
  ids: Float64Array
  length: number
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
  notice(source: number, timeMs: number, text: string, older?: boolean): void
  has(id: number): boolean
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

interface Limit {
  readonly lines: number
  readonly bytes: number
}

/** The chunks and what is in them; `onDrop` hears the first id that is still there. */
function makeChunks(limit: Limit, order: Order, onDrop: (chunk: Chunk, firstId: number) => void) {
  const chunks: Chunk[] = []
  const bytes = () => chunks.reduce((total, chunk) => total + sizeOf(chunk), order.ids.byteLength)

  function roomFor(length: number): Chunk {
    const last = chunks.at(-1)
    if (last !== undefined && last.count < chunkLines && last.usedBytes + length <= chunkBytes) return last
    if (last !== undefined) trim(last)
    const next = newChunk(last === undefined ? 0 : last.firstId + chunkLines)
    chunks.push(next)
    while (chunks.length > 1 && (order.length > limit.lines || bytes() > limit.bytes)) onDrop(chunks.shift()!, chunks[0]!.firstId)
    return next
  }

  return {
    chunks,
    bytes,
    of: (id: number): Chunk => chunks[Math.floor(id / chunkLines) - chunks[0]!.firstId / chunkLines]!,
    has: (id: number) => chunks.length > 0 && id >= chunks[0]!.firstId && id < chunks.at(-1)!.firstId + chunks.at(-1)!.count,
    add(source: number, stream: number, timeMs: number, level: number, text: Uint8Array): number {
      const line = text.length > chunkBytes ? text.subarray(0, chunkBytes) : text
      const chunk = roomFor(line.length)
      const at = chunk.count++
      chunk.times[at] = timeMs
      chunk.origins[at] = source * 4 + stream
      chunk.levels[at] = level
      chunk.offsets[at] = chunk.usedBytes
      chunk.lengths[at] = line.length
      chunk.text.set(line, chunk.usedBytes)
      chunk.usedBytes += line.length
      return chunk.firstId + at
    },
  }
}

/** Lines as bytes and columns: no object for each, and a bound that holds whatever comes. */
export function createLogStore(limit: Limit = { lines: mostLines, bytes: mostBytes }): LogStore {
  const order: Order = { ids: new Float64Array(1024), length: 0 }
  const held = makeChunks(limit, order, drop)
  const { chunks } = held
  let dropped = 0
  let version = 0

  function drop({ count }: Chunk, firstId: number): void {
    dropped += count
    let kept = 0
    for (let i = 0; i < order.length; i++) if (order.ids[i]! >= firstId) order.ids[kept++] = order.ids[i]!
    order.length = kept
  }

  const store: LogStore = {
    order,
    chunks,
    get bytes() {
      return held.bytes()
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
    append(source, { count, times, sources, levels, lengths, text }, older = false) {
      const ids: number[] = []
      for (let i = 0, at = 0; i < count; at += lengths[i]!, i++)
        ids.push(held.add(source, sources[i]! & 3, times[i]!, levels[i]!, text.subarray(at, at + lengths[i]!)))
      // A chunk that had to go while they were added took its lines along.
      const kept = ids.filter((id) => held.has(id))
      mergeInto(order, kept, (id, other) => store.time(other) > store.time(id) && (older || store.source(other) !== source))
      version++
    },
    notice(source, timeMs, text, older = false) {
      const bytes = encoder.encode(text)
      const columns = { count: 1, times: Float64Array.of(timeMs), sources: Uint8Array.of(2), levels: Uint8Array.of(0) }
      store.append(source, { ...columns, lengths: Uint32Array.of(bytes.length), text: bytes }, older)
    },
    has: held.has,
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

/** Merges new ids from the end: what is in order costs nothing, what is late moves only the lines it goes before. */
function mergeInto(order: Order, ids: readonly number[], goesAfter: (id: number, other: number) => boolean): void {
  if (order.length + ids.length > order.ids.length) {
    const grown = new Float64Array(Math.ceil((order.length + ids.length) * 1.25))
    grown.set(order.ids.subarray(0, order.length))
    order.ids = grown
  }
  let from = order.length - 1
  let to = order.length + ids.length - 1
  order.length += ids.length
  for (let next = ids.length - 1; next >= 0; next--) {
    const id = ids[next]!
    while (from >= 0 && goesAfter(id, order.ids[from]!)) order.ids[to--] = order.ids[from--]!
    order.ids[to--] = id
  }
}

function newChunk(firstId: number): Chunk {
  return {
    firstId,
    count: 0,
    usedBytes: 0,
    text: new Uint8Array(chunkBytes),
    times: new Float64Array(chunkLines),
    origins: new Uint8Array(chunkLines),
    levels: new Uint8Array(chunkLines),
    offsets: new Uint32Array(chunkLines),
    lengths: new Uint32Array(chunkLines),
    marks: new Uint8Array(chunkLines),
    scanned: 0,
  }
}

/** A full chunk gives back what it did not use. */
function trim(chunk: Chunk): void {
  chunk.text = chunk.text.slice(0, chunk.usedBytes)
  for (const name of ['times', 'origins', 'levels', 'offsets', 'lengths', 'marks'] as const)
    Object.assign(chunk, { [name]: chunk[name].slice(0, chunk.count) })
}

function sizeOf(chunk: Chunk): number {
  return chunk.text.byteLength + chunk.times.length * (8 + 1 + 1 + 4 + 4 + 1)
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
