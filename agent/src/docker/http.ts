import { connect, type Socket } from 'node:net'
import { FairleadError } from '@fairlead/protocol/errors.ts'

export interface Response {
  readonly status: number
  /** Status line and headers, in lower case; `headerOf` reads it. */
  readonly head: string
  readonly body: Buffer
}

/** A response whose body is read as it comes: the socket, with what followed the headers already put back. */
export interface Streaming {
  readonly status: number
  readonly socket: Socket
}

const mostHeaderBytes = 64 * 1024
const mostBodyBytes = 64 * 1024 * 1024
/** The line before a chunk, with its extensions. */
const mostSizeBytes = 4096

/** The head of a request as bytes on the wire. `path` is built from encoded segments by the caller. */
function requestHead(method: string, path: string, version: '1.0' | '1.1', body: string | undefined, extra = ''): string {
  const content = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
  const length = body === undefined && method !== 'GET' ? 'Content-Length: 0\r\n' : content
  return `${method} ${path} HTTP/${version}\r\nHost: engine\r\n${length}${extra}\r\n${body ?? ''}`
}

/** Asks over a connection that is kept for the next question. */
export function openHttp(socketPath: string) {
  const idle: Socket[] = []

  async function request(method: string, path: string, body: string | undefined, timeoutMs: number): Promise<Response> {
    const socket = idle.pop() ?? (await dial(socketPath))
    try {
      const response = await exchange(socket, requestHead(method, path, '1.1', body), timeoutMs, method === 'HEAD')
      if (response.reusable && idle.length < 4) idle.push(keep(socket, idle))
      else socket.destroy()
      return response
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  /** HTTP/1.0, so that the engine does not wrap every line into a chunk of its own; the end of the body is the end of the connection. */
  async function stream(path: string, timeoutMs: number): Promise<Streaming> {
    const socket = await dial(socketPath)
    socket.write(requestHead('GET', path, '1.0', undefined))
    return readHead(socket, timeoutMs)
  }

  /** Turns the connection into the exec's own stdin and stdout. */
  async function upgrade(path: string, body: string, timeoutMs: number): Promise<Streaming> {
    const socket = await dial(socketPath, true)
    socket.write(requestHead('POST', path, '1.1', body, 'Connection: Upgrade\r\nUpgrade: tcp\r\n'))
    return readHead(socket, timeoutMs)
  }

  return { request, stream, upgrade, close: () => idle.splice(0).forEach((socket) => socket.destroy()) }
}

function keep(socket: Socket, idle: Socket[]): Socket {
  const forget = () => {
    const index = idle.indexOf(socket)
    if (index >= 0) idle.splice(index, 1)
    socket.destroy()
  }
  socket.removeAllListeners()
  socket.on('error', forget).on('close', forget).unref()
  return socket
}

export function engineDown(socketPath: string, cause: unknown): FairleadError {
  const code = (cause as NodeJS.ErrnoException).code
  const why =
    code === 'EACCES'
      ? 'this account may not open it; run the agent as root or add it to the socket’s group'
      : code === 'ENOENT'
        ? 'it does not exist; install the engine, or start it'
        : 'nothing answers there; start the engine, for example with systemctl start docker'
  return new FairleadError('bad_upstream', `The container engine at ${socketPath} does not answer: ${why}.`, { cause })
}

function dial(socketPath: string, allowHalfOpen = false): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, allowHalfOpen })
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      socket.on('error', () => undefined)
      socket.ref()
      resolve(socket)
    })
    socket.once('error', (error) => reject(engineDown(socketPath, error)))
  })
}

function exchange(socket: Socket, request: string, timeoutMs: number, headOnly: boolean): Promise<Response & { reusable: boolean }> {
  return new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0)
    const fail = (error: Error) => {
      clearTimeout(timer)
      socket.removeAllListeners('data').removeAllListeners('close')
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
    socket.on('data', (chunk: Buffer) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      if (held.length > mostBodyBytes) return fail(tooLarge())
      // What is thrown inside a listener nobody catches: it would end the agent.
      const parsed = orFail(() => parseWhole(held, headOnly), fail)
      if (parsed === undefined) return
      clearTimeout(timer)
      socket.removeAllListeners('data').removeAllListeners('close')
      resolve(parsed)
    })
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

function parseHead(held: Buffer): { status: number; head: string; bodyAt: number } | undefined {
  const end = held.indexOf('\r\n\r\n')
  if (end < 0) {
    if (held.length > mostHeaderBytes) throw malformed('its headers have no end')
    return undefined
  }
  const head = held.toString('latin1', 0, end).toLowerCase()
  const status = /^http\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1]
  if (status === undefined) throw malformed('its first line is none of HTTP')
  return { status: Number(status), head, bodyAt: end + 4 }
}

/** One header of many: the others are not worth an object. */
export function headerOf(head: string, name: 'api-version' | 'connection' | 'content-length' | 'transfer-encoding'): string | undefined {
  const at = head.indexOf(`\r\n${name}:`)
  if (at < 0) return undefined
  const from = at + name.length + 3
  const end = head.indexOf('\r\n', from)
  return head.slice(from, end < 0 ? undefined : end).trim()
}

function parseWhole(held: Buffer, headOnly: boolean): (Response & { reusable: boolean }) | undefined {
  const parsed = parseHead(held)
  if (parsed === undefined) return undefined
  const { status, head, bodyAt } = parsed
  const reusable = headerOf(head, 'connection') !== 'close'
  if (headOnly || status === 204 || status === 304) return { status, head, body: Buffer.alloc(0), reusable }
  if (headerOf(head, 'transfer-encoding') === 'chunked') {
    const body = parseChunks(held, bodyAt)
    return body === undefined ? undefined : { status, head, body, reusable }
  }
  const said = headerOf(head, 'content-length') ?? '0'
  if (!/^\d{1,15}$/.test(said)) throw malformed('its length is no number')
  const length = Number(said)
  if (length > mostBodyBytes) throw tooLarge()
  if (held.length < bodyAt + length) return undefined
  return { status, head, body: held.subarray(bodyAt, bodyAt + length), reusable }
}

function parseChunks(held: Buffer, start: number): Buffer | undefined {
  const parts: Buffer[] = []
  let at = start
  for (;;) {
    const lineEnd = held.indexOf('\r\n', at)
    if ((lineEnd < 0 ? held.length : lineEnd) - at > mostSizeBytes) throw malformed('the size of a chunk has no end')
    if (lineEnd < 0) return undefined
    const said = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(held.toString('latin1', at, lineEnd))?.[1]
    if (said === undefined) throw malformed('the size of a chunk is no number')
    const size = Number.parseInt(said, 16)
    at = lineEnd + 2
    if (size === 0) {
      // Trailers may follow; the answer is over at the next empty line.
      return held.indexOf('\r\n', at) < 0 ? undefined : Buffer.concat(parts)
    }
    if (held.length < at + size + 2) return undefined
    if (held[at + size] !== 13 || held[at + size + 1] !== 10) throw malformed('a chunk is longer than it said')
    parts.push(held.subarray(at, at + size))
    at += size + 2
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
      resolve({ status: head.status, socket })
    })
  })
}

function malformed(what: string): FairleadError {
  return new FairleadError('bad_upstream', `The engine’s answer is malformed: ${what}. Restart the engine if it goes on so.`)
}

function tooLarge(): FairleadError {
  return new FairleadError('too_large', 'The engine answered with more than 64 MiB.')
}
