import type { IncomingMessage } from 'node:http'
import { Hono, type Context } from 'hono'
import type { Endpoint } from '@fairlead/protocol/api.ts'
import { codeOf, codes, FairleadError } from '@fairlead/protocol/errors.ts'
import { parseInput } from '@fairlead/protocol/wire/input.ts'
import type { Welcome } from '@fairlead/protocol/features/logins.ts'
import { publicEndpoints, type Caller } from './access.ts'
import type { Bindings } from './bindings.ts'
import type { FileAnswer } from './file.ts'
import { awayCookie, awaySeconds, cookie, deviceCookie, readBearer, readCookie, readDevice, sameOrigin, type Peer } from './headers.ts'
import { keyHeader, readKey } from './key.ts'
import { answerJson } from './packed.ts'
import { bodyBytes, readParams } from './params.ts'
import type { Rates } from './rates.ts'
import type { Secret } from './secret.ts'
import type { Resume } from './resume.ts'
import { newTrace, publicError, type Doors } from './serve.ts'
import { createStreams, type Reader, type Streams } from './streamed.ts'

export interface HttpDeps {
  readonly doors: Doors
  readonly findCaller: (token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>) => Promise<Caller | undefined>
  /** Who a token of the API stands for. */
  readonly findToken: (token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>) => Promise<Caller | undefined>
  readonly peerOf: (request: IncomingMessage) => Peer
  readonly doorOf: (request: IncomingMessage, peer: Peer) => Pick<Welcome, 'secure' | 'insecureReason' | 'secureUrl'>
  readonly rates: Rates
  /** How streams go on after `Last-Event-ID`, by method; the others begin anew and say `reset`. */
  readonly resumes: Readonly<Record<string, () => Resume>>
}

export interface HttpApi {
  readonly app: Hono<Bindings>
  /** Ends the streams of a login, with a last word that says why. */
  endLogin(login: string, renewed?: boolean): void
  /** What accounts of an organization may do has changed. */
  judgeAgain(organization: string): void
  /** The hub stops: so do all streams. */
  endAll(): void
}

const loginEnded = () => new FairleadError('unauthenticated', 'This login has ended; sign in again.')

/** Every endpoint of the contracts under /api/v1. */
export function createApi(deps: HttpDeps): HttpApi {
  const app = new Hono<Bindings>()
  const streams = createStreams(deps.resumes)
  for (const [name, endpoint] of deps.doors.endpoints) {
    if (endpoint.kind === 'duplex' || endpoint.door.standard !== undefined) continue
    const [verb = '', path = ''] = endpoint.door.http.split(' ')
    app.on(verb, path, (context) => answer(deps, streams, name, endpoint, context))
  }
  app.notFound((context) => context.json({ error: { code: 'not_found', message: 'There is nothing at this address.' } }, 404))
  return {
    app,
    endLogin: (login, renewed) =>
      streams.end(
        renewed === true ? new FairleadError('refused', 'This login goes on under a new cookie; ask again.') : loginEnded(),
        login,
      ),
    judgeAgain: streams.judgeAgain,
    endAll: () => streams.end(new FairleadError('draining', 'The hub stops; come back in a moment.')),
  }
}

async function answer(deps: HttpDeps, streams: Streams, name: string, endpoint: Endpoint, context: Context<Bindings>): Promise<Response> {
  const trace = newTrace()
  context.header('X-Request-Id', trace)
  // Whatever a person may see is for that person, at that moment.
  context.header('Cache-Control', 'no-store')
  try {
    return await admitAndRun(deps, streams, name, endpoint, context, trace)
  } catch (error) {
    const retry = error instanceof FairleadError ? error.details?.['retryAfterSeconds'] : undefined
    const { status: usual } = codes[codeOf(error)]
    // What comes back by itself is said as such: a browser and a proxy wait and try again.
    const status = usual === 502 && retry !== undefined ? 503 : usual
    if (status === 429 || status === 503) context.header('Retry-After', String(retry ?? 2))
    return context.json({ error: publicError(error, trace) }, status as 400)
  }
}

