import { Packr, Unpackr } from 'msgpackr/pack'
import { blockBytes, blockFrom, giveBlock, takeBlock } from './blocks.ts'
import { frame, type ControlFrame, type FrameCodec, type FrameWriter } from './frame.ts'
import { limits } from './limits.ts'
import { MalformedFrame, prescan } from './prescan.ts'

const options = { useRecords: false, mapsAsObjects: true, int64AsType: 'number' } as const
const packr = new Packr(options)
// Its types do not know the option: binary values are copied, since the message they came in may only be lent.
const unpackr = new Unpackr({ ...options, copyBuffers: true } as object)

/** `93 02 ce <sid u32> c5 <length u16>`: DATA is written and read at fixed places, never by the msgpack library. */
const dataHeader = 10
const replyHeader = 7

/** msgpack frames back to back, as hub and agent speak. One per process: it keeps no state between messages. */
export const msgpackCodec: FrameCodec = { name: 'fairlead.1', writer, decode, decodeReply: decodeValue }

/** One msgpack value that passed the strict scan; the whole of `bytes`. */
export function decodeValue(bytes: Uint8Array): unknown {
  if (prescan(bytes, 0, limits.largeReply) !== bytes.length) throw new MalformedFrame('something follows the value')
  return unpack(bytes)
}

export function encodeValue(value: unknown): Uint8Array {
  return packr.pack(value)
}

type Send = (message: Uint8Array, done?: () => void) => void

function writer(send: Send): FrameWriter {
  return new MessageWriter(send)
}

/** A class, not closures: a hub holds one for each of its agents. */
class MessageWriter implements FrameWriter {
  readonly #send: Send
  #parts: Uint8Array[] | undefined
  #total = 0

  constructor(send: Send) {
    this.#send = send
  }

  control(control: ControlFrame): void {
    this.#add(packr.pack(control))
  }

  data(sid: number, payload: Uint8Array): void {
    // Copied once, when the message is put together.
    const parts = (this.#parts ??= [])
    parts.push(headerOf(sid, payload.length), payload)
    this.#total += dataHeader + payload.length
    if (this.#total >= limits.gatherBytes) this.flush()
  }

  reply(sid: number, value: unknown): Uint8Array | undefined {
    const encoded = packr.pack(value)
    if (encoded.length > limits.replyBytes) return encoded
    const out = new Uint8Array(replyHeader + encoded.length)
    out.set([0x93, frame.reply, 0xce, sid >>> 24, (sid >>> 16) & 0xff, (sid >>> 8) & 0xff, sid & 0xff])
    out.set(encoded, replyHeader)
    this.#add(out)
    return undefined
  }

  flush(): void {
    const parts = this.#parts
    if (parts === undefined) return
    const total = this.#total
    this.#parts = undefined
    this.#total = 0
    if (parts.length === 1) return this.#send(parts[0]!)
    if (total < blockFrom || total > blockBytes) return this.#send(join(parts, new Uint8Array(total)))
    const block = takeBlock()
    this.#send(join(parts, block).subarray(0, total), () => giveBlock(block))
  }

  #add(part: Uint8Array): void {
    ;(this.#parts ??= []).push(part)
    this.#total += part.length
    if (this.#total >= limits.gatherBytes) this.flush()
  }
}

export function encodeData(sid: number, payload: Uint8Array): Uint8Array {
  return join([headerOf(sid, payload.length), payload], new Uint8Array(dataHeader + payload.length))
}

function headerOf(sid: number, length: number): Uint8Array {
  return Uint8Array.of(0x93, frame.data, 0xce, sid >>> 24, sid >>> 16, sid >>> 8, sid, 0xc5, length >>> 8, length)
}

function decode(message: Uint8Array | string, sink: Parameters<FrameCodec['decode']>[1]): void {
  if (typeof message === 'string') throw new MalformedFrame('a text message')
  if (message.length === 0) throw new MalformedFrame('an empty message')
  let at = 0
  while (at < message.length) {
    if (message[at] === 0x93 && message[at + 1] === frame.data) {
      at = data(message, at, sink)
      continue
    }
    const end = prescan(message, at)
    const control = unpack(message.subarray(at, end))
    if (!Array.isArray(control) || typeof control[0] !== 'number') throw new MalformedFrame('not a frame')
    sink.control(control as unknown as ControlFrame, end - at)
    at = end
  }
}

function data(message: Uint8Array, at: number, sink: Parameters<FrameCodec['decode']>[1]): number {
  if (message.length < at + dataHeader || message[at + 2] !== 0xce || message[at + 7] !== 0xc5)
    throw new MalformedFrame('a DATA frame out of shape')
  const sid = ((message[at + 3]! << 24) | (message[at + 4]! << 16) | (message[at + 5]! << 8) | message[at + 6]!) >>> 0
  const length = (message[at + 8]! << 8) | message[at + 9]!
  const end = at + dataHeader + length
  if (length === 0 || length > limits.dataBytes || end > message.length) throw new MalformedFrame('a DATA frame of a wrong length')
  sink.data(sid, message.subarray(at + dataHeader, end))
  return end
}

function unpack(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(bytes)
  } catch {
    // The library puts decoded content into its messages: none of it may travel.
    throw new MalformedFrame('not decodable')
  }
}

function join(parts: readonly Uint8Array[], out: Uint8Array): Uint8Array {
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
