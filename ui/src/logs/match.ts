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

const utf8 = new TextDecoder()
/** One character for each byte: a place in the text is a place in the bytes. */
const bytewise = new TextDecoder('latin1')
const printable = /^[ -~]+$/

/** 1 for each line that fits. Notices are nobody's log: they never count as found. */
export function matchBlock(filter: Filter, block: Block): Uint8Array {
  const { text, offsets, lengths, levels, origins } = block
  const marks = new Uint8Array(offsets.length)
  const whole = bytewise.decode(text)
  const odd = oddLines(block)
  const [needle] = filter.needles.toSorted((a, b) => b.length - a.length)
  const quick = needle !== undefined && printable.test(needle)
  const look = (i: number) => {
    const start = offsets[i]!
    const end = start + lengths[i]!
    // Colours, letters beyond ASCII and what hides in a line: what is shown is not what is there.
    const line = odd[i] === 1 ? plainLine(utf8.decode(text.subarray(start, end))) : whole.slice(start, end)
    if (filter.fits({ text: line, level: levels[i]!, stream: origins[i]! & 3 })) marks[i] = 1
  }
  for (let i = 0; i < marks.length; i++) if ((!quick || odd[i] === 1) && (origins[i]! & 3) !== 2) look(i)
  if (quick)
    eachLineWith(needle, whole, block, (i) => {
      if (odd[i] === 1 || (origins[i]! & 3) === 2) return
      if (filter.oneWord) marks[i] = 1
      else look(i)
    })
  return marks
}

/** The lines in whose bytes the needle stands: one search over the whole block, which is what makes a million lines quick. */
function eachLineWith(needle: string, whole: string, { offsets, lengths }: Block, found: (line: number) => void): void {
  const search = new RegExp(needle.replaceAll(/\W/g, String.raw`\$&`), 'gi')
  let line = 0
  while (search.test(whole)) {
    const at = search.lastIndex - needle.length
    while (line < offsets.length && offsets[line]! + lengths[line]! <= at) line++
    if (line === offsets.length) return
    const end = offsets[line]! + lengths[line]!
    // Only two lines made it together, unless it is whole within this one.
    if (at + needle.length <= end) {
      found(line)
      search.lastIndex = end
    } else search.lastIndex = at + 1
  }
}

/** 1 for each line with a byte that is not printable ASCII, or a tab. */
function oddLines({ text, offsets, lengths }: Block): Uint8Array {
  const odd = new Uint8Array(offsets.length)
  const aligned = text.byteOffset % 4 === 0 ? text : text.slice()
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2)
  let line = 0
  const mark = (at: number) => {
    const byte = text[at]!
    if (byte === 0x09 || (byte >= 0x20 && byte <= 0x7e)) return
    while (line < offsets.length && offsets[line]! + lengths[line]! <= at) line++
    if (line < offsets.length) odd[line] = 1
  }
  // Four bytes at once: the high bit, less than 0x20 or 0x7f; it may say too much (a tab), never too little.
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (((word | ((word - 0x20202020) & ~word) | (word + 0x01010101)) & 0x80808080) === 0) continue
    for (let at = 4 * i; at < 4 * i + 4; at++) mark(at)
  }
  for (let at = 4 * words.length; at < text.length; at++) mark(at)
  return odd
}
