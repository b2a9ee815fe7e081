import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { verbsCalled, verbWords } from './told.ts'

/** What a person filters the trail by, as it stands in the address of the page. */
export interface Wanted {
  readonly filter?: string
  readonly who?: string
  readonly verb?: string
  readonly outcome?: string
  readonly host?: string
  /** As a browser's field for a moment has it: local time, `2026-11-21T14:05`. */
  readonly from?: string
  readonly until?: string
}

const outcomes = ['ok', 'started', 'failed', 'refused'] as const

/** What the hub is asked for. */
export function fitsOf({ filter = '', who, verb, outcome, host, from, until }: Wanted) {
  const [sinceMs, untilMs] = [momentOf(from), momentOf(until)]
  const known = outcomes.find((one) => one === outcome)
  return {
    filter,
    verbs: [...verbsCalled(filter)],
    ...(who === undefined ? {} : { actor: who }),
    ...(verb === undefined ? {} : { verb }),
    ...(known === undefined ? {} : { outcome: known }),
    ...(host === undefined ? {} : { host }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(untilMs === undefined ? {} : { untilMs }),
  }
}

function momentOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : new Date(text).getTime()
  return Number.isNaN(ms) || ms < 0 ? undefined : ms
}

/** Whether a new row is one of those that are shown. */
export function fits(wanted: Wanted, row: AuditRow): boolean {
  const { actor, verb, outcome, host, sinceMs = -Infinity, untilMs = Infinity } = fitsOf(wanted)
  const said = `${row.verb} ${verbWords(row.verb)} ${row.actorName} ${row.hostName} ${row.target} ${row.targetName ?? ''}`.toLowerCase()
  return (
    [
      [actor, row.actor],
      [verb, row.verb],
      [outcome, row.outcome],
      [host, row.host],
    ].every(([asked, is]) => asked === undefined || asked === is) &&
    row.timeMs >= sinceMs &&
    row.timeMs < untilMs &&
    said.includes((wanted.filter ?? '').toLowerCase())
  )
}

export function isAll({ filter = '', ...rest }: Wanted): boolean {
  return filter === '' && Object.values(rest).every((value) => value === undefined || value === '')
}

/** Where what is shown is saved from. */
export function exportUrl(format: 'ndjson' | 'csv', wanted: Wanted): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fitsOf(wanted))) {
    const text = Array.isArray(value) ? value.join(',') : String(value)
    if (text !== '') query.set(name, text)
  }
  const asked = query.toString()
  return `/api/v1/audit/export.${format}${asked === '' ? '' : `?${asked}`}`
}
