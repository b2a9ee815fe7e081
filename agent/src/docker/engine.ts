import { existsSync } from 'node:fs'
import type { Socket } from 'node:net'
import { FairleadError, type Code } from '@fairlead/protocol/errors.ts'
import { headerOf, type Response } from './answer.ts'
import { openHttp } from './http.ts'
import type { NameOf, Operation } from './operations.ts'

export { lend } from './http.ts'

/** The engine of this host, Docker or Podman, over its unix socket. The only door to it. */
export interface Engine {
  readonly socket: string
  /** The engine's answer as JSON. Throws FairleadError by status. */
  call<T>(target: Target, options?: CallOptions): Promise<T>
  /** A body without end: logs, events, stats. */
  stream(target: Target<`GET ${string}`>): Promise<Socket>
  /** The same in the chunks of HTTP/1.1, if the engine makes them: one for each thing that it wrote at once. */
  chunks(target: Target<`GET ${string}`>): Promise<{ readonly socket: Socket; readonly chunked: boolean }>
  /** Stdin and stdout of an exec. */
  attach(target: Target<`POST ${string}`>, body: object): Promise<Socket>
  /** Whether it answers at all, within 5 s; rejects with why not. */
  ping(): Promise<void>
  close(): void
}

export interface CallOptions {
  readonly body?: object
  /** 0: as long as it takes. */
  readonly timeoutMs?: number
}

declare const isTarget: unique symbol

/** An operation with its names and query, still unencoded. Only `ask` makes one: strings never become a path in any other way. */
export interface Target<Verb extends string = string> {
  readonly [isTarget]: Verb
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

interface Asked {
  readonly operation: Operation
  readonly names: Readonly<Record<string, string>>
  readonly query: Query
}

/** `ask('GET /containers/{id}/json', { id })`. What operations.ts does not list as used does not compile. */
export function ask<Name extends Operation>(
  operation: Name,
  names: Readonly<Record<NameOf<Name>, string>>,
  query: Query = {},
): Target<Name> {
  const asked: Asked = { operation, names, query }
  return asked as unknown as Target<Name>
}

/** The oldest API that is spoken, and the newest that was tried. */
const oldestApi = 41
const newestApi = 51

const knownSockets = ['/var/run/docker.sock', '/run/podman/podman.sock']

/** The first engine socket of this host, or the usual one when there is none. */
export function findSocket(configured: string | undefined): string {
  return configured ?? knownSockets.find((file) => existsSync(file)) ?? knownSockets[0]!
}

export function openEngine(socket: string): Engine {
  const http = openHttp(socket)
  let prefix: string | undefined

  async function ping(): Promise<Response> {
    const response = await http.request('GET', '/_ping', undefined, 5000)
    if (response.status === 200) return response
    throw new FairleadError('bad_upstream', `The engine at ${socket} answers its ping with ${response.status}.`)
  }

  /** Asked once: the highest API version that both speak. */
  async function versionPrefix(): Promise<string> {
    if (prefix !== undefined) return prefix
    const { head } = await ping()
    const minor = Number(/^1\.(\d+)$/.exec(headerOf(head, 'api-version') ?? '')?.[1] ?? oldestApi)
    if (minor < oldestApi)
      throw new FairleadError(
        'unsupported',
        `The engine at ${socket} speaks API 1.${minor}; at least 1.${oldestApi} (Docker 20.10) is wanted.`,
      )
    prefix = `/v1.${Math.min(minor, newestApi)}`
    return prefix
  }

  async function guarded<T>(work: (prefix: string) => Promise<T>): Promise<T> {
    try {
      return await work(await versionPrefix())
    } catch (error) {
      // The engine may come back as another version.
      if (error instanceof FairleadError && error.code === 'bad_upstream') prefix = undefined
      throw error
    }
  }

  return {
    socket,
    call: (target, { body, timeoutMs = 30_000 } = {}) =>
      guarded(async (version) => {
        const response = await http.request(
          verbOf(target),
          version + encode(target),
          body === undefined ? undefined : JSON.stringify(body),
          timeoutMs,
        )
        check(response)
        return parseJson(response.body) as never
      }),
    stream: (target) =>
      guarded(async (version) => {
        const { status, socket: body } = await http.stream(version + encode(target), 30_000)
        if (status >= 300) throw await failed(status, body)
        return body
      }),
    chunks: (target) =>
      guarded(async (version) => {
        const answer = await http.stream(version + encode(target), 30_000, '1.1')
        if (answer.status >= 300) throw await failed(answer.status, answer.socket, true)
        return answer
      }),
    attach: (target, body) =>
      guarded(async (version) => {
        const answer = await http.upgrade(version + encode(target), JSON.stringify(body), 30_000)
        if (answer.status !== 101 && answer.status !== 200) throw await failed(answer.status, answer.socket)
        return answer.socket
      }),
    ping: async () => void (await ping()),
    close: http.close,
  }
}

function verbOf(target: Target): string {
  return (target as unknown as Asked).operation.split(' ', 1)[0]!
}

function encode(target: Target): string {
  const { operation, names, query } = target as unknown as Asked
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.set(name, typeof value === 'boolean' ? (value ? '1' : '0') : String(value))
  const text = search.toString()
  const path = operation.slice(operation.indexOf('/')).replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeSegment(names[name] ?? ''))
  return text === '' ? path : `${path}?${text}`
}

function encodeSegment(segment: string): string {
  // A dot segment would climb; contracts refuse it already, this is the second wall.
  if (segment === '.' || segment === '..' || segment === '') throw new FairleadError('invalid_input', 'A name must not be empty or a dot.')
  return encodeURIComponent(segment)
}

const codeOfStatus: Readonly<Record<number, Code>> = {
  400: 'invalid_input',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  501: 'unsupported',
}

function check({ status, body }: Response): void {
  // 304: it is so already, which is what was wanted.
  if (status < 300 || status === 304) return
  throw engineError(status, body)
}

/** By status, never by the message, which is only passed on as the engine's own words. */
function engineError(status: number, body: Buffer): FairleadError {
  const said = (parseJson(body) as { message?: unknown } | undefined)?.message
  const words = typeof said === 'string' ? `: ${printable(said)}` : '.'
  return new FairleadError(codeOfStatus[status] ?? 'bad_upstream', `The engine refused (${status})${words}`, { details: { status } })
}

/** `closes`: the connection ends with the body, which may come in chunks. */
async function failed(status: number, socket: Socket, closes = false): Promise<FairleadError> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of socket) {
    parts.push(part as Buffer)
    bytes += (part as Buffer).length
    if (bytes > 8192 || (!closes && (part as Buffer).includes('\n'))) break
  }
  socket.destroy()
  const body = Buffer.concat(parts)
  // Of chunks, too, only the document is wanted.
  return engineError(status, closes ? body.subarray(Math.max(0, body.indexOf('{')), body.lastIndexOf('}') + 1) : body)
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, ' ').slice(0, 400)
}
