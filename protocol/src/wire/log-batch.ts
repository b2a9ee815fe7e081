import type { ItemCodec } from '../contract.ts'
import { FairleadError } from '../errors.ts'

/**
 * Log lines as columns, little-endian: u32 count, f64 times (ms since the epoch, with the fraction), u8 sources,
 * u8 levels, u32 lengths, then the lines' UTF-8 bytes back to back, without line ends. 4 + 14 B a line + text, <= 32 KiB.
 */
export interface LogLines {
  readonly count: number
  readonly times: Float64Array
  /**
   * 0 stdout, 1 stderr, 2 a notice of the agent itself (gap, reason of the end), in the low two bits. With `goesOnBit`: the line was
   * too long for one item, and the next one of the same source goes on with it.
   */
  readonly sources: Uint8Array
  /** 0 unknown, 1 trace, 2 debug, 3 info, 4 warn, 5 error, 6 fatal. */
  readonly levels: Uint8Array
  readonly lengths: Uint32Array
  /** All lines back to back, as bytes: they may hold any bytes the program wrote. */
  readonly text: Uint8Array
}

export const goesOnBit = 0x80

const header = 4
const perLine = 14

/** Into memory of `logBatchBytes`, where it is given: every byte of it is written. */
export function encodeLogLines(
  { count, times, sources, levels, lengths, text }: LogLines,
  out = new Uint8Array(logBatchBytes(count, text)),
) {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  view.setUint32(0, count, true)
  for (let i = 0; i < count; i++) view.setFloat64(header + 8 * i, times[i]!, true)
  out.set(sources.subarray(0, count), header + 8 * count)
  out.set(levels.subarray(0, count), header + 9 * count)
  for (let i = 0; i < count; i++) view.setUint32(header + 10 * count + 4 * i, lengths[i]!, true)
  out.set(text, header + perLine * count)
  return out
}

/** The most text of one item. */
export const mostPieceBytes = 32 * 1024 - header - perLine

/** Of an item of one entry. */
export function logPieceBytes(length: number): number {
  return header + perLine + length
}

/** Makes an item of one entry of what stands in `item` behind its columns: text that goes on, as it was written, line ends and all. */
export function writeLogPiece(item: Uint8Array, { timeMs, source }: { readonly timeMs: number; readonly source: number }): void {
  const view = new DataView(item.buffer, item.byteOffset, item.byteLength)
  view.setUint32(0, 1, true)
  view.setFloat64(header, timeMs, true)
  item[header + 8] = source | goesOnBit
  item[header + 9] = 0
  view.setUint32(header + 10, item.length - logPieceBytes(0), true)
}

export function logBatchBytes(count: number, text: Uint8Array): number {
  return header + perLine * count + text.length
}

export function decodeLogLines(payload: Uint8Array): LogLines {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const count = payload.length < header ? -1 : view.getUint32(0, true)
  if (count < 0 || payload.length < header + perLine * count) throw malformed()
  const times = new Float64Array(count)
  const lengths = new Uint32Array(count)
  let total = 0
  for (let i = 0; i < count; i++) {
    times[i] = view.getFloat64(header + 8 * i, true)
    lengths[i] = view.getUint32(header + 10 * count + 4 * i, true)
    total += lengths[i]!
  }
  const text = payload.subarray(header + perLine * count)
  if (total !== text.length) throw malformed()
  return {
    count,
    times,
    sources: payload.subarray(header + 8 * count, header + 9 * count),
    levels: payload.subarray(header + 9 * count, header + 10 * count),
    lengths,
    text,
  }
}

function malformed(): FairleadError {
  return new FairleadError('invalid_input', 'A batch of log lines is malformed.')
}

/** A batch travels encoded from the agent to the console: whoever wants lines decodes them, the hub never does. */
export const logBatch: ItemCodec<Uint8Array> = { mode: 'items', encode: (item) => item, decode: (payload) => payload }