async function admitAndRun(
  deps: HttpDeps,
  streams: Streams,
  name: string,
  endpoint: Endpoint,
  context: Context<Bindings>,
  trace: string,
): Promise<Response> {
  const startMs = performance.now()
  const request = context.env.incoming
  const peer = deps.peerOf(request)
  deps.rates.take('address', peer.ip)
  const bearer = readBearer(request)
  // A token that is shown speaks alone: whoever has a cookie as well did not mean that.
  const token = bearer === undefined ? readCookie(request) : undefined
  // Nobody reads what answers a HEAD: a stream would wait for a reader for ever.
  if (endpoint.kind === 'stream' && request.method === 'HEAD') throw new FairleadError('unsupported', 'Ask for a stream with GET.')
  const about = { ip: peer.ip, userAgent: String(request.headers['user-agent'] ?? ''), trace }
  if (!sameOrigin(request, token !== undefined, peer.tls)) throw new FairleadError('forbidden', 'This request came from another site.')
  const findAgain = async () =>
    bearer?.token !== undefined ? deps.findToken(bearer.token, about) : token !== undefined ? deps.findCaller(token, about) : undefined
  const caller = await findAgain()
  if (bearer !== undefined && caller === undefined) {
    deps.rates.take('stranger', peer.ip)
    throw new FairleadError('unauthenticated', 'This token is unknown, was removed, has expired, or may not be used from here.')
  }
  // Nothing of a stranger is read that no door is open for, and little at those that are: nobody fills the hub's memory unknown.
  const wanted = caller !== undefined || publicEndpoints.has(name)
  const asked = wanted ? await readParams(context, endpoint, bodyBytes[caller === undefined ? 'stranger' : 'caller']) : {}
  const { params, ...resumed } = streams.resume(name, endpoint, asked, context.req.header('last-event-id'))
  const { context: admitted, done } = await deps.doors.admit({ name, endpoint, caller, params, about })
  const ended = (error: unknown) => done(error, performance.now() - startMs)
  const [feature = '', method = ''] = name.split('.')
  const handler = deps.doors.handlers[feature]![method] as unknown as (input: unknown, context: unknown) => unknown
  const abort = new AbortController()
  let named: ReturnType<FileAnswer['file']> = { name: '' }
  const extra = {
    ...admitted,
    resumable: (context.req.header('accept') ?? '').includes('text/event-stream'),
    saveAs: (name: string, size?: number) => void (named = size === undefined ? { name } : { name, bytes: size }),
    signal: abort.signal,
    trace,
    door: deps.doorOf(request, peer),
    cookie: {
      set: (value: string, seconds: number) => context.header('Set-Cookie', cookie(value, seconds)),
      clear: () => context.header('Set-Cookie', cookie('', 0)),
    },
    away: { set: (token: string) => context.header('Set-Cookie', awayCookie(token, awaySeconds), { append: true }) },
    device: { shown: readDevice(request), set: (token: string) => context.header('Set-Cookie', deviceCookie(token), { append: true }) },
  }
  try {
    const input = parseInput(endpoint, params)
    Object.assign(extra, readKey(context.req.header(keyHeader), admitted))
    if (endpoint.kind === 'stream') {
      const reader = readerOf(caller, findAgain)
      const items = handler(input, extra) as AsyncIterable<unknown>
      const { file } = endpoint.door
      if (file !== undefined) {
        const bytes = items as AsyncIterable<Uint8Array>
        return await streams.answerFile(context, { type: file, file: () => named, bytes, abort, reader, ended })
      }
      return streams.answer(context, { endpoint, items, abort, reader, ended, ...resumed })
    }
    if (endpoint.kind !== 'call') throw new FairleadError('unsupported', 'This goes over the console’s session only.')
    // Leaving is the cancel, as on the wire.
    context.req.raw.signal.addEventListener('abort', () => abort.abort())
    const value = await handler(input, extra)
    await ended(undefined)
    return await answerJson(context, value)
  } catch (error) {
    await ended(error)
    throw error
  }
}

function readerOf(caller: Caller | undefined, findAgain: () => Promise<Caller | undefined>): Reader {
  const { login = '', organization = '' } = caller ?? {}
  return { login, organization, stays: async () => (await findAgain())?.rights.key === caller?.rights.key }
}
