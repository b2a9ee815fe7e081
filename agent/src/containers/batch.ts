import { assert } from '@fairlead/protocol/errors.ts'
import { encodeLogLines, goesOnBit } from '@fairlead/protocol/wire/log-batch.ts'
import { mostPartBytes, type Line } from './split.ts'

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
  let bytes = 0
  // Of lines whose first parts have left, by source: what a part in the middle says tells nothing.
  const carried: (number | undefined)[] = []

  return {
    get count() {
      return count
    },
    /** False: there is no room; take the batch first. */
    add({ timeMs, source, text: line, goesOn }: Line): boolean {
      const { length } = line
      assert(length <= mostPartBytes, 'A line of a log is cut before it is gathered.')
      if (4 + bytes + length + lineOverhead * (count + 1) > batchBytes || count >= most) return false
      const level = carried[source] ?? levelOf(line)
      if (goesOn || carried[source] !== undefined) carried[source] = goesOn ? level : undefined
      times[count] = timeMs
      sources[count] = goesOn ? source | goesOnBit : source
      levels[count] = level
      lengths[count] = length
      text.set(line, bytes)
      bytes += length
      count++
      return true
    },
    take(): Uint8Array {
      const batch = encodeLogLines({ count, times, sources, levels, lengths, text: text.subarray(0, bytes) })
      count = 0
      bytes = 0
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
/** By first byte, in lower case: every byte of every line is looked up here. */
const byFirst: readonly (readonly (readonly [string, number])[] | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const own = words.filter(([word]) => word.charCodeAt(0) === (byte | 0x20))
  return own.length === 0 ? undefined : own
})

const lookedAt = 120

/** A cheap guess: the first level word, in any case, that stands as a word of its own near the beginning of the line. */
export function levelOf(line: Uint8Array): number {
  const end = Math.min(line.length, lookedAt)
  for (let i = 0; i < end; i++) {
    const candidates = byFirst[line[i]!]
    if (candidates === undefined || (i > 0 && isLetter(line[i - 1]!))) continue
    for (const [word, level] of candidates) if (matches(line, i, word)) return level
  }
  return 0
}

function matches(line: Uint8Array, at: number, word: string): boolean {
  for (let i = 1; i < word.length; i++) if (((line[at + i] ?? 0) | 0x20) !== word.charCodeAt(i)) return false
  return true
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}
