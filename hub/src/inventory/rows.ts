import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { InventoryChange, Row } from '@fairlead/protocol/features/inventory.ts'

/** A row as it is kept; a new one for each change, so that what has changed is seen by identity. */
export interface Entry {
  /** `host\0id`: unique in its kind. */
  readonly key: string
  readonly row: FleetRow
  /** Shared by all versions that differ in usage alone. */
  readonly words: { text: string | undefined }
  /** As the host told it. */
  readonly bytes: number
}

export interface Usage {
  readonly cpu?: number | undefined
  readonly memoryBytes?: number | undefined
  readonly memoryLimitBytes?: number | undefined
  readonly netBytesPerSecond?: number | undefined
}

/** A host that says more than this is cut off, loudly: it is broken or hostile. */
export const inventoryLimits = { rowsPerHost: 20_000, kindsPerHost: 64, rowBytes: 16 * 1024, bytesPerHost: 32 * 1024 * 1024 } as const

/** What happened to one key; the views of the kind are told. */
type Touch = (kind: string, key: string, usageOnly: boolean) => void

interface Kind {
  readonly entries: Map<string, Entry>
  readonly keysOfHost: Map<string, Set<string>>
}

/** The rows of one organization, by kind and by host. It knows no kinds: they come with the rows. */
export interface Rows {
  entries(kind: string): ReadonlyMap<string, Entry>
  kinds(): Iterable<string>
  /** `refused`: rows left out because the host has too many, or the row is too big. */
  apply(host: string, hostName: string, change: InventoryChange): { readonly refused: number }
  /** What each thing of a kind on a host uses now; what is not named is no longer measured. */
  usage(host: string, kind: string, figures: ReadonlyMap<string, Usage>): void
  /** Each row of a host, replaced by what `next` makes of it; undefined removes it. */
  replace(host: string, next: (row: FleetRow) => FleetRow | undefined): void
  /** A snapshot that was under way will not be finished. */
  forgetSnapshots(host: string): void
  counts(host: string): Record<string, number>
}

const nothing: ReadonlyMap<string, Entry> = new Map()

export function makeRows(touch: Touch): Rows {
  const kinds = new Map<string, Kind>()
  /** host -> kind -> keys that a snapshot under way has named */
  const snapshots = new Map<string, Map<string, Set<string>>>()
  const { put, remove, held, kindOf, fits } = createKinds(kinds, touch)

  return {
    entries: (kind) => kinds.get(kind)?.entries ?? nothing,
    kinds: () => kinds.keys(),
    apply(host, hostName, { kind: name, reset, done, set, unset }) {
      const before = held(host)
      const own = snapshots.get(host) ?? new Map<string, Set<string>>()
      const { kindsPerHost: most } = inventoryLimits
      // A snapshot that is never done is remembered as well, though it name nothing.
      const full = before.kinds >= most && kinds.get(name)?.keysOfHost.has(host) !== true
      if (full || (reset && own.size >= most && !own.has(name))) return { refused: set.length }
      const kind = kindOf(name)
      if (reset) snapshots.set(host, own.set(name, new Set()))
      const seen = own.get(name)
      let [{ rows }, refused] = [before, 0]
      for (const row of set) {
        const key = `${host}\0${row.id}`
        const old = kind.entries.get(key)
        const size = Buffer.byteLength(JSON.stringify(row))
        if ((old === undefined && rows >= inventoryLimits.rowsPerHost) || !fits(host, size, old)) {
          refused++
          continue
        }
        if (old === undefined) rows++
        seen?.add(key)
        put(kind, { key, row: merge(old?.row, row, name, host, hostName), words: { text: undefined }, bytes: size }, false)
      }
      for (const key of unset.map((id) => `${host}\0${id}`)) {
        seen?.delete(key)
        remove(name, kind, host, key)
      }
      if (done && seen !== undefined) {
        own.delete(name)
        for (const key of kind.keysOfHost.get(host) ?? []) if (!seen.has(key)) remove(name, kind, host, key)
      }
      if (kind.entries.size === 0) kinds.delete(name)
      return { refused }
    },
    usage(host, name, figures) {
      const kind = kinds.get(name)
      for (const key of kind?.keysOfHost.get(host) ?? []) {
        const entry = kind!.entries.get(key)!
        const next = withUsage(entry.row, figures.get(entry.row.id))
        if (next !== entry.row) put(kind!, { ...entry, row: next }, true)
      }
    },
    replace(host, next) {
      for (const [name, kind] of kinds) {
        for (const key of kind.keysOfHost.get(host) ?? []) {
          const entry = kind.entries.get(key)!
          const row = next(entry.row)
          if (row === undefined) remove(name, kind, host, key)
          else put(kind, { ...entry, row, words: { text: undefined } }, false)
        }
        if (kind.entries.size === 0) kinds.delete(name)
      }
    },
    forgetSnapshots: (host) => void snapshots.delete(host),
    counts(host) {
      const counts: Record<string, number> = {}
      for (const [name, { keysOfHost }] of kinds) {
        const size = keysOfHost.get(host)?.size ?? 0
        if (size > 0) counts[name] = size
      }
      return counts
    },
  }
}

