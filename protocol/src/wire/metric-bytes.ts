import { FairleadError } from '../errors.ts'

const text = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Appends to one growing buffer; `take` hands over what is there and begins anew. */
export interface ByteWriter {
  readonly length: number
  u8(value: number): void
  f64(value: number): void
  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the low ones first. */
  varint(value: number): void
  /** A text behind its length in bytes. */
  text(value: string): void
  /** A row of bits, eight a byte, the first one lowest. */
  bits(count: number, isSet: (index: number) => boolean): void
  append(bytes: Uint8Array): void
  /** All that another one holds, which then is empty. */
  drain(other: ByteWriter): void
  /** What is there, without a copy: only until the next write. */
  peek(): Uint8Array
  clear(): void
  take(): Uint8Array
}

export function createByteWriter(): ByteWriter {
  let buffer = new Uint8Array(256)
  let view = new DataView(buffer.buffer)
  let at = 0
  const room = (count: number) => {
    if (at + count <= buffer.length) return
    const larger = new Uint8Array(Math.max(buffer.length * 2, at + count))
    larger.set(buffer)
    buffer = larger
    view = new DataView(buffer.buffer)
  }
  const varint = (value: number) => {
    room(8)
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 128
    buffer[at++] = rest
  }
  const append = (bytes: Uint8Array) => {
    room(bytes.length)
    buffer.set(bytes, at)
    at += bytes.length
  }
  return {
    get length() {
      return at
    },
    u8(value) {
      room(1)
      buffer[at++] = value
    },
    f64(value) {
      room(8)
      view.setFloat64(at, value, true)
      at += 8
    },
    varint,
    text(value) {
      const bytes = text.encode(value)
      varint(bytes.length)
      append(bytes)
    },
    bits(count, isSet) {
      room(Math.ceil(count / 8))
      for (let from = 0; from < count; from += 8) {
        let byte = 0
        for (let i = from; i < Math.min(count, from + 8); i++) if (isSet(i)) byte |= 1 << (i - from)
        buffer[at++] = byte
      }
    },
    append,
    drain(other) {
      append(other.peek())
      other.clear()
    },
    peek: () => buffer.subarray(0, at),
    clear() {
      at = 0
    },
    take() {
      const taken = buffer.slice(0, at)
      at = 0
      return taken
    },
  }
}

export interface ByteReader {
  readonly left: number
  u8(): number
  f64(): number
  varint(): number
  text(mostBytes: number): string
  /** Which of so many bits are set, rising. */
  bits(count: number): number[]
}

/** Throws `invalid_input` for what is too short, too long or no text. */
export function createByteReader(bytes: Uint8Array): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (count: number) => {
    if (at + count > bytes.length) throw malformed()
    at += count
    return at - count
  }
  return {
    get left() {
      return bytes.length - at
    },
    u8: () => bytes[take(1)]!,
    f64: () => view.getFloat64(take(8), true),
    varint() {
      let value = 0
      for (let scale = 1; scale < 2 ** 56; scale *= 128) {
        const byte = bytes[take(1)]!
        value += (byte & 127) * scale
        if (value > Number.MAX_SAFE_INTEGER) break
        if (byte < 128) return value
      }
      throw malformed()
    },
    text(mostBytes) {
      const length = this.varint()
      if (length > mostBytes) throw malformed()
      const start = take(length)
      try {
        return utf8.decode(bytes.subarray(start, start + length))
      } catch {
        throw malformed()
      }
    },
    bits(count) {
      const set: number[] = []
      const start = take(Math.ceil(count / 8))
      for (let i = 0; i < count; i++) if (((bytes[start + (i >> 3)]! >> (i & 7)) & 1) === 1) set.push(i)
      return set
    },
  }
}

/** Whether a text takes at most so many bytes. Encodes it only where its length does not tell. */
export function fits(value: string, mostBytes: number): boolean {
  return value.length * 3 <= mostBytes || (value.length <= mostBytes && text.encode(value).length <= mostBytes)
}

export const zigzag = (value: number) => (value < 0 ? -value * 2 - 1 : value * 2)
export const unzigzag = (value: number) => (value % 2 === 1 ? -(value + 1) / 2 : value / 2)

export function malformed(): FairleadError {
  return new FairleadError('invalid_input', 'A batch of metrics is malformed.')
}
