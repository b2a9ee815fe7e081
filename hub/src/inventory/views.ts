import type { FleetRow, FleetTotals } from '@fairlead/protocol/features/fleet.ts'
import { wholeSight, type Sight } from '../base/sight.ts'
import { compareKeys, parseSort, sortKeyOf, valueOf, type SortColumn, type SortKey } from './columns.ts'
import { parseFilter, type Match } from './filter.ts'
import type { Entry } from './rows.ts'

/** What a filter lets through, in order. Kept current by the keys that changed, not made anew for each question. */
export interface View {
  readonly kind: string
  readonly size: number
  readonly totals: FleetTotals
  slice(offset: number, limit: number): FleetRow[]
  groups(column: string): { value: string; count: number }[]
  touch(key: string): void
}

interface Item {
  entry: Entry
  keys: readonly SortKey[]
}

/** Above this share of changed rows, of all that the filter would look at, a new sort is cheaper than so many moves. */
const rebuildShare = 0.2
const mostGroups = 100

interface ViewOptions {
  readonly kind: string
  readonly filter: string
  readonly sort: readonly string[]
  /** Of which hosts. */
  readonly sight: Sight
  readonly entries: () => ReadonlyMap<string, Entry>
}

/** Throws `invalid_input` for a filter that cannot be read. */
export function makeView({ kind, filter, sort, sight, entries }: ViewOptions): View {
  const match = matchOf(filter, sight)
  const columns = parseSort(sort)
  const compare = (a: Item, b: Item) => compareItems(columns, a, b)
  const dirty = new Set<string>()
  let items = new Map<string, Item>()
  let sorted: Item[] = []
  let fresh = false
  let totals: FleetTotals | undefined

  const itemOf = (entry: Entry): Item => ({ entry, keys: columns.map(({ column }) => sortKeyOf(entry.row, column)) })

  function rebuild(): void {
    items = new Map()
    for (const [key, entry] of entries()) if (match(entry)) items.set(key, itemOf(entry))
    sorted = [...items.values()].sort(compare)
    fresh = true
  }

  function patch(key: string): void {
    const old = items.get(key)
    const entry = entries().get(key)
    const next = entry !== undefined && match(entry) ? itemOf(entry) : undefined
    if (old !== undefined && next !== undefined && compare(old, next) === 0) {
      // It stays where it is: most changes are usage, and most lists are by name.
      old.entry = next.entry
      return
    }
    if (old !== undefined) {
      sorted.splice(placeOf(sorted, old, compare), 1)
      items.delete(key)
    }
    if (next !== undefined) {
      sorted.splice(placeOf(sorted, next, compare), 0, next)
      items.set(key, next)
    }
  }

  function settle(): void {
    if (fresh && dirty.size === 0) return
    if (!fresh || dirty.size > entries().size * rebuildShare + 16) rebuild()
    else for (const key of dirty) patch(key)
    dirty.clear()
    totals = undefined
  }

  return {
    kind,
    get size() {
      settle()
      return sorted.length
    },
    get totals() {
      settle()
      return (totals ??= total(count(entries(), sight), sorted))
    },
    slice(offset, limit) {
      settle()
      return sorted.slice(offset, offset + limit).map(({ entry }) => entry.row)
    },
    groups(column) {
      settle()
      const counts = new Map<string, number>()
      for (const { entry } of sorted) {
        // A tag is one of several; anything else a row has once.
        const values = column === 'tag' ? entry.row.tags : [String(valueOf(entry.row, column) ?? '')]
        for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
      }
      return [...counts]
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
        .slice(0, mostGroups)
        .map(({ value, count }) => ({ value: value.slice(0, 128), count }))
    },
    touch: (key) => void dirty.add(key),
  }
}

function matchOf(filter: string, { sees }: Sight): Match {
  const match: Match = filter.trim() === '' ? () => true : parseFilter(filter)
  return (entry) => sees(entry.row.host) && match(entry)
}

function count(entries: ReadonlyMap<string, Entry>, sight: Sight): number {
  if (sight === wholeSight) return entries.size
  let seen = 0
  for (const { row } of entries.values()) if (sight.sees(row.host)) seen++
  return seen
}

function compareItems(columns: readonly SortColumn[], a: Item, b: Item): number {
  for (let i = 0; i < columns.length; i++) {
    const order = compareKeys(a.keys[i], b.keys[i], columns[i]!.down)
    if (order !== 0) return order
  }
  return a.entry.key < b.entry.key ? -1 : a.entry.key > b.entry.key ? 1 : 0
}

/** The first place whose item is not before this one. */
function placeOf(sorted: readonly Item[], item: Item, compare: (a: Item, b: Item) => number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(sorted[middle]!, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function total(all: number, sorted: readonly Item[]): FleetTotals {
  const states: Partial<Record<FleetRow['state'], number>> = {}
  const offline = new Set<string>()
  let [cpu, memoryBytes, stale] = [0, 0, 0]
  for (const { entry } of sorted) {
    const { row } = entry
    states[row.state] = (states[row.state] ?? 0) + 1
    if (row.staleMs !== undefined) {
      // What nobody measures now is in no sum of what is used now.
      stale++
      offline.add(row.hostName)
      continue
    }
    cpu += row.cpu ?? 0
    memoryBytes += row.memoryBytes ?? 0
  }
  return { all, matching: sorted.length, states, stale, cpu, memoryBytes, offlineHosts: [...offline].sort().slice(0, 100) }
}
