import { randomBytes } from 'node:crypto'
import { isIP, connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { MessageReader } from '@fairlead/protocol/wire/reader.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import { readInto } from '@fairlead/protocol/wire/ws.ts'
import { wholeFrame, writeFrame } from '@fairlead/protocol/wire/ws-frame.ts'
import { socketOf } from './reach.ts'
import { acceptOf, findHead, readControl, type Control } from './websocket-frames.ts'

/**
 * The half of a WebSocket (RFC 6455) that dials, of one subprotocol and of binary messages alone. `ws` would bring all of Node's HTTP and
 * its server's half along: at the start, and in the memory of every agent.
 */
export interface Upgrading {
  readonly url: URL
  readonly protocol: string
  /** A way there that is open already: a proxy's tunnel. */
  readonly through?: Socket | undefined
  readonly timeoutMs: number
  /** The other end answered as it must. In this very turn: its first message may come in one piece with its answer. */
  readonly onOpen: (transport: Transport, socket: Socket) => void
  /** Once at most, and never after `onOpen`: what was answered instead, or why nothing came. */
  readonly onFail: (failure: Failure) => void
}

export type Failure =
  | { readonly status: number; readonly retryAfterS: number }
  | { readonly code: string; readonly cause?: Error | undefined }

const mostHeadBytes = 16 * 1024
/** After a close is said the other end may take so long to say its own. */
const closeMs = 10_000

export function openWebSocket({ url, protocol, through, timeoutMs, onOpen, onFail }: Upgrading): void {
  const socket = through ?? dial(url)
  const key = randomBytes(16).toString('base64')
  let held: Buffer = Buffer.alloc(0)
  const timer = setTimeout(() => fail({ code: 'ETIMEDOUT' }), timeoutMs)

  function settle(): void {
    clearTimeout(timer)
    socket.removeAllListeners('data').removeListener('error', broken).removeListener('close', closed)
    socket.on('error', () => undefined)
  }
  function fail(failure: Failure): void {
    settle()
    socket.destroy()
    onFail(failure)
  }
  const broken = (cause: NodeJS.ErrnoException) => fail({ code: cause.code ?? cause.message, cause })
  const closed = () => fail({ code: 'it closed the connection before it answered' })

  socket.on('error', broken).on('close', closed)
  socket.on('data', (piece: Buffer) => {
    held = held.length === 0 ? piece : Buffer.concat([held, piece])
    const end = held.indexOf('\r\n\r\n')
    if (end < 0) {
      if (held.length > mostHeadBytes) fail({ code: 'its answer has no end' })
      return
    }
    const head = findHead(held.toString('latin1', 0, end))
    if (head.status !== 101) return fail({ status: head.status, retryAfterS: Number(head.of('retry-after') ?? 0) || 0 })
    const fits = head.of('upgrade')?.toLowerCase() === 'websocket' && head.of('sec-websocket-accept') === acceptOf(key)
    if (!fits || head.of('sec-websocket-protocol') !== protocol) return fail({ code: 'its answer is no WebSocket of this protocol' })
    settle()
    const { transport, read } = carry(socket)
    onOpen(transport, socket)
    read(held.subarray(end + 4))
  })
  const lines = [`GET ${url.pathname} HTTP/1.1`, `Host: ${url.host}`, 'Connection: Upgrade', 'Upgrade: websocket']
  const own = [`Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Protocol: ${protocol}`]
  socket.write(`${[...lines, ...own].join('\r\n')}\r\n\r\n`)
}

function dial(url: URL): Socket {
  const { host, port } = socketOf(url)
  if (url.protocol === 'ws:') return connect({ host, port })
  const servername = isIP(host) === 0 ? host : ''
  // TLS is not what is trusted here: the pinned key is, so a self-signed hub and a proxy's certificate are alike.
  return connectTls({ host, port, servername, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false })
}

/** One for all reads of this process. */
let shared: Uint8Array<ArrayBuffer> | undefined
const readBytes = 256 * 1024
/** Whoever dials masks. */
const masked = true

/** Messages over a socket whose upgrade is done. They are lent. */
function carry(socket: Socket): { readonly transport: Transport; readonly read: (bytes: Uint8Array) => void } {
  let closing = false
  let over = false
  let said: { readonly code: number; readonly reason: string } | undefined

  const transport: Transport = {
    lends: true,
    send(message, done) {
      if (!closing) writeFrame(socket, wholeFrame.binary, typeof message === 'string' ? Buffer.from(message) : message, { masked, done })
    },
    cork: () => socket.cork(),
    uncork: () => socket.uncork(),
    get bufferedBytes() {
      return socket.writableLength
    },
    close: (code, reason) => sayClose(code, reason),
    onMessage: () => undefined,
    onClose: () => undefined,
  }

  function sayClose(code: number, reason: string): void {
    if (closing || over) return
    closing = true
    const text = Buffer.from(reason).subarray(0, 120)
    writeFrame(socket, wholeFrame.close, Buffer.concat([Buffer.of(code >> 8, code & 0xff), text]), { masked })
    // A peer that says nothing more is left.
    setTimeout(() => socket.destroy(), closeMs).unref()
  }
  /** Nothing is heard after what is no frame. */
  function refuse(code: number, reason: string): void {
    sayClose(code, reason)
    end()
  }
  function end(): void {
    if (over) return
    over = true
    socket.destroySoon()
  }
  function control(frame: Control): void {
    if (frame.is === 'ping') return void (closing || writeFrame(socket, wholeFrame.pong, frame.bytes, { masked }))
    if (frame.is === 'wrong') return refuse(frame.code, frame.why)
    if (frame.is !== 'close') return
    said = { code: frame.code, reason: frame.reason }
    sayClose(frame.code === 1005 ? 1000 : frame.code, '')
    end()
  }

  const other = readControl(control, (message) => void (over || transport.onMessage(message)))
  const reader = new MessageReader(false, {
    message: (message) => void (over || transport.onMessage(message)),
    other: (bytes) => void (over || other(bytes)),
  })
  const read = (bytes: Uint8Array) => reader.read(bytes)
  socket.on('data', (piece: Buffer) => read(new Uint8Array(piece.buffer, piece.byteOffset, piece.length)))
  shared ??= new Uint8Array(readBytes)
  readInto(socket, shared, read)
  socket.once('close', () => {
    over = true
    transport.onClose(said?.code ?? 1006, said?.reason ?? '')
  })
  return { transport, read }
}
