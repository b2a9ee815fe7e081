import type { Transport } from './transport.ts'

/* oxlint-disable unicorn/prefer-add-event-listener -- one listener, and `ws` and browsers differ in the rest */
/** What `ws` and a browser's WebSocket have in common. */
export interface SocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: Uint8Array | string, done?: () => void): void
  close(code?: number, reason?: string): void
  onmessage: unknown
  onclose: unknown
  onerror: unknown
  /** `ws` alone has it, and makes no event of each message for it. */
  on?(event: 'message', listener: (data: Uint8Array<ArrayBuffer>, isBinary: boolean) => void): unknown
}

const open = 1
const text = new TextDecoder()

const nothing = () => undefined

/**
 * A transport over a WebSocket that is already open. `binaryType` 'nodebuffer' is for `ws`, which then hands over what it
 * received without copying it (hub and agent: `overWs`); browsers know only 'arraybuffer'.
 */
export function overSocket(socket: SocketLike, binaryType: 'arraybuffer' | 'nodebuffer' = 'arraybuffer'): Transport {
  return new SocketTransport(socket, binaryType)
}

export class SocketTransport<S extends SocketLike> implements Transport {
  readonly lends: boolean = false
  onMessage: Transport['onMessage'] = nothing
  onClose: Transport['onClose'] = nothing
  protected readonly socket: S

  constructor(socket: S, binaryType: 'arraybuffer' | 'nodebuffer') {
    this.socket = socket
    socket.binaryType = binaryType
    if (socket.on !== undefined) socket.on('message', (data, isBinary) => this.onMessage(isBinary ? viewOf(data) : text.decode(data)))
    else
      socket.onmessage = ({ data }: { data: ArrayBuffer | Uint8Array<ArrayBuffer> | string }) =>
        this.onMessage(typeof data === 'string' ? data : viewOf(data))
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.onClose(code, reason)
    socket.onerror = nothing
  }

  get bufferedBytes(): number {
    return this.socket.bufferedAmount
  }

  send(message: Uint8Array | string, done?: () => void): void {
    if (this.socket.readyState === open) this.socket.send(message, done)
  }

  close(code: number, reason: string): void {
    // A browser may only say 1000 and 3000-4999; what was never closed in words, 1006, nobody may.
    const sayable = code === 1000 || code >= 3000 || (this.socket.binaryType === 'nodebuffer' && [1001, 1011, 1013].includes(code))
    this.socket.close(sayable ? code : 1000, reason.slice(0, 120))
  }
}

/** Never a Buffer: its `slice` does not copy, and whoever reads relies on that. */
function viewOf(data: ArrayBuffer | Uint8Array<ArrayBuffer>): Uint8Array {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
