import type { FleetPage, FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { InventoryChange } from '@fairlead/protocol/features/inventory.ts'
import { wholeSight, type Sight } from '../base/sight.ts'
import { findRows, nameOnHost } from './find.ts'
import { makeRows, type Rows, type Usage } from './rows.ts'
import { makeView, type View } from './views.ts'

export type { Usage } from './rows.ts'

export interface Query {
  readonly kind: string
  readonly filter: string
  readonly sort: readonly string[]
  readonly offset: number
  readonly limit: number
  readonly group?: string | undefined
}

/** What changed since a listener was told last: kinds of which rows changed, and kinds of which only the usage did. */
export interface Changed {
  readonly rows: ReadonlySet<string>
  readonly usage: ReadonlySet<string>
}

/**
 * Everything on every host, in memory. It knows no kinds: rows come with their kind from the agents, are merged with their
 * usage by kind and id, and are asked for by filter, sort and page. Nothing here ever asks a host.
 */
export interface Inventory {
  apply(organization: string, host: string, hostName: string, change: InventoryChange): { readonly refused: number }
  /** What each thing of a kind on a host uses now; what is not named is no longer measured. */
  usage(organization: string, host: string, kind: string, figures: ReadonlyMap<string, Usage>): void
  /** Its rows stay, marked with when they were last true. Each is live again when the host names it again. */
  hostOffline(organization: string, host: string, atMs: number): void
  hostRenamed(organization: string, host: string, name: string): void
  hostGone(organization: string, host: string): void
  /** Throws `invalid_input` for a filter that cannot be read. `sight`: of which hosts; all, when it is left out. */
  page(organization: string, query: Query, sight?: Sight): FleetPage
  find(organization: string, text: string, limit: number, sight?: Sight): FleetRow[]
  /** What a thing on a host is called, by its id or the beginning of one; empty: there is none, or more than one. */
  nameOf(organization: string, host: string, id: string): string
  /** Rows of each kind on a host. */
  counts(organization: string, host: string): Record<string, number>
  /** Told, at most every 20 ms, what changed. */
  onChange(organization: string, listener: (changed: Changed) => void): () => void
}

interface Organization {
  readonly rows: Rows
  /** By query, the least recently asked first. */
  readonly views: Map<string, View>
  readonly listeners: Set<(changed: Changed) => void>
  changed: { rows: Set<string>; usage: Set<string> }
  timer: NodeJS.Timeout | undefined
  version: number
}

const settleMs = 20
const mostViews = 24

export function openInventory(): Inventory {
  const organizations = new Map<string, Organization>()
  // A cursor of an earlier start of the hub is never taken for one of this.
  const epoch = Date.now().toString(36)

  function of(id: string): Organization {
    const found = organizations.get(id)
    if (found !== undefined) return found
    const own: Organization = {
      rows: makeRows((kind, key, usageOnly) => touch(own, kind, key, usageOnly)),
      views: new Map(),
      listeners: new Set(),
      changed: { rows: new Set(), usage: new Set() },
      timer: undefined,
      version: 0,
    }
    organizations.set(id, own)
    return own
  }

  const replace = (organization: string, host: string, next: (row: FleetRow) => FleetRow | undefined) =>
    of(organization).rows.replace(host, next)

  return {
    apply: (organization, host, hostName, change) => of(organization).rows.apply(host, hostName, change),
    usage: (organization, host, kind, figures) => of(organization).rows.usage(host, kind, figures),
    hostOffline(organization, host, atMs) {
      of(organization).rows.forgetSnapshots(host)
      replace(organization, host, (row) => ({ ...row, staleMs: row.staleMs ?? atMs }))
    },
    hostRenamed: (organization, host, hostName) => replace(organization, host, (row) => ({ ...row, hostName })),
    hostGone(organization, host) {
      of(organization).rows.forgetSnapshots(host)
      replace(organization, host, () => undefined)
    },
    page(organization, query, sight = wholeSight) {
      const own = of(organization)
      const view = viewOf(own, query, sight)
      return {
        rows: view.slice(query.offset, query.limit),
        offset: query.offset,
        totals: query.group === undefined ? view.totals : { ...view.totals, groups: view.groups(query.group) },
        cursor: `${epoch}-${own.version}`,
      }
    },
    find: (organization, text, limit, sight = wholeSight) => findRows(of(organization).rows, { text, limit, sight }),
    nameOf: (organization, host, id) => nameOnHost(of(organization).rows, host, id),
    counts: (organization, host) => of(organization).rows.counts(host),
    onChange(organization, listener) {
      const { listeners } = of(organization)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Everyone who asks the same and sees the same shares one sorted view; those that nobody asked for lately make room. */
function viewOf({ rows, views }: Organization, { kind, filter, sort }: Query, sight: Sight): View {
  const key = JSON.stringify([kind, filter, sort, sight.key])
  const view = views.get(key) ?? makeView({ kind, filter, sort, sight, entries: () => rows.entries(kind) })
  views.delete(key)
  views.set(key, view)
  if (views.size > mostViews) views.delete(views.keys().next().value!)
  return view
}

function touch(own: Organization, kind: string, key: string, usageOnly: boolean): void {
  own.version++
  for (const view of own.views.values()) if (view.kind === kind) view.touch(key)
  own.changed[usageOnly ? 'usage' : 'rows'].add(kind)
  own.timer ??= setTimeout(() => {
    const { changed } = own
    own.changed = { rows: new Set(), usage: new Set() }
    own.timer = undefined
    for (const listener of own.listeners) listener(changed)
  }, settleMs).unref()
}
