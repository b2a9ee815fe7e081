import { identitiesEn } from '../i18n/identities-en.ts'
import { messageOf } from '../i18n/said.ts'
import { plain } from '../kit/plain.ts'
import { say, type Word } from './words.ts'

/** What the hub does not take of a form, at the field that it is of. */
export interface Fault {
  readonly field: string
  readonly text: string
}

/** Fields that stand in another one's. */
const within: Readonly<Record<string, string>> = { port: 'host' }

/** Undefined: it is no field's, or none of these. */
export function faultOf(error: unknown, fields: readonly string[]): Fault | undefined {
  const named = (error as { details?: { field?: unknown } }).details?.field
  if (typeof named !== 'string') return undefined
  const last = named.split('.').at(-1) ?? ''
  const field = within[last] ?? last
  if (!fields.includes(field)) return undefined
  const taken = (error as { code?: unknown }).code === 'conflict' ? '.taken' : ''
  const word = `fault.${field}${taken}`
  return { field, text: Object.hasOwn(identitiesEn, word) ? say(word as Word) : plain(messageOf(error)) }
}
