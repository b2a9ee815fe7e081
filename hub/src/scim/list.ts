import { urns } from './schema.ts'
import type { Resource } from './read.ts'

export interface Page {
  readonly startIndex: number
  readonly count: number
}

export const mostResults = 200

/** From 1, as the standard counts; what is below or above is as near as it may be. */
export function pageOf({ startIndex, count }: Page): { readonly offset: number; readonly limit: number } {
  return { offset: Math.min(Math.max(startIndex, 1), 1_000_000) - 1, limit: Math.min(Math.max(count, 0), mostResults) }
}

export function listOf(resources: readonly Resource[], totalResults: number, startIndex = 1): Resource {
  return { schemas: [urns.list], totalResults, startIndex: Math.max(startIndex, 1), itemsPerPage: resources.length, Resources: resources }
}

interface Shown {
  readonly attributes?: string | undefined
  readonly excludedAttributes?: string | undefined
}

const always = new Set(['schemas', 'id'])

/** Only the attributes that were asked for, or all but those that were not. */
export function pick(resource: Resource, { attributes, excludedAttributes }: Shown): Resource {
  const named = (text: string) => new Set(text.split(',').map((one) => one.trim().toLowerCase().split(/[.[]/)[0]!))
  const wanted = attributes === undefined ? undefined : named(attributes)
  const unwanted = named(excludedAttributes ?? '')
  const shows = (name: string) =>
    always.has(name) || (wanted === undefined ? !unwanted.has(name.toLowerCase()) : wanted.has(name.toLowerCase()))
  return Object.fromEntries(Object.entries(resource).filter(([name]) => shows(name)))
}
