import { frame, type ControlFrame, type FrameCodec, type FrameWriter } from './frame.ts'
import { limits } from './limits.ts'
import { MalformedFrame } from './prescan.ts'

const header = 5
const utf8 = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true })

/**
 * What consoles speak: a text message is a JSON array of control frames, a binary one is `02 <sid u32> <bytes>`, one DATA
 * frame. Keys of 16 bytes travel as 32 hex digits.
 */
export const jsonCodec: FrameCodec = { name: 'fairlead.1+json', writer, decode, decodeReply }

/** Messages of bulk go in memory that is used again, as in `blocks.ts`; a browser never says that it is done, and makes new. */
const free: Uint8Array[] = []
const mostFree = 64
const largest = header + limits.dataBytes
const reusedFrom = limits.dataBytes / 2

function writer(send: (message: Uint8Array | string, done?: () => void) => void): FrameWriter {
  let controls: ControlFrame[] = []
  const flush = () => {
    if (controls.length === 0) return
    const message = JSON.stringify(controls, hexKeys)
    controls = []
    send(message)
  }
  return {
    control: (control) => void controls.push(control),
    data(sid, payload) {
      flush()
      const reused = payload.length >= reusedFrom
      const out = reused ? (free.pop() ?? new Uint8Array(largest)) : new Uint8Array(header + payload.length)
      out.set([frame.data, sid >>> 24, sid >>> 16, sid >>> 8, sid])
      out.set(payload, header)
      if (reused) send(out.subarray(0, header + payload.length), () => void (free.length < mostFree && free.push(out)))
      else send(out)
    },
    reply(sid, value) {
      const text = JSON.stringify(value) ?? 'null'
      if (text.length * 3 > limits.replyBytes) {
        const encoded = utf8.encode(text)
        if (encoded.length > limits.replyBytes) return encoded
      }
      flush()
      send(`[[${frame.reply},${sid},${text}]]`)
      return undefined
    },
    flush,
  }
}

function decodeReply(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(strict.decode(bytes))
  } catch {
    throw new MalformedFrame('not JSON')
  }
}

/** Asks the holder: a Buffer would already have turned itself into an object. */
function hexKeys(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key]
  return original instanceof Uint8Array ? toHex(original) : value
}

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

function fromHex(text: string): Uint8Array {
  const out = new Uint8Array(text.length >> 1)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return out
}

function decode(message: Uint8Array | string, sink: Parameters<FrameCodec['decode']>[1]): void {
  if (typeof message !== 'string') {
    if (message[0] !== frame.data || message.length <= header || message.length > header + limits.dataBytes)
      throw new MalformedFrame('a DATA frame out of shape')
    const sid = new DataView(message.buffer, message.byteOffset, message.length).getUint32(1)
    return sink.data(sid, message.subarray(header))
  }
  if (message.length > limits.messageBytes) throw new MalformedFrame('a message that is too long')
  const controls = parse(message)
  for (const control of controls) {
    if (!Array.isArray(control) || typeof control[0] !== 'number') throw new MalformedFrame('not a frame')
    if (control[0] === frame.open) restoreKeys(control[4])
    // Only a message that is large at all can hold a frame that is too large.
    const bytes = message.length <= limits.signalBytes ? message.length : utf8.encode(JSON.stringify(control, hexKeys)).length
    sink.control(control as unknown as ControlFrame, bytes)
  }
}

/** JSON.parse is bounded by the message's size; depth and node count are checked as for msgpack. */
function parse(message: string): readonly unknown[] {
  let value: unknown
  try {
    value = JSON.parse(message)
  } catch {
    throw new MalformedFrame('not JSON')
  }
  if (!Array.isArray(value) || value.length === 0) throw new MalformedFrame('not a list of frames')
  checkShape(value, 0, { nodes: 0 })
  return value
}

function checkShape(value: unknown, depth: number, seen: { nodes: number }): void {
  if (++seen.nodes > limits.nodes) throw new MalformedFrame('too many values')
  if (depth > limits.depth + 1) throw new MalformedFrame('too deep')
  if (Array.isArray(value)) {
    if (value.length > limits.arrayItems) throw new MalformedFrame('too many items')
    for (const item of value) checkShape(item, depth + 1, seen)
  } else if (typeof value === 'object' && value !== null) {
    if (Object.hasOwn(value, '__proto__')) throw new MalformedFrame('a key that no map may have')
    for (const item of Object.values(value)) checkShape(item, depth + 1, seen)
  }
}

function restoreKeys(meta: unknown): void {
  if (typeof meta !== 'object' || meta === null) return
  const record = meta as Record<string, unknown>
  for (const key of ['k', 'i']) {
    const value = record[key]
    if (typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)) record[key] = fromHex(value)
  }
}
