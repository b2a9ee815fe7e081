import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'

export type Match = (row: FleetRow) => boolean

const term = /\s*(-?)(?:([a-z][a-z-]*):)?(?:"([^"]*)"|([^\s"]+))/gy

/**
 * The filter bar's language: `state:exited host:web-* tag:prod image:nginx -name:test "free text"`. Words of one name are
 * alternatives, different names must all match; `-` excludes. Throws `invalid_input` naming the word that cannot be read.
 */
export function parseFilter(text: string): Match {
  const wanted = new Map<string, ((row: FleetRow) => boolean)[]>()
  const excluded: Match[] = []
  term.lastIndex = 0
  let at = 0
  while (at < text.length && text.slice(at).trim() !== '') {
    term.lastIndex = at
    const found = term.exec(text)
    if (found === null)
      throw new FairleadError(
        'invalid_input',
        `The filter cannot be read from "${text.slice(at).trim().slice(0, 40)}" on: a quote is missing its end.`,
        { details: { field: 'filter', at } },
      )
    at = term.lastIndex
    const [, minus, name = '', quoted, bare] = found
    const match = matcher(name, quoted ?? bare ?? '')
    if (minus === '-') excluded.push(match)
    else wanted.set(name, [...(wanted.get(name) ?? []), match])
  }
  const groups = [...wanted].map(([name, any]) =>
    name === '' ? (row: FleetRow) => any.every((match) => match(row)) : (row: FleetRow) => any.some((match) => match(row)),
  )
  return (row) => groups.every((match) => match(row)) && !excluded.some((match) => match(row))
}

function matcher(name: string, value: string): Match {
  const like = pattern(value)
  switch (name) {
    case '':
      return (row) =>
        like(row.name) ||
        like(row.hostName) ||
        like(row.status) ||
        row.id.startsWith(value) ||
        Object.values(row.facts).some((fact) => like(String(fact))) ||
        row.tags.some(like)
    case 'state':
      return (row) => like(row.status) || like(row.state) || (value === 'stale' && row.staleMs !== undefined)
    case 'host':
      return (row) => like(row.hostName) || row.host === value
    case 'name':
      return (row) => like(row.name)
    case 'tag':
      return (row) => row.tags.some(like)
    case 'id':
      return (row) => row.id.startsWith(value)
    default:
      return (row) => like(String(row.facts[name] ?? '')) || row.links.some((link) => link.rel === name && like(link.id))
  }
}

/** With a `*`, the whole text must fit; without one, any part of it. Never a regular expression of the user's making. */
function pattern(value: string): (text: string) => boolean {
  const wanted = value.toLowerCase()
  if (!wanted.includes('*')) return (text) => text.toLowerCase().includes(wanted)
  const parts = wanted.split('*')
  return (text) => {
    const whole = text.toLowerCase()
    const [first = '', ...rest] = parts
    const last = rest.pop() ?? ''
    if (!whole.startsWith(first) || !whole.endsWith(last) || whole.length < first.length + last.length) return false
    let at = first.length
    for (const part of rest) {
      at = whole.indexOf(part, at)
      if (at < 0 || at + part.length > whole.length - last.length) return false
      at += part.length
    }
    return true
  }
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** Compares by the columns in order; a figure that is not there comes last, whichever the direction. */
export function parseSort(columns: readonly string[]): (a: FleetRow, b: FleetRow) => number {
  const keys = columns.map((column) => ({ of: column.replace(/^-/, ''), down: column.startsWith('-') }))
  return (a, b) => {
    for (const { of, down } of keys) {
      const [left, right] = [valueOf(a, of), valueOf(b, of)]
      if (left === right) continue
      if (left === undefined) return 1
      if (right === undefined) return -1
      const order = typeof left === 'number' && typeof right === 'number' ? left - right : collator.compare(String(left), String(right))
      if (order !== 0) return down ? -order : order
    }
    return a.id < b.id ? -1 : 1
  }
}

const severity = { critical: 0, warn: 1, busy: 2, unknown: 3, ok: 4, off: 5 }

export function valueOf(row: FleetRow, column: string): string | number | undefined {
  switch (column) {
    case 'name':
      return row.name
    case 'host':
      return row.hostName
    case 'state':
      return severity[row.state]
    case 'status':
      return row.status
    case 'cpu':
      return row.cpu
    case 'memory':
      return row.memoryBytes
    case 'created':
      return row.createdMs
    case 'since':
      return row.sinceMs
    default: {
      const fact = row.facts[column]
      return typeof fact === 'boolean' ? String(fact) : (fact ?? row.links.find(({ rel }) => rel === column)?.id)
    }
  }
}
