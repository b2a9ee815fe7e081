import type { Endpoint } from '@fairlead/protocol/api.ts'
import { codes } from '@fairlead/protocol/errors.ts'
import * as z from 'zod/mini'
import { cookieName } from './headers.ts'
import { keyHeader } from './key.ts'

/** OpenAPI 3.1, derived from the contracts like everything else. */
export function renderOpenApi(endpoints: ReadonlyMap<string, Endpoint>, version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [name, endpoint] of endpoints) {
    if (endpoint.kind === 'duplex' || endpoint.door.standard !== undefined) continue
    const [verb = '', path = ''] = endpoint.door.http.split(' ')
    const at = `/api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`
    paths[at] = { ...paths[at], [verb.toLowerCase()]: describe(name, verb, path, endpoint) }
  }
  const info = { title: 'Fairlead', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } }
  const login = {
    type: 'apiKey',
    in: 'cookie',
    name: cookieName,
    description: 'The login of the console; requests come from its own origin.',
  }
  const features = new Set([...endpoints.keys()].map((name) => name.split('.')[0]!))
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    tags: [...features].map((name) => ({ name })),
    security: [{ login: [] }],
    paths,
    components: { schemas: { Error: errorSchema() }, securitySchemes: { login } },
  }
}

function describe(name: string, verb: string, path: string, endpoint: Exclude<Endpoint, { kind: 'duplex' }>): Record<string, unknown> {
  const input = schemaOf(endpoint.input, 'input') as {
    properties?: Record<string, unknown>
    required?: string[]
  }
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, field]) => field!)
  const rest = Object.entries(input.properties ?? {}).filter(([field]) => !inPath.includes(field))
  const inQuery = verb === 'GET' || verb === 'DELETE'
  const parameters = [
    ...inPath.map((field) => ({ name: field, in: 'path', required: true, schema: { type: 'string' } })),
    ...(inQuery
      ? rest.map(([field, schema]) => ({ name: field, in: 'query', required: input.required?.includes(field) === true, schema }))
      : []),
    ...(endpoint.door.on === 'host' && endpoint.options.mutates === true ? [keyParameter] : []),
  ]
  const content =
    endpoint.kind === 'call'
      ? { 'application/json': { schema: schemaOf(endpoint.output, 'output') } }
      : endpoint.door.file !== undefined
        ? { [endpoint.door.file.split(';')[0]!]: {} }
        : { 'application/x-ndjson': {}, 'text/event-stream': {} }
  const body = Object.fromEntries(rest)
  return {
    operationId: name,
    tags: [name.split('.')[0]],
    ...(endpoint.door.on === 'public' ? { security: [] } : {}),
    'x-permission': endpoint.door.needs,
    'x-scope': endpoint.door.on,
    ...(endpoint.door.stepUp === true ? { 'x-step-up': true } : {}),
    parameters,
    ...(inQuery || rest.length === 0
      ? {}
      : {
          requestBody: {
            content: {
              'application/json': {
                schema: { type: 'object', properties: body, required: (input.required ?? []).filter((field) => field in body) },
              },
            },
          },
        }),
    responses: {
      '200': { description: 'Done.', content },
      default: { description: 'Refused or failed.', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  }
}

const keyParameter = {
  name: keyHeader,
  in: 'header',
  required: false,
  description:
    'Drawn by you, up to 128 characters: asked again under the same one, the host says how it ended, or does it now; never twice.',
  schema: { type: 'string', maxLength: 128 },
}

/** Without the dialect in each: the whole document is of one. */
function schemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

function errorSchema(): Record<string, unknown> {
  const error = {
    type: 'object',
    properties: { code: { enum: Object.keys(codes) }, message: { type: 'string' }, details: { type: 'object' }, id: { type: 'string' } },
    required: ['code', 'message'],
  }
  return { type: 'object', properties: { error }, required: ['error'] }
}
