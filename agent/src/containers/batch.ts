import { assert } from '@fairlead/protocol/errors.ts'
import { encodeLogLines, goesOnBit, logBatchBytes, mostPieceBytes } from '@fairlead/protocol/wire/log-batch.ts'
import { slabFor } from '@fairlead/protocol/wire/slabs.ts'
import type { Line } from './split.ts'

const batchBytes = 32 * 1024
const lineOverhead = 14

/** Gathers lines into columns; `take` answers an encoded batch. Bytes are copied once, no string is made. */
export function createBatch() {
  const most = Math.floor(batchBytes / (lineOverhead + 1))
  const times = new Float64Array(most)
  const sources = new Uint8Array(most)
  const levels = new Uint8Array(most)
  const lengths = new Uint32Array(most)
  const text = Buffer.allocUnsafe(batchBytes)
  let count = 0
  let gathered = 0
  // Of lines whose first parts have left, by source: what a part in the middle says tells nothing.
  const carried: (number | undefined)[] = []

  return {
    get count() {
      return count
    },
    /** False: there is no room; take the batch first. */
    add({ timeMs, source, bytes, from, to, goesOn }: Line): boolean {
      const length = to - from
      assert(length <= mostPieceBytes, 'A line of a log is cut before it is gathered.')
      if (4 + gathered + length + lineOverhead * (count + 1) > batchBytes || count >= most) return false
      const level = carried[source] ?? levelOf(bytes, from, to)
      if (goesOn || carried[source] !== undefined) carried[source] = goesOn ? level : undefined
      times[count] = timeMs
      sources[count] = goesOn ? source | goesOnBit : source
      levels[count] = level
      lengths[count] = length
      bytes.copy(text, gathered, from, to)
      gathered += length
      count++
      return true
    },
    take(): Uint8Array {
      const said = text.subarray(0, gathered)
      const batch = encodeLogLines({ count, times, sources, levels, lengths, text: said }, slabFor(logBatchBytes(count, said)))
      count = 0
      gathered = 0
      return batch
    },
  }
}

const words: readonly (readonly [string, number])[] = [
  ['trace', 1],
  ['debug', 2],
  ['info', 3],
  ['notice', 3],
  ['warn', 4],
  ['error', 5],
  ['fatal', 6],
  ['panic', 6],
  ['crit', 6],
]
/** Which bytes a level word may begin with, in any case: every byte of every line is looked up here. */
const mayBegin = Uint8Array.from({ length: 256 }, (_, byte) => Number(words.some(([word]) => word.charCodeAt(0) === (byte | 0x20))))

const lookedAt = 120

/** A cheap guess: the first level word, in any case, that stands as a word of its own near the beginning of the line. */
function levelOf(bytes: Uint8Array, from: number, to: number): number {
  const end = Math.min(to, from + lookedAt)
  for (let i = from; i < end; i++) {
    if (mayBegin[bytes[i]!] === 0 || (i > from && isLetter(bytes[i - 1]!))) continue
    for (const [word, level] of words) if (i + word.length <= to && matches(bytes, i, word)) return level
  }
  return 0
}

function matches(bytes: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if ((bytes[at + i]! | 0x20) !== word.charCodeAt(i)) return false
  return true
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}
