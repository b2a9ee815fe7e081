import type { AuditFits } from '@fairlead/protocol/features/audit.ts'
import { and, gte, ilike, like, lt, or, type SQL } from '../base/drizzle.ts'
import { audit } from '../base/tables.ts'

type Wanted = Partial<AuditFits>

/** In a row's canonical text a key with its value is found as it stands: within a string every quote is escaped. */
const has = (key: string, value: string) => `"${key}":${JSON.stringify(value)}`

const fieldsOf = ({ actor, verb, outcome, host }: Wanted) =>
  Object.entries({ actor, verb, outcome, host }).flatMap(([key, value]) => (value === undefined ? [] : [has(key, value)]))

/** A pattern that fits whatever has this text in it, taken as it is. */
const holding = (text: string) => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`

export function fitsInTable({ filter = '', verbs = [], sinceMs, untilMs, ...rest }: Wanted): SQL | undefined {
  return and(
    or(ilike(audit.body, holding(filter)), ...verbs.map((verb) => ilike(audit.body, holding(has('verb', verb))))),
    ...fieldsOf(rest).map((text) => like(audit.body, holding(text))),
    ...(sinceMs === undefined ? [] : [gte(audit.at, new Date(sinceMs))]),
    ...(untilMs === undefined ? [] : [lt(audit.at, new Date(untilMs))]),
  )
}

/** The same of a row that was read. */
export function fitsRow({
  filter = '',
  verbs = [],
  sinceMs = -Infinity,
  untilMs = Infinity,
  ...rest
}: Wanted): (body: string, timeMs: number) => boolean {
  const [text, fields] = [filter.toLowerCase(), fieldsOf(rest)]
  const called = verbs.map((verb) => has('verb', verb))
  return (body, timeMs) =>
    timeMs >= sinceMs &&
    timeMs < untilMs &&
    fields.every((field) => body.includes(field)) &&
    (text === '' || body.toLowerCase().includes(text) || called.some((verb) => body.includes(verb)))
}

/** Whether it asks for all rows there are. */
export function isEverything({ filter = '', actor, verb, outcome, host, sinceMs, untilMs }: Wanted): boolean {
  return filter === '' && [actor, verb, outcome, host, sinceMs, untilMs].every((part) => part === undefined)
}
