import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { limits } from './limits.ts'
import { MessageReader } from './reader.ts'
import { overSocket, type SocketLike } from './socket.ts'
import type { Transport } from './transport.ts'
import { wholeFrame, writeFrame } from './ws-frame.ts'

/**
 * What `ws` may take of a peer, at either end. A message in fragments, or in reads of a few bytes, costs hundreds of bytes of
 * memory for each piece: 128 KiB of them were 13 MiB, before anybody was known. (Its types do not know all of them yet.)
 */
export const wsLimits: object = { perMessageDeflate: false, maxPayload: limits.messageBytes, ...limits.webSocket }

/** One read takes so much at most. */
const readBytes = 256 * 1024

/** What `ws` keeps to itself and is read here. */
interface Inside {
  readonly _socket?: Socket
  readonly _receiver?: Writable
  readonly _isServer?: boolean
}

/** All sockets of a process read into this: what one reads is used up before the next one reads. Made when first needed. */
let shared: Uint8Array<ArrayBuffer> | undefined

/** A transport over an open WebSocket of `ws`, whose messages are lent. */
export function overWs(socket: SocketLike): Transport {
  const transport = overSocket(socket, 'nodebuffer')
  const { _socket: raw, _isServer: accepted } = socket as Inside
  const lends = readAhead(socket, (message) => transport.onMessage(message))
  if (raw === undefined) return Object.assign(transport, { lends })
  const { send } = transport
  return Object.assign(transport, {
    lends,
    // Ahead of `ws` as well: it makes a header, an object of options and two pieces of each message, and nothing here is fragmented or packed by it.
    send(message: Uint8Array | string, done?: () => void) {
      if (typeof message === 'string' || accepted !== true) return send(message, done)
      if (socket.readyState === 1) writeFrame(raw, wholeFrame.binary, message, { masked: false, done })
    },
    cork: () => raw.cork(),
    uncork: () => raw.uncork(),
  })
}

/**
 * Reads the socket of a `ws` ahead of it: whole binary messages go straight to `onMessage`, lent until it returns; all else
 * goes to `ws`, which keeps everything that is a WebSocket's duty. False: this is no socket of `ws`, nothing was changed.
 */
function readAhead(socket: object, onMessage: (message: Uint8Array) => void): boolean {
  const { _socket: raw, _receiver: receiver, _isServer: masked } = socket as Inside
  if (raw === undefined || receiver === undefined || masked === undefined) return false
  // After what is wrong, and after the peer's close, nothing is heard.
  const over = () => receiver.errored !== null || receiver.writableEnded
  const reader = new MessageReader({
    masked,
    onMessage: (message) => void (over() || onMessage(message)),
    onOther: (bytes) => void (over() || receiver.write(bytes)),
  })
  const read = (bytes: Uint8Array) => reader.read(bytes)
  // What came with the upgrade still waits, and is heard first.
  raw.removeAllListeners('data').on('data', (chunk: Buffer) => read(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)))
  shared ??= new Uint8Array(readBytes)
  readInto(raw, shared, read)
  return true
}

/**
 * Node reads into memory that it is given (`onread`) for whoever dials, and for nobody who accepts: this does afterwards what
 * that option does. Without it every read is 64 KiB of new memory. Where Node knows it no more, all goes on as it was.
 */
export function readInto(socket: Socket, memory: Uint8Array, read: (bytes: Uint8Array) => void): void {
  const symbols = Object.getOwnPropertySymbols(socket)
  const [buffer, callback] = ['kBuffer', 'kBufferCb'].map((name) => symbols.find(({ description }) => description === name))
  const inside = socket as unknown as Record<symbol, unknown> & { readonly _handle?: { useUserBuffer?(memory: Uint8Array): void } }
  if (buffer === undefined || callback === undefined || inside._handle?.useUserBuffer === undefined) return
  inside[buffer] = memory
  inside[callback] = (bytes: number) => {
    read(memory.subarray(0, bytes))
    return true
  }
  inside._handle.useUserBuffer(memory)
}
