import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { fleetApi, FleetPatch, FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { HubContext } from '../base/access.ts'
import type { Inventory, Query } from './inventory.ts'

const rowsPerItem = 20

/** All hosts' rows: pages, live pages, and what the palette finds. */
export function serveFleet({ inventory }: { inventory: Inventory }): Handlers<typeof fleetApi, HubContext> {
  return {
    rows: async (query, { caller }) => inventory.page(caller.organization, query),
    watch: (query, { caller, signal }) => watch(inventory, caller.organization, query, signal),
    find: async ({ text, limit }, { caller }) => inventory.find(caller.organization, text, limit),
  }
}

/** A snapshot of the page in pieces, then only what changed on it. Changes within 50 ms become one patch. */
async function* watch(inventory: Inventory, organization: string, query: Query, signal: AbortSignal): AsyncGenerator<FleetPatch> {
  let wake = Promise.withResolvers<void>()
  const stop = inventory.onChange(organization, (kinds) => {
    if (kinds.has(query.kind)) wake.resolve()
  })
  signal.addEventListener('abort', () => wake.resolve())
  try {
    // Two hundred keys are what one item holds.
    const page = { ...query, limit: Math.min(query.limit, 200) }
    let shown = inventory.page(organization, page)
    for (let at = 0; at === 0 || at < shown.rows.length; at += rowsPerItem) {
      const rows = shown.rows.slice(at, at + rowsPerItem)
      const done = at + rowsPerItem >= shown.rows.length
      yield { page: { at, rows, done }, set: [], usage: [], ...(done ? { totals: shown.totals } : {}), cursor: shown.cursor }
    }
    while (!signal.aborted) {
      await wake.promise
      if (signal.aborted) return
      wake = Promise.withResolvers()
      const next = inventory.page(organization, page)
      yield* diff(shown, next)
      shown = next
    }
  } finally {
    stop()
  }
}

function* diff(before: { rows: FleetRow[] }, next: ReturnType<Inventory['page']>): Generator<FleetPatch> {
  const known = new Map(before.rows.map((row) => [`${row.host}\0${row.id}`, row]))
  const set: FleetRow[] = []
  const usage: FleetPatch['usage'] = []
  for (const row of next.rows) {
    const old = known.get(`${row.host}\0${row.id}`)
    if (old === row) continue
    if (old !== undefined && sameButUsage(old, row)) usage.push([row.host, row.id, row.cpu ?? null, row.memoryBytes ?? null])
    else set.push(row)
  }
  const order = next.rows.map(({ host, id }): [string, string] => [host, id])
  const moved =
    order.length !== before.rows.length || before.rows.some(({ host, id }, index) => order[index]![0] !== host || order[index]![1] !== id)
  const pieces = Math.max(1, Math.ceil(set.length / rowsPerItem), Math.ceil(usage.length / 200))
  for (let piece = 0; piece < pieces; piece++) {
    const last = piece === pieces - 1
    yield {
      set: set.slice(piece * rowsPerItem, (piece + 1) * rowsPerItem),
      usage: usage.slice(piece * 200, (piece + 1) * 200),
      ...(last && moved ? { order } : {}),
      ...(last ? { totals: next.totals } : {}),
      cursor: next.cursor,
    }
  }
}

function sameButUsage(a: FleetRow, b: FleetRow): boolean {
  return (
    a.name === b.name &&
    a.state === b.state &&
    a.status === b.status &&
    a.detail === b.detail &&
    a.hostName === b.hostName &&
    a.staleMs === b.staleMs &&
    a.tags === b.tags &&
    a.facts === b.facts &&
    a.links === b.links
  )
}
