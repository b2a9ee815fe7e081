import { FairleadError } from '@fairlead/protocol/errors.ts'
import { mostPieceBytes } from '@fairlead/protocol/wire/log-batch.ts'
import { parseTimed } from './timed.ts'

/** One object for all lines: whoever takes it keeps nothing of it. */
export interface Line {
  readonly timeMs: number
  /** 0 stdout, 1 stderr. */
  readonly source: number
  /** Its text is `bytes` from `from` to `to`, without the line end. */
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
  /** Too long for one batch: its next part is the next line of the same source. */
  readonly goesOn: boolean
}

/**
 * What the engine's bytes are wrapped in: frames of their own (no TTY), the chunks of HTTP/1.1, one for each thing it wrote (with a
 * TTY), or nothing.
 */
export type Wrapping = 'frames' | 'chunks' | 'bare'

const newline = 10
const carriageReturn = 13
const none = Buffer.alloc(0)

/** A line that has not come whole. */
interface Begun {
  /** What has come of it and was not passed on, with the time before it. */
  held: Buffer
  /** Parts of it were passed on: its time. */
  timeMs: number | undefined
}

/** Cuts the engine's log stream into lines; each begins with its time, which is taken from it. */
export function createSplitter(wrapping: Wrapping) {
  const begun: readonly [Begun, Begun] = [
    { held: none, timeMs: undefined },
    { held: none, timeMs: undefined },
  ]

  const line = { timeMs: 0, source: 0, bytes: none as Buffer, from: 0, to: 0, goesOn: false }
  function give(bytes: Buffer, from: number, to: number, timeMs: number, source: number, goesOn: boolean, take: Take): void {
    line.timeMs = timeMs
    line.source = source
    line.bytes = bytes
    line.from = from
    line.to = to
    line.goesOn = goesOn
    take(line)
  }

  /**
   * Takes bytes from `from` to `to`; answers how far. `whole`: the line's end has come. Where it is cut depends on nothing but its text: a
   * reader that comes back counts the same parts.
   */
  function emit(bytes: Buffer, from: number, to: number, source: 0 | 1, whole: boolean, take: Take): number {
    const own = begun[source]
    let { timeMs } = own
    let at = from
    if (timeMs === undefined) ({ timeMs, at } = parseTimed(bytes, from, to))
    const end = whole && to > at && bytes[to - 1] === carriageReturn ? to - 1 : to
    // What has no end yet may end in a carriage return that is not part of it.
    while (end - at > mostPieceBytes + (whole ? 0 : 1)) {
      const cut = beforeCharacter(bytes, at + mostPieceBytes)
      give(bytes, at, cut, timeMs, source, true, take)
      at = cut
      own.timeMs = timeMs
    }
    if (!whole) return own.timeMs === undefined ? from : at
    give(bytes, at, end, timeMs, source, false, take)
    own.timeMs = undefined
    return to
  }

  function lines(bytes: Buffer, source: 0 | 1, take: Take): void {
    const own = begun[source]
    let at = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, at)) {
      if (own.held.length === 0) emit(bytes, at, end, source, true, take)
      else {
        const whole = Buffer.concat([own.held, bytes.subarray(at, end)])
        own.held = none
        emit(whole, 0, whole.length, source, true, take)
      }
      at = end + 1
    }
    if (at === bytes.length) return
    own.held = Buffer.concat([own.held, bytes.subarray(at)])
    if (own.held.length > mostPieceBytes) own.held = own.held.subarray(emit(own.held, 0, own.held.length, source, false, take))
  }

  /** What the engine wrote at once begins with a time, also in the middle of a line: Docker cuts at 16 KiB, Podman wherever it read. */
  function written(piece: Buffer, source: 0 | 1, take: Take): void {
    const { held, timeMs } = begun[source]
    const inside = held.length > 0 || timeMs !== undefined
    lines(inside ? piece.subarray(parseTimed(piece).at) : piece, source, take)
  }

  const unwrap = wrapping === 'frames' ? frames(written) : wrapping === 'chunks' ? chunks(written) : undefined
  return {
    push(bytes: Buffer, take: Take): void {
      if (unwrap === undefined) lines(bytes, 0, take)
      else unwrap(bytes, take)
    },
    end(take: Take): void {
      for (const source of [0, 1] as const) {
        const { held, timeMs } = begun[source]
        begun[source].held = none
        if (held.length > 0 || timeMs !== undefined) emit(held, 0, held.length, source, true, take)
      }
    },
  }
}

