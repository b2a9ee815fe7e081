import type { FleetPage, FleetRow, FleetTotals } from '@fairlead/protocol/features/fleet.ts'
import type { InventoryChange, Row } from '@fairlead/protocol/features/inventory.ts'
import { parseFilter, parseSort, valueOf } from './query.ts'

export interface Query {
  readonly kind: string
  readonly filter: string
  readonly sort: readonly string[]
  readonly offset: number
  readonly limit: number
  readonly group?: string | undefined
}

export interface Usage {
  readonly cpu?: number
  readonly memoryBytes?: number
  readonly memoryLimitBytes?: number
  readonly netBytesPerSecond?: number
}

/** A host that says more than this is cut off, loudly: it is broken or hostile. */
const mostRowsPerHost = 20_000

/**
 * Everything on every host, in memory. It knows no kinds: rows come with their kind from the agents, are merged with their
 * usage by kind and id, and are asked for by filter, sort and page. Nothing here ever asks a host.
 */
export interface Inventory {
  apply(organization: string, host: string, hostName: string, change: InventoryChange): { readonly refused: number }
  usage(organization: string, host: string, kind: string, id: string, usage: Usage): void
  hostOffline(organization: string, host: string, atMs: number): void
  hostOnline(organization: string, host: string): void
  hostRenamed(organization: string, host: string, name: string): void
  hostGone(organization: string, host: string): void
  page(organization: string, query: Query): FleetPage
  find(organization: string, text: string, limit: number): FleetRow[]
  counts(organization: string, host: string): Record<string, number>
  /** Told, at most every 20 ms, that something of a kind changed. */
  onChange(organization: string, listener: (kinds: ReadonlySet<string>) => void): () => void
}

interface Organization {
  /** kind -> `host\0id` -> row */
  readonly kinds: Map<string, Map<string, FleetRow>>
  /** `host\0kind` -> ids of a snapshot that is under way */
  readonly snapshots: Map<string, Set<string>>
  readonly listeners: Set<(kinds: ReadonlySet<string>) => void>
  dirty: Set<string>
  timer: NodeJS.Timeout | undefined
  version: number
}

const settleMs = 20

