import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { limits } from './limits.ts'
import { MessageReader, type MessageSink } from './reader.ts'
import { SocketTransport, type SocketLike } from './socket.ts'
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
  const { _socket: raw, _receiver: receiver, _isServer: accepted } = socket as Inside
  // No socket of `ws`, or of one that has changed: nothing is read ahead of it.
  if (raw === undefined || receiver === undefined || accepted === undefined) return new SocketTransport(socket, 'nodebuffer')
  return new WsTransport(socket as SocketLike & Required<Inside>)
}

/**
 * Reads the socket of a `ws` ahead of it: whole binary messages go straight to `onMessage`, lent until it returns; all else
 * goes to `ws`, which keeps everything that is a WebSocket's duty. A class, not closures: a hub has one of each of its agents.
 */
class WsTransport extends SocketTransport<SocketLike & Required<Inside>> implements MessageSink {
  override readonly lends = true

  constructor(socket: SocketLike & Required<Inside>) {
    super(socket, 'nodebuffer')
    const { _socket: raw, _isServer: masked } = socket
    const reader = new MessageReader(masked, this)
    // What came with the upgrade still waits, and is heard first.
    raw.removeAllListeners('data').on('data', (chunk: Buffer) => reader.read(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)))
    shared ??= new Uint8Array(readBytes)
    readInto(raw, shared, (bytes) => reader.read(bytes))
  }

  message(message: Uint8Array): void {
    if (!this.#over) this.onMessage(message)
  }

  other(bytes: Uint8Array): void {
    if (!this.#over) this.socket._receiver.write(bytes)
  }

  /** After what is wrong, and after the peer's close, nothing is heard. */
  get #over(): boolean {
    const { errored, writableEnded } = this.socket._receiver
    return errored !== null || writableEnded
  }

  // Ahead of `ws` as well: it makes a header, an object of options and two pieces of each message, and nothing here is fragmented or packed by it.
  override send(message: Uint8Array | string, done?: () => void): void {
    const { _socket: raw, _isServer: accepted, readyState } = this.socket
    if (typeof message === 'string' || !accepted) super.send(message, done)
    else if (readyState === 1) writeFrame(raw, wholeFrame.binary, message, { masked: false, done })
  }

  cork(): void {
    this.socket._socket.cork()
  }

  uncork(): void {
    this.socket._socket.uncork()
  }
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
