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

/** Throws `invalid_input` for what is too short, too long or no text. A class: a hub makes one for each sample of its fleet. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #view: DataView | undefined
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  f64(): number {
    const { buffer, byteOffset, byteLength } = this.#bytes
    this.#view ??= new DataView(buffer, byteOffset, byteLength)
    return this.#view.getFloat64(this.#take(8), true)
  }

  varint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 56; scale *= 128) {
      const byte = this.#bytes[this.#take(1)]!
      value += (byte & 127) * scale
      if (value > Number.MAX_SAFE_INTEGER) break
      if (byte < 128) return value
    }
    throw malformed()
  }

  text(mostBytes: number): string {
    const length = this.varint()
    if (length > mostBytes) throw malformed()
    const start = this.#take(length)
    try {
      return utf8.decode(this.#bytes.subarray(start, start + length))
    } catch {
      throw malformed()
    }
  }

  /** Which of so many bits are set, rising. */
  bits(count: number): number[] {
    const set: number[] = []
    const start = this.#take(Math.ceil(count / 8))
    for (let i = 0; i < count; i++) if (((this.#bytes[start + (i >> 3)]! >> (i & 7)) & 1) === 1) set.push(i)
    return set
  }

  #take(count: number): number {
    if (this.#at + count > this.#bytes.length) throw malformed()
    this.#at += count
    return this.#at - count
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
