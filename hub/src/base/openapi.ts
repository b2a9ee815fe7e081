import type { Endpoint } from '@fairlead/protocol/api.ts'
import { codes } from '@fairlead/protocol/errors.ts'
import * as z from 'zod/mini'

/** OpenAPI 3.1, derived from the contracts like everything else. */
export function renderOpenApi(endpoints: ReadonlyMap<string, Endpoint>, version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [name, endpoint] of endpoints) {
    if (endpoint.kind === 'duplex') continue
    const [verb = '', path = ''] = endpoint.door.http.split(' ')
    const at = `/api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`
    paths[at] = { ...paths[at], [verb.toLowerCase()]: describe(name, verb, path, endpoint) }
  }
  return { openapi: '3.1.0', info: { title: 'Fairlead', version }, paths, components: { schemas: { Error: errorSchema() } } }
}

function describe(name: string, verb: string, path: string, endpoint: Exclude<Endpoint, { kind: 'duplex' }>): Record<string, unknown> {
  const input = z.toJSONSchema(endpoint.input, { io: 'input', unrepresentable: 'any' }) as {
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
  ]
  const content =
    endpoint.kind === 'call'
      ? { 'application/json': { schema: z.toJSONSchema(endpoint.output, { io: 'output', unrepresentable: 'any' }) } }
      : { 'application/x-ndjson': {}, 'text/event-stream': {} }
  const body = Object.fromEntries(rest)
  return {
    operationId: name,
    'x-permission': endpoint.door.needs,
    'x-scope': endpoint.door.on,
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

function errorSchema(): Record<string, unknown> {
  const error = {
    type: 'object',
    properties: { code: { enum: Object.keys(codes) }, message: { type: 'string' }, details: { type: 'object' }, id: { type: 'string' } },
    required: ['code', 'message'],
  }
  return { type: 'object', properties: { error }, required: ['error'] }
}
