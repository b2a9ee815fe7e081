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
const escape = 0x1b

/** 1 for each line that fits. Notices are nobody's log: they never count as found. */
export function matchBlock(filter: Filter, block: Block): Uint8Array {
  const marks = new Uint8Array(block.offsets.length)
  const look = (i: number) => {
    if (fits(filter, block, i)) marks[i] = 1
  }
  const [needle] = filter.needles.toSorted((a, b) => b.length - a.length)
  if (needle === undefined || !eachLineWith(needle, block, look)) for (let i = 0; i < marks.length; i++) look(i)
  return marks
}

function fits(filter: Filter, { text, offsets, lengths, levels, origins }: Block, i: number): boolean {
  const stream = origins[i]! & 3
  if (stream === 2) return false
  const line = plainLine(decoder.decode(text.subarray(offsets[i]!, offsets[i]! + lengths[i]!)))
  return filter.fits({ text: line, level: levels[i]!, stream })
}

/**
 * The lines in whose bytes the needle stands: one search over the whole block, which is what makes a million lines quick.
 * False where bytes are not what is shown: colours may cut a word in two, and beyond ASCII places of letters are not places of bytes.
 */
function eachLineWith(needle: string, { text, offsets, lengths }: Block, look: (line: number) => void): boolean {
  if (text.includes(escape)) return false
  const whole = decoder.decode(text).toLowerCase()
  if (whole.length !== text.length) return false
  let line = 0
  for (let at = whole.indexOf(needle); at >= 0; at = whole.indexOf(needle, at)) {
    while (line < offsets.length && offsets[line]! + lengths[line]! <= at) line++
    if (line === offsets.length) return true
    look(line)
    // The next one can only begin in a line behind this one.
    at = Math.max(at + 1, offsets[line]! + lengths[line]!)
  }
  return true
}