/** What is done to single rows; `kinds` is changed in place. */
function createKinds(kinds: Map<string, Kind>, touch: Touch) {
  const bytesOf = new Map<string, number>()
  const weigh = (host: string, more: number) => {
    const bytes = (bytesOf.get(host) ?? 0) + more
    if (bytes > 0) bytesOf.set(host, bytes)
    else bytesOf.delete(host)
  }
  return {
    fits(host: string, size: number, instead: Entry | undefined): boolean {
      const { rowBytes, bytesPerHost } = inventoryLimits
      return size <= rowBytes && (bytesOf.get(host) ?? 0) + size - (instead?.bytes ?? 0) <= bytesPerHost
    },
    kindOf(name: string): Kind {
      let kind = kinds.get(name)
      if (kind === undefined) kinds.set(name, (kind = { entries: new Map(), keysOfHost: new Map() }))
      return kind
    },
    put(kind: Kind, entry: Entry, usageOnly: boolean): void {
      const { host, kind: name } = entry.row
      let keys = kind.keysOfHost.get(host)
      if (keys === undefined) kind.keysOfHost.set(host, (keys = new Set()))
      keys.add(entry.key)
      weigh(host, entry.bytes - (kind.entries.get(entry.key)?.bytes ?? 0))
      kind.entries.set(entry.key, entry)
      touch(name, entry.key, usageOnly)
    },
    remove(name: string, kind: Kind, host: string, key: string): void {
      const entry = kind.entries.get(key)
      if (entry === undefined) return
      kind.entries.delete(key)
      weigh(host, -entry.bytes)
      const keys = kind.keysOfHost.get(host)
      keys?.delete(key)
      if (keys?.size === 0) kind.keysOfHost.delete(host)
      touch(name, key, false)
    },
    held(host: string): { rows: number; kinds: number } {
      let [rows, count] = [0, 0]
      for (const { keysOfHost } of kinds.values()) {
        const size = keysOfHost.get(host)?.size ?? 0
        rows += size
        if (size > 0) count++
      }
      return { rows, kinds: count }
    },
  }
}

/** Everything of a row that free text is looked for in, lower-cased once. */
export function wordsOf({ row, words }: Entry): string {
  words.text ??= [row.name, row.hostName, row.status, ...row.tags, ...Object.values(row.facts)].join('\n').toLowerCase()
  return words.text
}

const usageFields = ['cpu', 'memoryBytes', 'memoryLimitBytes', 'netBytesPerSecond'] as const

function withUsage(row: FleetRow, usage: Usage = {}): FleetRow {
  if (usageFields.every((field) => row[field] === usage[field])) return row
  const next: Record<string, unknown> = { ...row }
  for (const field of usageFields) {
    if (usage[field] === undefined) delete next[field]
    else next[field] = usage[field]
  }
  return next as FleetRow
}

function merge(before: FleetRow | undefined, row: Row, kind: string, host: string, hostName: string): FleetRow {
  const now = Date.now()
  const since = before !== undefined && before.status === row.status ? before.sinceMs : now
  // A host whose clock runs ahead must not make a container from the future.
  const past = (ms: number) => (ms > now ? now : Math.max(0, ms))
  const next: FleetRow = {
    ...row,
    kind,
    host,
    hostName,
    createdMs: past(row.createdMs),
    sinceMs: row.sinceMs > 0 ? past(row.sinceMs) : since,
  }
  // What does not run uses nothing; what does keeps its figures until the next sample.
  return before === undefined || row.state === 'off' ? next : withUsage(next, before)
}
