import { connect, type IpcSocketConnectOpts, type Socket, type SocketConstructorOpts } from 'node:net'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { Answer, headerOf, parseHead, type Response, type Whole } from './answer.ts'

/** A response whose body is read as it comes: the socket, with what followed the headers already put back. */
export interface Streaming {
  readonly status: number
  readonly socket: Socket
  /** The body comes in the chunks of HTTP/1.1. */
  readonly chunked: boolean
}

/** The head of a request as bytes on the wire. `path` is built from encoded segments by the caller. */
function requestHead(method: string, path: string, version: '1.0' | '1.1', body: string | undefined, extra = ''): string {
  const content = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
  const length = body === undefined && method !== 'GET' ? 'Content-Length: 0\r\n' : content
  return `${method} ${path} HTTP/${version}\r\nHost: engine\r\n${length}${extra}\r\n${body ?? ''}`
}

/** Asks over a connection that is kept for the next question. */
export function openHttp(socketPath: string) {
  const idle: Line[] = []

  async function request(method: string, path: string, body: string | undefined, timeoutMs: number): Promise<Response> {
    const line = idle.pop() ?? (await dialLine(socketPath))
    const { socket } = line
    try {
      const response = await exchange(line, requestHead(method, path, '1.1', body), timeoutMs, method === 'HEAD')
      if (response.reusable && idle.length < 4) idle.push(keep(line, idle))
      else socket.destroy()
      return response
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  /**
   * HTTP/1.0, so that the engine does not wrap every line into a chunk of its own, unless that is wanted; the end of the body is
   * the end of the connection.
   */
  async function stream(path: string, timeoutMs: number, version: '1.0' | '1.1' = '1.0'): Promise<Streaming> {
    const socket = await dialStream(socketPath, false)
    socket.write(requestHead('GET', path, version, undefined, version === '1.1' ? 'Connection: close\r\n' : ''))
    return readHead(socket, timeoutMs)
  }

  /** Turns the connection into the exec's own stdin and stdout. */
  async function upgrade(path: string, body: string, timeoutMs: number): Promise<Streaming> {
    const socket = await dialStream(socketPath, true)
    socket.write(requestHead('POST', path, '1.1', body, 'Connection: Upgrade\r\nUpgrade: tcp\r\n'))
    return readHead(socket, timeoutMs)
  }

  return { request, stream, upgrade, close: () => idle.splice(0).forEach(({ socket }) => socket.destroy()) }
}

function keep(line: Line, idle: Line[]): Line {
  const { socket } = line
  const forget = () => {
    const index = idle.indexOf(line)
    if (index >= 0) idle.splice(index, 1)
    socket.destroy()
  }
  socket.removeAllListeners()
  socket.on('error', forget).on('close', forget).unref()
  return line
}

function engineDown(socketPath: string, cause: unknown): FairleadError {
  const code = (cause as NodeJS.ErrnoException).code
  const why =
    code === 'EACCES'
      ? 'this account may not open it; run the agent as root or add it to the socket’s group'
      : code === 'ENOENT'
        ? 'it does not exist; install the engine, or start it'
        : 'nothing answers there; start the engine, for example with systemctl start docker'
  return new FairleadError('bad_upstream', `The container engine at ${socketPath} does not answer: ${why}.`, { cause })
}

/** A connection for questions and whole answers. */
interface Line {
  readonly socket: Socket
  /** Hears what was read; the memory is only lent. */
  heard: (piece: Buffer) => void
}

/** Everything is read into this, and copied where it is kept. Otherwise every read, however small, would be 64 KiB of new memory. */
const shared = Buffer.alloc(128 * 1024)

async function dialLine(path: string): Promise<Line> {
  let heard: Line['heard'] = () => undefined
  const callback = (bytes: number) => {
    heard(shared.subarray(0, bytes))
    return true
  }
  const socket = await dial({ path, onread: { buffer: shared, callback } })
  return {
    socket,
    set heard(next: Line['heard']) {
      heard = next
    },
  }
}

const borrowers = new WeakMap<Socket, (piece: Buffer) => boolean>()

/** A connection for a body without end, read as any other socket is, unless it is lent. */
function dialStream(path: string, allowHalfOpen: boolean): Promise<Socket> {
  let opened: Socket | undefined
  // Only once it is connected there is anything to read. False: whoever reads it is slow, and the engine has to wait.
  const callback = (bytes: number) => {
    const piece = shared.subarray(0, bytes)
    const read = borrowers.get(opened!)
    return read === undefined ? opened!.push(copyOf(piece)) : read(piece)
  }
  return dial({ path, allowHalfOpen, onread: { buffer: shared, callback } }, (socket) => (opened = socket))
}

/** What a stream's socket reads is only lent to `read` from now on. False: it has enough, until the socket is resumed. */
export function lend(socket: Socket, read: (piece: Buffer) => boolean): void {
  borrowers.set(socket, read)
  // What came behind the head waits in it.
  socket.on('data', read)
}

function copyOf(piece: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(piece.length)
  piece.copy(copy)
  return copy
}

function dial(options: IpcSocketConnectOpts & SocketConstructorOpts, made?: (socket: Socket) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options)
    made?.(socket)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      socket.on('error', () => undefined)
      socket.ref()
      resolve(socket)
    })
    socket.once('error', (error) => reject(engineDown(options.path, error)))
  })
}

function exchange(line: Line, request: string, timeoutMs: number, headOnly: boolean): Promise<Whole> {
  return new Promise((resolve, reject) => {
    const { socket } = line
    const answer = new Answer(headOnly)
    const stop = () => {
      clearTimeout(timer)
      line.heard = () => undefined
      socket.removeAllListeners('close')
    }
    const fail = (error: Error) => {
      stop()
      reject(error)
    }
    const timer =
      timeoutMs > 0
        ? setTimeout(
            () => fail(new FairleadError('deadline_exceeded', `The engine did not answer within ${timeoutMs} ms; it may hang.`)),
            timeoutMs,
          )
        : undefined
    socket.removeAllListeners('close')
    socket.on('close', () => fail(new FairleadError('bad_upstream', 'The engine closed the connection in the middle of an answer.')))
    line.heard = (piece) => {
      // What is thrown inside a listener nobody catches: it would end the agent.
      const parsed = orFail(() => answer.push(piece), fail)
      if (parsed === undefined) return
      stop()
      resolve(parsed)
    }
    socket.ref().write(request)
  })
}

function orFail<T>(parse: () => T, fail: (error: Error) => void): T | undefined {
  try {
    return parse()
  } catch (error) {
    fail(error as Error)
    return undefined
  }
}

function readHead(socket: Socket, timeoutMs: number): Promise<Streaming> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0)
    const stop = () => {
      clearTimeout(timer)
      socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close')
    }
    const fail = (error: Error) => {
      stop()
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(
      () => fail(new FairleadError('deadline_exceeded', `The engine did not answer within ${timeoutMs} ms; it may hang.`)),
      timeoutMs,
    )
    const early = () => fail(new FairleadError('bad_upstream', 'The engine closed the connection before it answered.'))
    socket.on('end', early).on('close', early)
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk])
      const head = orFail(() => parseHead(held), fail)
      if (head === undefined) return
      stop()
      socket.pause()
      if (held.length > head.bodyAt) socket.unshift(held.subarray(head.bodyAt))
      resolve({ status: head.status, socket, chunked: headerOf(head.head, 'transfer-encoding') === 'chunked' })
    })
  })
}
