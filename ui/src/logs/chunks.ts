import type { LogLines } from '@fairlead/protocol/wire/log-batch.ts'

/** A chunk is full at so many bytes of text or so many lines, whichever comes first. */
const chunkBytes = 1024 * 1024
export const chunkLines = 16_384

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
  /** What the filter said: 1 fits. */
  marks: Uint8Array
  /** So many of its first lines were looked at by the filter, or are being looked at. */
  scanned: number
}

/** Lines that were stored together: their ids follow each other. */
export interface Run {
  readonly firstId: number
  readonly count: number
}

export interface Limit {
  readonly lines: number
  readonly bytes: number
}

/** Chunks and what is in them. `full` is asked with all their bytes before there is one more; `onDrop` is told of each that had to go. */
export function makeChunks(full: (bytes: number) => boolean, onDrop: (chunk: Chunk, firstId: number) => void) {
  const chunks: Chunk[] = []
  const bytes = () => chunks.reduce((total, chunk) => total + sizeOf(chunk), 0)

  function roomFor(length: number): Chunk {
    const last = chunks.at(-1)
    if (last !== undefined && last.count < chunkLines && last.usedBytes + length <= chunkBytes) return last
    if (last !== undefined) trim(last)
    const next = newChunk(last === undefined ? 0 : last.firstId + chunkLines)
    chunks.push(next)
    while (chunks.length > 1 && full(bytes())) onDrop(chunks.shift()!, chunks[0]!.firstId)
    return next
  }

  return {
    chunks,
    bytes,
    of: (id: number): Chunk => chunks[Math.floor(id / chunkLines) - chunks[0]!.firstId / chunkLines]!,
    has: (id: number) => chunks.length > 0 && id >= chunks[0]!.firstId && id < chunks.at(-1)!.firstId + chunks.at(-1)!.count,
    /** Stores lines from the one at `from` on, whose text begins at `at`: as many as go into one chunk, one at least. */
    add(source: number, { count, times, sources, levels, lengths, text }: LogLines, from: number, at: number): Run {
      const chunk = roomFor(Math.min(lengths[from]!, chunkBytes))
      const first = chunk.count
      const most = Math.min(count - from, chunkLines - first)
      let added = 0
      let end = chunk.usedBytes
      // A line longer than a whole chunk is cut; it is then alone in it.
      for (; added < most && (added === 0 || end + lengths[from + added]! <= chunkBytes); added++) {
        const length = Math.min(lengths[from + added]!, chunkBytes)
        chunk.offsets[first + added] = end
        chunk.lengths[first + added] = length
        chunk.origins[first + added] = source * 4 + (sources[from + added]! & 3)
        end += length
      }
      chunk.times.set(times.subarray(from, from + added), first)
      chunk.levels.set(levels.subarray(from, from + added), first)
      chunk.text.set(text.subarray(at, at + end - chunk.usedBytes), chunk.usedBytes)
      chunk.usedBytes = end
      chunk.count += added
      return { firstId: chunk.firstId + first, count: added }
    },
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
