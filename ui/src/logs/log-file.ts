import type { Observed } from '../i18n/observe.ts'
import type { SourceRef } from './sources.ts'
import { parseTime } from './stamp.ts'

/** What somebody typed who wants a whole log. */
export interface Wanted {
  readonly from: string
  readonly until: string
  readonly last: string
  readonly times: boolean
}

const mostLines = 1_000_000

/** The address that the log is saved from, or which field is wrong and why. */
export function logFileUrl(
  { host, id }: Pick<SourceRef, 'host' | 'id'>,
  { from, until, last, times }: Wanted,
  nowMs: number,
): { readonly url: string } | { readonly field: keyof Wanted; readonly why: Observed } {
  const sinceMs = from.trim() === '' ? undefined : parseTime(from, nowMs)
  const untilMs = until.trim() === '' ? undefined : parseTime(until, nowMs)
  const tail = last.trim() === '' ? undefined : Number(last.trim())
  if (from.trim() !== '' && sinceMs === undefined) return { field: 'from', why: 'logs.whole.badFrom' }
  if (until.trim() !== '' && untilMs === undefined) return { field: 'until', why: 'logs.whole.badUntil' }
  if (sinceMs !== undefined && untilMs !== undefined && untilMs < sinceMs) return { field: 'until', why: 'logs.whole.badOrder' }
  if (tail !== undefined && !(Number.isInteger(tail) && tail >= 1 && tail <= mostLines)) return { field: 'last', why: 'logs.whole.badLast' }
  const query = new URLSearchParams()
  if (sinceMs !== undefined) query.set('sinceMs', String(sinceMs))
  if (untilMs !== undefined) query.set('untilMs', String(untilMs))
  if (tail !== undefined) query.set('tail', String(tail))
  if (times) query.set('timestamps', 'true')
  const asked = query.toString()
  const path = `/api/v1/hosts/${encodeURIComponent(host)}/containers/${encodeURIComponent(id)}/logs/file`
  return { url: asked === '' ? path : `${path}?${asked}` }
}
