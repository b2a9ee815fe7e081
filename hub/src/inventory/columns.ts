import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'

/** What a row is sorted by in one column; undefined: it has none, and comes last whichever the direction. */
export type SortKey = string | number | undefined

/** Figures and words that every row has, whatever its kind; any other name is a fact or a link of the kind's own. */
const common: Readonly<Record<string, (row: FleetRow) => string | number | undefined>> = {
  name: (row) => row.name,
  host: (row) => row.hostName,
  state: (row) => row.state,
  status: (row) => row.status,
  cpu: (row) => row.cpu,
  memory: (row) => row.memoryBytes,
  memoryLimit: (row) => row.memoryLimitBytes,
  net: (row) => row.netBytesPerSecond,
  created: (row) => (row.createdMs > 0 ? row.createdMs : undefined),
  since: (row) => (row.sinceMs > 0 ? row.sinceMs : undefined),
}

/** The most pressing first. */
const severity: Readonly<Record<FleetRow['state'], number>> = { critical: 0, warn: 1, busy: 2, unknown: 3, ok: 4, off: 5 }

/** A column's value as it is shown and counted. */
export function valueOf(row: FleetRow, column: string): string | number | undefined {
  if (Object.hasOwn(common, column)) return common[column]!(row)
  const fact = Object.hasOwn(row.facts, column) ? row.facts[column] : undefined
  if (fact !== undefined) return typeof fact === 'boolean' ? String(fact) : fact
  return row.links.find(({ rel }) => rel === column)?.id
}

export function sortKeyOf(row: FleetRow, column: string): SortKey {
  if (column === 'state') return severity[row.state]
  const value = valueOf(row, column)
  return typeof value === 'string' ? natural(value) : value
}

/** Text that compares as a person would order it: case and accents set aside, `web-9` before `web-10`. Made once, compared often. */
function natural(value: string): string {
  const plain = /[^\p{ASCII}]/u.test(value) ? value.normalize('NFKD').replaceAll(/\p{M}/gu, '') : value
  return plain.toLowerCase().replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'))
}

export interface SortColumn {
  readonly column: string
  readonly down: boolean
}

export function parseSort(columns: readonly string[]): SortColumn[] {
  return columns.map((column) => ({ column: column.replace(/^-/, ''), down: column.startsWith('-') }))
}

export function compareKeys(a: SortKey, b: SortKey, down: boolean): number {
  if (a === b) return 0
  if (a === undefined) return 1
  if (b === undefined) return -1
  // Figures before words, so that the order is total whatever two rows say under one name.
  const order = typeof a === typeof b ? (a < b ? -1 : 1) : typeof a === 'number' ? -1 : 1
  return down ? -order : order
}