type Take = (line: Line) => void
type Written = (piece: Buffer, source: 0 | 1, take: Take) => void

export const frameHeader = 8
/** An engine writes 16 KiB of a line at once, an exec what it read. */
const mostWrittenBytes = 4 * 1024 * 1024
/** Of the line before a chunk, with its extensions. */
const mostSizeBytes = 4096

function frames(written: Written) {
  const held = createHeld()
  return (bytes: Buffer, take: Take): void => {
    let at = 0
    for (;;) {
      // What began with the bytes before is put together first, in memory of its own.
      if (held.length > 0) {
        at = held.fill(bytes, at, frameHeader)
        if (held.length >= frameHeader) at = held.fill(bytes, at, frameHeader + lengthOfFrame(held.bytes, 0))
        if (held.length < frameHeader || held.length < frameHeader + lengthOfFrame(held.bytes, 0)) return
        pass(held.bytes, 0, held.length, take)
        held.clear()
      }
      if (bytes.length - at < frameHeader) break
      const end = at + frameHeader + lengthOfFrame(bytes, at)
      if (end > bytes.length) break
      pass(bytes, at, end, take)
      at = end
    }
    held.fill(bytes, at, bytes.length - at)
  }
  function pass(bytes: Buffer, at: number, end: number, take: Take): void {
    written(bytes.subarray(at + frameHeader, end), bytes[at] === 2 ? 1 : 0, take)
  }
}

/** Of the frame that begins there. */
export function lengthOfFrame(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at + 4)
  if (length > mostWrittenBytes) throw malformed('a frame has more than 4 MiB')
  return length
}

/** The memory is used again and again: that of a whole read each time is what a collector spends a flood on. */
const keptBytes = 64 * 1024

function createHeld() {
  let memory: Buffer = none
  let length = 0
  return {
    get length() {
      return length
    },
    get bytes() {
      return memory
    },
    /** Takes bytes from `at` on until it has `wanted`; answers how far. */
    fill(bytes: Buffer, at: number, wanted: number): number {
      const end = Math.min(bytes.length, at + Math.max(0, wanted - length))
      const most = length + end - at
      if (most > memory.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(keptBytes, 2 * memory.length, most))
        memory.copy(grown, 0, 0, length)
        memory = grown
      }
      bytes.copy(memory, length, at, end)
      length = most
      return end
    },
    clear(): void {
      length = 0
      if (memory.length > keptBytes) memory = none
    },
  }
}

function chunks(written: Written) {
  let held: Buffer = none
  return (bytes: Buffer, take: Take): void => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    let at = 0
    for (;;) {
      const sizeEnd = held.indexOf(newline, at)
      if (sizeEnd < 0 && held.length - at > mostSizeBytes) throw malformed('the size of a chunk has no end')
      if (sizeEnd < 0) break
      const length = Number.parseInt(held.toString('latin1', at, sizeEnd), 16)
      if (!(length >= 0 && length <= mostWrittenBytes)) throw malformed('the size of a chunk is no number up to 4 MiB')
      const end = sizeEnd + 1 + length
      // Behind it stands one more line end.
      if (held.length < end + 2) break
      if (length > 0) written(held.subarray(sizeEnd + 1, end), 0, take)
      at = end + 2
    }
    held = at === 0 ? held : held.subarray(at)
  }
}

function malformed(what: string): FairleadError {
  return new FairleadError('bad_upstream', `The engine’s log is malformed: ${what}. Restart the engine if it goes on so.`)
}

/** A place at or up to three bytes before this one that is not in the middle of a character of UTF-8. */
function beforeCharacter(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back++) if ((bytes[at - back]! & 0xc0) !== 0x80) return at - back
  return at
}
