import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { SecondPersonAsked } from '../base/serve.ts'

const mostDepth = 16

/** What is asked, as a text that is the same for the same: places by their ids, fields by their names. */
export function writeParams({ params, host, environment }: Pick<SecondPersonAsked, 'params' | 'host' | 'environment'>): string {
  return JSON.stringify(
    sorted({ ...params, ...(host === undefined ? {} : { host: host.id }), ...(environment === undefined ? {} : { environment }) }),
  )
}

export function digestOf(method: string, params: string): Buffer {
  return createHash('sha256').update(`${method}\n${params}`).digest()
}

function sorted(value: unknown, depth = 0): unknown {
  if (depth > mostDepth)
    throw new FairleadError('invalid_input', `What needs a second person is asked with ${mostDepth} levels of nesting at most.`)
  if (Array.isArray(value)) return value.map((one) => sorted(one, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field, depth + 1)]))
}
