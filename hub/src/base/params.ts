import type { Context } from 'hono'
import type { Endpoint } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Bindings } from './bindings.ts'

/** What a request may have: of somebody who is signed in, and of a stranger at the public doors. */
export const bodyBytes = { caller: 1024 * 1024, stranger: 16 * 1024 } as const

/** Path parameters, then the query or the JSON body; a field that the contract does not know is refused by name. */
export async function readParams(
  context: Context<Bindings>,
  endpoint: Endpoint,
  mostBytes: number = bodyBytes.caller,
): Promise<Record<string, unknown>> {
  const params: Record<string, unknown> = { ...context.req.param() }
  const given = context.req.method === 'GET' || context.req.method === 'DELETE' ? context.req.query() : await readBody(context, mostBytes)
  const known = fieldsOf(endpoint)
  for (const [field, value] of Object.entries(given)) {
    if (!known.has(field) || field in params)
      throw new FairleadError(
        'invalid_input',
        `"${field.slice(0, 64)}" is no field of this request; known are ${[...known.keys()].join(', ') || 'none'}.`,
        { details: { field: field.slice(0, 64) } },
      )
    params[field] =
      typeof value === 'string' && context.req.method !== 'POST' && context.req.method !== 'PATCH' ? coerce(value, known.get(field)) : value
  }
  return params
}

async function readBody(context: Context<Bindings>, mostBytes: number): Promise<Record<string, unknown>> {
  const text = await readText(context.req, mostBytes)
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

/** Never holds more than is allowed, whatever the length that was said, or none. */
export async function readText({ raw }: Context<Bindings>['req'], mostBytes: number): Promise<string> {
  const tooLarge = () => new FairleadError('too_large', `A request like this may have at most ${mostBytes / 1024} KiB.`)
  if (Number(raw.headers.get('content-length') ?? 0) > mostBytes) throw tooLarge()
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of raw.body ?? []) {
    bytes += (part as Uint8Array).length
    if (bytes > mostBytes) throw tooLarge()
    parts.push(part as Uint8Array)
  }
  return Buffer.concat(parts).toString('utf8')
}

interface Shape {
  readonly _zod: { readonly def: { readonly type: string; readonly innerType?: Shape; readonly shape?: Readonly<Record<string, Shape>> } }
}

/** Names of what a method is asked with, each with its type. */
export function fieldsOf({ input }: Endpoint): Map<string, string> {
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
