import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Sight } from '../base/sight.ts'
import { wordsOf, type Entry, type Rows } from './rows.ts'

interface Wanted {
  readonly text: string
  readonly limit: number
  readonly sight: Sight
}

/** The best matches over all kinds, for the palette: by name first, then id, then anything else a row says. */
export function findRows(rows: Rows, { text, limit, sight }: Wanted): FleetRow[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  const found: { readonly row: FleetRow; readonly score: number }[] = []
  for (const kind of rows.kinds()) {
    for (const entry of rows.entries(kind).values()) {
      const score = sight.sees(entry.row.host) ? rank(entry, wanted) : 0
      if (score > 0) found.push({ row: entry.row, score })
    }
  }
  return found
    .sort((a, b) => b.score - a.score || (a.row.name < b.row.name ? -1 : a.row.name > b.row.name ? 1 : a.row.host < b.row.host ? -1 : 1))
    .slice(0, limit)
    .map(({ row }) => row)
}

/** As short as the engine itself takes an id. */
const shortestId = 12

export function nameOnHost(rows: Rows, host: string, id: string): string {
  for (const kind of rows.kinds()) {
    const whole = rows.entries(kind).get(`${host}\0${id}`)
    if (whole !== undefined) return whole.row.name
  }
  if (id.length < shortestId) return ''
  const begin = `${host}\0${id}`
  const names: string[] = []
  for (const kind of rows.kinds()) for (const [key, { row }] of rows.entries(kind)) if (key.startsWith(begin)) names.push(row.name)
  return names.length === 1 ? names[0]! : ''
}

function rank(entry: Entry, wanted: string): number {
  const { row } = entry
  if (wanted.length >= 6 && row.id.startsWith(wanted)) return 50
  if (!wordsOf(entry).includes(wanted)) return 0
  const name = row.name.toLowerCase()
  if (name === wanted) return 100
  if (name.startsWith(wanted)) return 80
  if (name.includes(wanted)) return 60
  return row.hostName.toLowerCase().includes(wanted) ? 20 : 30
}
