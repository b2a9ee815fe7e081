import { FairleadError } from '@fairlead/protocol/errors.ts'
import { parseTimed } from './timed.ts'

export interface Line {
  readonly timeMs: number
  /** 0 stdout, 1 stderr. */
  readonly source: number
  /** Without the line end; valid until the next push. */
  readonly text: Uint8Array
  /** Too long for one batch: its next part is the next line of the same source. */
  readonly goesOn: boolean
}

/**
 * What the engine's bytes are wrapped in: frames of their own (no TTY), the chunks of HTTP/1.1, one for each thing it wrote (with a
 * TTY), or nothing.
 */
export type Wrapping = 'frames' | 'chunks' | 'bare'

/** One part of a line and the columns about it fill a batch of 32 KiB. */
export const mostPartBytes = 32 * 1024 - 18

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

/** Cuts the engine's log stream into lines; `timed` ones begin with their time. */
export function createSplitter(wrapping: Wrapping, timed = true) {
  const begun: readonly [Begun, Begun] = [
    { held: none, timeMs: undefined },
    { held: none, timeMs: undefined },
  ]

  /** `whole`: its end has come. Where it is cut depends on nothing but its text: a reader that comes back counts the same parts. */
  const emit = (bytes: Buffer, source: 0 | 1, whole: boolean, take: (line: Line) => void): Buffer => {
    const line = begun[source]
    let { timeMs } = line
    let at = 0
    if (timeMs === undefined) ({ timeMs, at } = timed ? parseTimed(bytes) : { timeMs: Date.now(), at: 0 })
    const end = whole && bytes.length > at && bytes[bytes.length - 1] === carriageReturn ? bytes.length - 1 : bytes.length
    // What has no end yet may end in a carriage return that is not part of it.
    while (end - at > mostPartBytes + (whole ? 0 : 1)) {
      const cut = beforeCharacter(bytes, at + mostPartBytes)
      take({ timeMs, source, text: bytes.subarray(at, cut), goesOn: true })
      at = cut
      line.timeMs = timeMs
    }
    if (!whole) return line.timeMs === undefined ? bytes : bytes.subarray(at)
    take({ timeMs, source, text: bytes.subarray(at, end), goesOn: false })
    line.timeMs = undefined
    return none
  }

  function lines(bytes: Buffer, source: 0 | 1, take: (line: Line) => void): void {
    const line = begun[source]
    let at = 0
    for (;;) {
      const end = bytes.indexOf(newline, at)
      if (end < 0) break
      const piece = bytes.subarray(at, end)
      line.held = emit(line.held.length === 0 ? piece : Buffer.concat([line.held, piece]), source, true, take)
      at = end + 1
    }
    if (at === bytes.length) return
    line.held = Buffer.concat([line.held, bytes.subarray(at)])
    if (line.held.length > mostPartBytes) line.held = emit(line.held, source, false, take)
  }

  /** What the engine wrote at once begins with a time, also in the middle of a line: Docker cuts at 16 KiB, Podman wherever it read. */
  function written(piece: Buffer, source: 0 | 1, take: (line: Line) => void): void {
    const { held, timeMs } = begun[source]
    const inside = timed && (held.length > 0 || timeMs !== undefined)
    lines(inside ? piece.subarray(parseTimed(piece).at) : piece, source, take)
  }

  const unwrap = wrapping === 'frames' ? frames(written) : wrapping === 'chunks' ? chunks(written) : undefined
  return {
    push(bytes: Buffer, take: (line: Line) => void): void {
      if (unwrap === undefined) lines(bytes, 0, take)
      else unwrap(bytes, take)
    },
    end(take: (line: Line) => void): void {
      for (const source of [0, 1] as const) {
        const { held, timeMs } = begun[source]
        if (held.length > 0 || timeMs !== undefined) begun[source].held = emit(held, source, true, take)
      }
    },
  }
}

type Written = (piece: Buffer, source: 0 | 1, take: (line: Line) => void) => void

const frameHeader = 8
/** An engine writes 16 KiB of a line at once, an exec what it read. */
const mostWrittenBytes = 4 * 1024 * 1024
/** Of the line before a chunk, with its extensions. */
const mostSizeBytes = 4096

function frames(written: Written) {
  let held: Buffer = none
  return (bytes: Buffer, take: (line: Line) => void): void => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    let at = 0
    while (held.length - at >= frameHeader) {
      const length = held.readUInt32BE(at + 4)
      if (length > mostWrittenBytes) throw malformed('a frame has more than 4 MiB')
      if (held.length - at < frameHeader + length) break
      written(held.subarray(at + frameHeader, at + frameHeader + length), held[at] === 2 ? 1 : 0, take)
      at += frameHeader + length
    }
    held = at === 0 ? held : held.subarray(at)
  }
}

function chunks(written: Written) {
  let held: Buffer = none
  return (bytes: Buffer, take: (line: Line) => void): void => {
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
