import { plainLine } from './ansi.ts'
import type { Filter } from './filter.ts'

/** Lines of one chunk, as they are sent to the worker. */
export interface Block {
  readonly text: Uint8Array
  /** Into `text`. */
  readonly offsets: Uint32Array
  readonly lengths: Uint32Array
  readonly levels: Uint8Array
  /** source * 4 + stream */
  readonly origins: Uint8Array
}

const decoder = new TextDecoder()

/** 1 for each line that fits. Notices are nobody's log: they never count as found. */
export function matchBlock(filter: Filter, { text, offsets, lengths, levels, origins }: Block): Uint8Array {
  const marks = new Uint8Array(offsets.length)
  for (let i = 0; i < offsets.length; i++) {
    const stream = origins[i]! & 3
    if (stream === 2) continue
    const line = plainLine(decoder.decode(text.subarray(offsets[i]!, offsets[i]! + lengths[i]!)))
    if (filter.fits({ text: line, level: levels[i]!, stream })) marks[i] = 1
  }
  return marks
}
