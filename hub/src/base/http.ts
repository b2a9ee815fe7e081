import type { IncomingMessage } from 'node:http'
import { Hono, type Context } from 'hono'
import { stream as respondStream } from 'hono/streaming'
import type { Endpoint } from '@fairlead/protocol/api.ts'
import { codeOf, codes, FairleadError } from '@fairlead/protocol/errors.ts'
import { decodeLogLines, logBatch } from '@fairlead/protocol/wire/log-batch.ts'
import { parseInput } from '@fairlead/protocol/wire/rpc.ts'
import type { Welcome } from '@fairlead/protocol/features/logins.ts'
import type { Caller } from './access.ts'
import { cookie, readCookie, sameOrigin, type Peer } from './headers.ts'
import { newTrace, publicError, type Doors } from './serve.ts'

export interface HttpDeps {
  readonly doors: Doors
  readonly findCaller: (token: string, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>) => Promise<Caller | undefined>
  readonly peerOf: (request: IncomingMessage) => Peer
  readonly doorOf: (request: IncomingMessage, peer: Peer) => Pick<Welcome, 'secure' | 'insecureReason' | 'secureUrl'>
}

type Bindings = { Bindings: { incoming: IncomingMessage } }

const bodyBytes = 1024 * 1024

/** Every endpoint of the contracts under /api/v1. */
export function createApi(deps: HttpDeps): Hono<Bindings> {
  const app = new Hono<Bindings>()
  for (const [name, endpoint] of deps.doors.endpoints) {
    if (endpoint.kind === 'duplex') continue
    const [verb = '', path = ''] = endpoint.door.http.split(' ')
    app.on(verb, path, (context) => answer(deps, name, endpoint, context))
  }
  app.notFound((context) => context.json({ error: { code: 'not_found', message: 'There is nothing at this address.' } }, 404))
  return app
}

async function answer(deps: HttpDeps, name: string, endpoint: Endpoint, context: Context<Bindings>): Promise<Response> {
  const trace = newTrace()
  const startMs = performance.now()
  const request = context.env.incoming
  try {
    const peer = deps.peerOf(request)
    const token = readCookie(request)
    const about = { ip: peer.ip, userAgent: String(request.headers['user-agent'] ?? ''), trace }
    if (!sameOrigin(request, token !== undefined)) throw new FairleadError('forbidden', 'This request came from another site.')
    const caller = token === undefined ? undefined : await deps.findCaller(token, about)
    const params = await readParams(context, endpoint)
    const { context: admitted, done } = await deps.doors.admit({ name, endpoint, caller, params, about })
    const [feature = '', method = ''] = name.split('.')
    const handler = deps.doors.handlers[feature]![method] as unknown as (input: unknown, context: unknown) => unknown
    const abort = new AbortController()
    const extra = {
      ...admitted,
      signal: abort.signal,
      trace,
      door: deps.doorOf(request, peer),
      cookie: {
        set: (value: string, seconds: number) => context.header('Set-Cookie', cookie(value, seconds)),
        clear: () => context.header('Set-Cookie', cookie('', 0)),
      },
    }
    try {
      const input = parseInput(endpoint, params)
      if (endpoint.kind === 'stream')
        return streamed(
          context,
          endpoint,
          handler(input, extra) as AsyncIterable<unknown>,
          abort,
          (error) => void done(error, performance.now() - startMs),
        )
      if (endpoint.kind !== 'call') throw new FairleadError('unsupported', 'This goes over the console’s session only.')
      const value = endpoint.output.parse(await handler(input, extra))
      await done(undefined, performance.now() - startMs)
      context.header('X-Request-Id', trace)
      return context.json(value as object)
    } catch (error) {
      await done(error, performance.now() - startMs)
      throw error
    }
  } catch (error) {
    const status = codes[codeOf(error)].status
    const retry = error instanceof FairleadError ? error.details?.['retryAfterSeconds'] : undefined
    if (status === 429 || status === 503) context.header('Retry-After', String(retry ?? 2))
    return context.json({ error: publicError(error, trace) }, status as 400)
  }
}

