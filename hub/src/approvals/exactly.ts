import { createHash } from 'node:crypto'
import type { SecondPersonAsked } from '../base/serve.ts'

/** What is asked, as a text that is the same for the same: places by their ids, fields by their names. */
export function writeParams({ params, host, environment }: Pick<SecondPersonAsked, 'params' | 'host' | 'environment'>): string {
  return JSON.stringify(
    sorted({ ...params, ...(host === undefined ? {} : { host: host.id }), ...(environment === undefined ? {} : { environment }) }),
  )
}

export function digestOf(method: string, params: string): Buffer {
  return createHash('sha256').update(`${method}\n${params}`).digest()
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]))
}
