import { Hono, type Context } from 'hono'
import type { Endpoint } from '@fairlead/protocol/api.ts'
import { codeOf, codes, FairleadError } from '@fairlead/protocol/errors.ts'
import type { ScimAnswer } from '@fairlead/protocol/features/scim.ts'
import { parseInput } from '@fairlead/protocol/wire/input.ts'
import type { Bindings } from '../base/bindings.ts'
import { readBearer, sameOrigin } from '../base/headers.ts'
import type { HttpDeps } from '../base/http.ts'
import { bodyBytes, readText } from '../base/params.ts'
import { newTrace, publicError } from '../base/serve.ts'
import { fault } from './fault.ts'
import { urns } from './schema.ts'

type Deps = Pick<HttpDeps, 'doors' | 'findToken' | 'peerOf' | 'rates'>
type Params = Record<string, unknown>

/** The endpoints of SCIM, at the hub's root: the same doors as everywhere, in the shapes of the standard. Only tokens come in. */
export function createScim(deps: Deps): Hono<Bindings> {
  const app = new Hono<Bindings>()
  for (const [name, endpoint] of deps.doors.endpoints) {
    if (endpoint.door.standard !== 'scim') continue
    const [verb = '', path = ''] = endpoint.door.http.split(' ')
    app.on(verb, path, (context) => answer(deps, name, endpoint, context))
  }
  app.all('/scim/*', (context) => say(context, 404, errorBody(404, 'There is nothing at this address, or it takes another method.')))
  return app
}

async function answer(deps: Deps, name: string, endpoint: Endpoint, context: Context<Bindings>): Promise<Response> {
  const trace = newTrace()
  context.header('X-Request-Id', trace)
  context.header('Cache-Control', 'no-store')
  try {
    return await admitAndRun(deps, name, endpoint, context, trace)
  } catch (error) {
    const details = error instanceof FairleadError ? error.details : undefined
    const status = Number(details?.['status'] ?? codes[codeOf(error)].status)
    if (status === 401) context.header('WWW-Authenticate', 'Bearer')
    if (status === 429 || status === 503) context.header('Retry-After', String(details?.['retryAfterSeconds'] ?? 2))
    return say(context, status, errorBody(status, publicError(error, trace).message, details?.['scimType']))
  }
}

async function admitAndRun(deps: Deps, name: string, endpoint: Endpoint, context: Context<Bindings>, trace: string): Promise<Response> {
  const startMs = performance.now()
  const request = context.env.incoming
  const peer = deps.peerOf(request)
  deps.rates.take('address', peer.ip)
  if (!sameOrigin(request, false, peer.tls)) throw new FairleadError('forbidden', 'This request came from another site.')
  const about = { ip: peer.ip, userAgent: String(request.headers['user-agent'] ?? ''), trace }
  // A cookie is never looked at: no page of anybody's browser gets in here.
  const token = readBearer(request)?.token
  const caller = token === undefined ? undefined : await deps.findToken(token, about)
  if (caller === undefined) {
    deps.rates.take('stranger', peer.ip)
    throw new FairleadError(
      'unauthenticated',
      'Show the token of a service account that may provision; this one is unknown, was removed, has expired, or may not be used from here.',
    )
  }
  const params = await readParams(context)
  const { context: admitted, done } = await deps.doors.admit({ name, endpoint, caller, params, about })
  const ended = (error: unknown) => done(error, performance.now() - startMs)
  const [feature = '', method = ''] = name.split('.')
  const handler = deps.doors.handlers[feature]![method] as unknown as (input: unknown, context: unknown) => Promise<ScimAnswer>
  try {
    const result = await handler(parseInput(endpoint, params), admitted)
    await ended(undefined)
    return show(context, result)
  } catch (error) {
    await ended(error)
    throw error
  }
}

function show(context: Context<Bindings>, { body, etag, location }: ScimAnswer): Response {
  const { method } = context.req
  if (method === 'DELETE') return context.body(null, 204)
  if (etag !== undefined) {
    context.header('ETag', etag)
    if (method === 'GET' && context.req.header('if-none-match') === etag) return context.body(null, 304)
  }
  if (method === 'POST' && location !== undefined) context.header('Location', location)
  return say(context, method === 'POST' ? 201 : 200, body)
}

/** Of the query what the standard has there; the body is one resource. */
async function readParams(context: Context<Bindings>): Promise<Params> {
  const { method } = context.req
  const id = context.req.param('id')
  const params: Params = id === undefined ? {} : { id }
  if (method === 'GET') {
    for (const name of ['filter', 'attributes', 'excludedAttributes', 'startIndex', 'count'] as const) {
      const text = context.req.query(name)
      // Of one resource there is no page; some directories ask for one all the same.
      if (text === undefined || (id !== undefined && !name.endsWith('ttributes'))) continue
      params[name] = name === 'startIndex' || name === 'count' ? readCount(name, text) : text
    }
    return params
  }
  const ifMatch = context.req.header('if-match')
  if (ifMatch !== undefined) params['ifMatch'] = ifMatch
  if (method === 'DELETE') return params
  return { ...params, resource: await readBody(context), ...(method === 'POST' ? { ifMatch: undefined } : {}) }
}

function readCount(name: string, text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw fault('invalidValue', `${name} is a whole number.`)
  return Number(text)
}

async function readBody(context: Context<Bindings>): Promise<Params> {
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/scim+json' && type !== 'application/json')
    throw fault('invalidSyntax', 'The body must be JSON, and Content-Type must say application/scim+json.')
  const text = await readText(context.req, bodyBytes.caller)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Params
  } catch {
    // Said below, alike for what is no JSON and what is no object.
  }
  throw fault('invalidSyntax', 'The body must be one JSON object.')
}

function errorBody(status: number, detail: string, scimType?: unknown): Params {
  return { schemas: [urns.error], status: String(status), ...(typeof scimType === 'string' ? { scimType } : {}), detail }
}

function say(context: Context<Bindings>, status: number, body: Params): Response {
  context.header('Content-Type', 'application/scim+json; charset=utf-8')
  return context.body(JSON.stringify(body), status as 200)
}