export function openInventory(): Inventory {
  const organizations = new Map<string, Organization>()

  function of(organization: string): Organization {
    let found = organizations.get(organization)
    if (found === undefined) {
      found = { kinds: new Map(), snapshots: new Map(), listeners: new Set(), dirty: new Set(), timer: undefined, version: 0 }
      organizations.set(organization, found)
    }
    return found
  }

  function changed(own: Organization, kind: string): void {
    own.version++
    own.dirty.add(kind)
    own.timer ??= setTimeout(() => {
      const kinds = own.dirty
      own.dirty = new Set()
      own.timer = undefined
      for (const listener of own.listeners) listener(kinds)
    }, settleMs).unref()
  }

  /** Every row of one host, replaced by what `next` makes of it; undefined removes it. */
  function eachOfHost(organization: string, host: string, next: (row: FleetRow) => FleetRow | undefined): void {
    const own = of(organization)
    for (const [kind, rows] of own.kinds) {
      for (const [key, row] of rows) {
        if (row.host !== host) continue
        const now = next(row)
        if (now === undefined) rows.delete(key)
        else rows.set(key, now)
        changed(own, kind)
      }
    }
  }

  return {
    apply(organization, host, hostName, change) {
      const own = of(organization)
      const rows = own.kinds.get(change.kind) ?? new Map<string, FleetRow>()
      own.kinds.set(change.kind, rows)
      const snapshotKey = `${host}\0${change.kind}`
      if (change.reset) own.snapshots.set(snapshotKey, new Set())
      const snapshot = own.snapshots.get(snapshotKey)
      let refused = 0
      let held = -1
      for (const row of change.set) {
        const key = `${host}\0${row.id}`
        snapshot?.add(key)
        const before = rows.get(key)
        if (before === undefined) {
          if (held < 0) held = count(rows, host)
          if (held++ >= mostRowsPerHost) {
            refused++
            continue
          }
        }
        rows.set(key, merge(before, row, change.kind, host, hostName))
      }
      for (const id of change.unset) rows.delete(`${host}\0${id}`)
      if (change.done && snapshot !== undefined) {
        own.snapshots.delete(snapshotKey)
        for (const [key, row] of rows) if (row.host === host && !snapshot.has(key)) rows.delete(key)
      }
      changed(own, change.kind)
      return { refused }
    },
    usage(organization, host, kind, id, usage) {
      const own = of(organization)
      const rows = own.kinds.get(kind)
      const key = `${host}\0${id}`
      const row = rows?.get(key)
      if (rows === undefined || row === undefined) return
      rows.set(key, { ...row, ...usage })
      changed(own, kind)
    },
    hostOffline: (organization, host, atMs) => eachOfHost(organization, host, (row) => ({ ...row, staleMs: atMs })),
    hostOnline: (organization, host) =>
      eachOfHost(organization, host, (row) => {
        const { staleMs: _gone, ...rest } = row
        return rest
      }),
    hostRenamed: (organization, host, hostName) => eachOfHost(organization, host, (row) => ({ ...row, hostName })),
    hostGone: (organization, host) => eachOfHost(organization, host, () => undefined),
    page(organization, query) {
      const own = of(organization)
      const rows = own.kinds.get(query.kind) ?? new Map<string, FleetRow>()
      const match = query.filter.trim() === '' ? undefined : parseFilter(query.filter)
      const matching: FleetRow[] = []
      for (const row of rows.values()) if (match === undefined || match(row)) matching.push(row)
      matching.sort(parseSort(query.sort))
      return {
        rows: matching.slice(query.offset, query.offset + query.limit),
        offset: query.offset,
        totals: total(rows.size, matching, query.group),
        cursor: String(own.version),
      }
    },
    find(organization, text, limit) {
      const wanted = text.toLowerCase()
      const scored: { row: FleetRow; score: number }[] = []
      for (const rows of of(organization).kinds.values()) {
        for (const row of rows.values()) {
          const score = rank(row, wanted)
          if (score > 0) scored.push({ row, score })
        }
      }
      return scored
        .sort((a, b) => b.score - a.score || (a.row.name < b.row.name ? -1 : 1))
        .slice(0, limit)
        .map(({ row }) => row)
    },
    counts(organization, host) {
      const counts: Record<string, number> = {}
      for (const [kind, rows] of of(organization).kinds) {
        const number = count(rows, host)
        if (number > 0) counts[kind] = number
      }
      return counts
    },
    onChange(organization, listener) {
      const { listeners } = of(organization)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function count(rows: ReadonlyMap<string, FleetRow>, host: string): number {
  let number = 0
  for (const row of rows.values()) if (row.host === host) number++
  return number
}

function merge(before: FleetRow | undefined, row: Row, kind: string, host: string, hostName: string): FleetRow {
  const running = row.state !== 'off'
  return {
    ...row,
    kind,
    host,
    hostName,
    sinceMs: row.sinceMs > 0 ? row.sinceMs : before !== undefined && before.status === row.status ? before.sinceMs : Date.now(),
    ...(running && before?.cpu !== undefined ? { cpu: before.cpu } : {}),
    ...(running && before?.memoryBytes !== undefined ? { memoryBytes: before.memoryBytes } : {}),
    ...(before?.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: before.memoryLimitBytes }),
  }
}

function total(all: number, matching: readonly FleetRow[], group: string | undefined): FleetTotals {
  const states: Partial<Record<FleetRow['state'], number>> = {}
  const groups = new Map<string, number>()
  const offline = new Set<string>()
  let [cpu, memoryBytes, stale] = [0, 0, 0]
  for (const row of matching) {
    states[row.state] = (states[row.state] ?? 0) + 1
    cpu += row.cpu ?? 0
    memoryBytes += row.memoryBytes ?? 0
    if (row.staleMs !== undefined) {
      stale++
      offline.add(row.hostName)
    }
    if (group !== undefined) {
      const value = String(group === 'state' ? row.state : (valueOf(row, group) ?? ''))
      groups.set(value, (groups.get(value) ?? 0) + 1)
    }
  }
  return {
    all,
    matching: matching.length,
    states,
    stale,
    cpu,
    memoryBytes,
    offlineHosts: [...offline].sort(),
    ...(group === undefined
      ? {}
      : { groups: [...groups].map(([value, number]) => ({ value, count: number })).sort((a, b) => b.count - a.count) }),
  }
}

function rank(row: FleetRow, wanted: string): number {
  const name = row.name.toLowerCase()
  if (name === wanted) return 100
  if (name.startsWith(wanted)) return 80
  if (name.includes(wanted)) return 60
  if (wanted.length >= 6 && row.id.startsWith(wanted)) return 50
  if (Object.values(row.facts).some((fact) => String(fact).toLowerCase().includes(wanted))) return 30
  return row.hostName.toLowerCase().includes(wanted) ? 20 : 0
}