/** Path parameters, then the query or the JSON body; a field that the contract does not know is refused by name. */
async function readParams(context: Context<Bindings>, endpoint: Endpoint): Promise<Record<string, unknown>> {
  const params: Record<string, unknown> = { ...context.req.param() }
  const given = context.req.method === 'GET' || context.req.method === 'DELETE' ? context.req.query() : await readBody(context)
  const known = fieldsOf(endpoint)
  for (const [field, value] of Object.entries(given)) {
    if (!known.has(field) || field in params)
      throw new FairleadError(
        'invalid_input',
        `"${field.slice(0, 64)}" is no field of this request; known are ${[...known].join(', ') || 'none'}.`,
        { details: { field: field.slice(0, 64) } },
      )
    params[field] =
      typeof value === 'string' && context.req.method !== 'POST' && context.req.method !== 'PATCH' ? coerce(value, known.get(field)) : value
  }
  return params
}

async function readBody(context: Context<Bindings>): Promise<Record<string, unknown>> {
  const length = Number(context.req.header('content-length') ?? 0)
  if (length > bodyBytes) throw new FairleadError('too_large', 'A request may have at most 1 MiB.')
  const text = await context.req.text()
  if (text.length > bodyBytes) throw new FairleadError('too_large', 'A request may have at most 1 MiB.')
  if (text === '') return {}
  if (context.req.header('content-type')?.split(';')[0]?.trim() !== 'application/json')
    throw new FairleadError('invalid_input', 'The body must be JSON, and Content-Type must say application/json.')
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below, alike for what is no JSON and what is no object.
  }
  throw new FairleadError('invalid_input', 'The body must be one JSON object.')
}

interface Shape {
  readonly _zod: { readonly def: { readonly type: string; readonly innerType?: Shape; readonly shape?: Readonly<Record<string, Shape>> } }
}

function fieldsOf({ input }: Endpoint): Map<string, string> {
  const { shape = {} } = (input as unknown as Shape)._zod.def
  return new Map(Object.entries(shape).map(([name, schema]) => [name, typeOf(schema)]))
}

function typeOf({ _zod: { def } }: Shape): string {
  return def.innerType === undefined ? def.type : typeOf(def.innerType)
}

/** A query has only text: it becomes what the contract wants, or stays and is refused there. */
function coerce(value: string, type: string | undefined): unknown {
  if ((type === 'number' || type === 'int') && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  if (type === 'boolean' && /^(true|false|1|0)$/.test(value)) return value === 'true' || value === '1'
  if (type === 'array') return value.split(',')
  if (type === 'object') return parseObject(value)
  return value
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** NDJSON for scripts, SSE where that is asked for; log batches become lines. */
function streamed(
  context: Context<Bindings>,
  endpoint: Endpoint & { kind: 'stream' },
  items: AsyncIterable<unknown>,
  abort: AbortController,
  done: (error: unknown) => void,
): Response {
  const accept = context.req.header('accept') ?? ''
  const sse = accept.includes('text/event-stream')
  const plain = accept.includes('text/plain') && endpoint.down === logBatch
  context.header('Content-Type', sse ? 'text/event-stream' : plain ? 'text/plain; charset=utf-8' : 'application/x-ndjson')
  context.header('Cache-Control', 'no-store')
  if (plain) context.header('Content-Disposition', 'attachment; filename="log.txt"')
  return respondStream(context, async (out) => {
    out.onAbort(() => abort.abort())
    let failure: unknown
    try {
      for await (const item of items) {
        if (endpoint.down === logBatch)
          for (const line of linesOf(item as Uint8Array))
            await out.write(plain ? `${line.text}\n` : sse ? `data: ${JSON.stringify(line)}\n\n` : `${JSON.stringify(line)}\n`)
        else {
          const value = item instanceof Uint8Array ? endpoint.down.decode(item) : item
          const cursor = (value as { cursor?: string }).cursor
          await out.write(
            sse ? `${cursor === undefined ? '' : `id: ${cursor}\n`}data: ${JSON.stringify(value)}\n\n` : `${JSON.stringify(value)}\n`,
          )
        }
        if (abort.signal.aborted) break
      }
    } catch (error) {
      failure = error
      const said = JSON.stringify({ error: publicError(error, '') })
      await out.write(sse ? `event: error\ndata: ${said}\n\n` : `${said}\n`).catch(() => undefined)
    }
    done(failure)
  })
}

function linesOf(batch: Uint8Array): { timeMs: number; source: number; level: number; text: string }[] {
  const { count, times, sources, levels, lengths, text } = decodeLogLines(batch)
  const decoder = new TextDecoder()
  const lines = []
  for (let i = 0, at = 0; i < count; at += lengths[i]!, i++)
    lines.push({ timeMs: times[i]!, source: sources[i]!, level: levels[i]!, text: decoder.decode(text.subarray(at, at + lengths[i]!)) })
  return lines
}
