import { blockBytes, blockFrom, giveBlock, takeBlock } from './blocks.ts'

/** The first byte of a whole binary message in one frame. */
const wholeBinary = 0x82
const mostHeaderBytes = 14

export interface MessageSink {
  /** A whole binary message of at most 128 KiB; the memory is lent, until this returns. */
  message(message: Uint8Array): void
  /** Everything else, in order and as it came: control frames, text, fragments, what is wrong or too large. */
  other(bytes: Uint8Array): void
}

/**
 * Cuts what a socket reads into WebSocket messages (RFC 6455) without keeping or copying anything but the message that has
 * not come whole. Knows the one kind of frame that matters here and where each of the others ends.
 */
export class MessageReader {
  readonly #masked: boolean
  readonly #sink: MessageSink
  /** What has come of a header that was cut. */
  #header: Uint8Array | undefined
  #headerBytes = 0
  /** What is still to come of the frame that was begun. */
  #left = 0
  /** It is put together here; undefined: it goes to `other`. */
  #whole: Uint8Array | undefined
  #filled = 0
  #mask = 0
  #fragmented = false

  /** `masked`: frames of the peer are, for this end accepted. */
  constructor(masked: boolean, sink: MessageSink) {
    this.#masked = masked
    this.#sink = sink
  }

  read(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) at = this.#left > 0 ? this.#goOn(bytes, at) : this.#begin(bytes, at)
  }

  #begin(bytes: Uint8Array, at: number): number {
    if (this.#headerBytes > 0) return this.#cutHeader(bytes, at)
    const size = headerSize(bytes, at, bytes.length - at)
    if (size === undefined || bytes.length - at < size) return this.#cutHeader(bytes, at)
    return this.#frame(bytes, at, size, bytes, at + size)
  }

  /** A header that did not come whole, byte by byte. */
  #cutHeader(bytes: Uint8Array, at: number): number {
    const header = (this.#header ??= new Uint8Array(mostHeaderBytes))
    header[this.#headerBytes++] = bytes[at]!
    const size = headerSize(header, 0, this.#headerBytes)
    if (size === undefined || this.#headerBytes < size) return at + 1
    this.#headerBytes = 0
    return this.#frame(header, 0, size, bytes, at + 1)
  }

  /** Its header is whole, at `headerAt` in `header`; what follows is in `bytes` from `at` on. Answers how far it read. */
  #frame(header: Uint8Array, headerAt: number, size: number, bytes: Uint8Array, at: number): number {
    const first = header[headerAt]!
    const masked = header[headerAt + 1]! >= 0x80
    const length = payloadLength(header, headerAt)
    if (first !== wholeBinary || masked !== this.#masked || length === 0 || length > blockBytes || this.#fragmented) {
      const opcode = first & 0x0f
      if (opcode <= 2) this.#fragmented = first < 0x80
      this.#sink.other(header.slice(headerAt, headerAt + size))
      this.#left = length
      return at
    }
    this.#mask = masked ? readMask(header, headerAt + size - 4) : 0
    const end = at + length
    if (end <= bytes.length) {
      const message = bytes.subarray(at, end)
      if (this.#mask !== 0) unmask(message, this.#mask)
      this.#sink.message(message)
      return end
    }
    this.#whole = length < blockFrom ? new Uint8Array(length) : takeBlock()
    this.#filled = 0
    this.#left = length
    return at
  }

  #goOn(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left)
    const part = bytes.subarray(at, end)
    this.#left -= part.length
    const whole = this.#whole
    if (whole === undefined) {
      this.#sink.other(part.slice())
      return end
    }
    whole.set(part, this.#filled)
    this.#filled += part.length
    if (this.#left > 0) return end
    this.#whole = undefined
    const message = whole.subarray(0, this.#filled)
    if (this.#mask !== 0) unmask(message, this.#mask)
    this.#sink.message(message)
    if (whole.length === blockBytes) giveBlock(whole)
    return end
  }
}

/** Of the header at `at`; undefined: the two bytes that tell have not come. */
function headerSize(bytes: Uint8Array, at: number, have: number): number | undefined {
  if (have < 2) return undefined
  const second = bytes[at + 1]!
  const length = second & 0x7f
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second >= 0x80 ? 4 : 0)
}

function payloadLength(bytes: Uint8Array, at: number): number {
  const short = bytes[at + 1]! & 0x7f
  if (short < 126) return short
  let length = 0
  for (let i = at + 2; i < at + (short === 126 ? 4 : 10); i++) length = length * 256 + bytes[i]!
  return length
}

function readMask(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

function unmask(message: Uint8Array, mask: number): void {
  for (let i = 0; i < message.length; i++) message[i]! ^= (mask >>> (24 - (i & 3) * 8)) & 0xff
}
