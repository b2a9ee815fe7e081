import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { fleetApi, FleetPage, FleetPatch, FleetRow, FleetTotals } from '@fairlead/protocol/features/fleet.ts'
import type { HubContext } from '../base/access.ts'
import type { Resume } from '../base/resume.ts'
import type { Sight } from '../base/sight.ts'
import type { Inventory, Query } from './inventory.ts'
import { createKept, type Kept } from './kept.ts'

/** An item of the stream holds 32 KiB; what is added to the rows leaves room. */
const pieceBytes = 24 * 1024
/** So many keys are what one item holds as an order. */
const mostRows = 200
const usagesPerItem = 180
/** Figures move all the time on some host: they are gathered, so that a list costs a viewer a few patches a second at most. */
const usageMs = 1000

/** All hosts' rows: pages, live pages, and what the palette finds. `kept`: where live pages go on after a break. */
export function serveFleet({ inventory, kept = createKept() }: FleetDeps): Handlers<typeof fleetApi, HubContext> {
  return {
    rows: async (query, { caller, sight }) => inventory.page(caller.organization, query, await sight()),
    watch: (query, { caller, sight, signal, resumable = false }) =>
      watch({ inventory, kept }, query, { organization: caller.organization, sight, resumable, signal }),
    find: async ({ text, limit }, { caller, sight }) => inventory.find(caller.organization, text, limit, await sight()),
  }
}

/** A snapshot of the page in pieces, then only what changed on it. A change of a row is told at once, of usage within a second. */
async function* watch(
  { inventory, kept }: Required<FleetDeps>,
  { after, ...query }: Query & { readonly after?: string | undefined },
  { organization, sight, resumable, signal }: Viewer,
): AsyncGenerator<FleetPatch> {
  const bell = createBell(signal)
  const stop = inventory.onChange(organization, ({ rows, usage }) => {
    if (rows.has(query.kind)) bell.ring('rows')
    else if (usage.has(query.kind)) bell.ring('usage')
  })
  try {
    const page = { ...query, limit: Math.min(query.limit, mostRows) }
    const look = async () => {
      const seen = await sight()
      const now = inventory.page(organization, page, seen)
      if (resumable) kept.keep({ organization, sight: seen.key }, page, now)
      return now
    }
    let shown = await look()
    const { key } = await sight()
    const seen = after === undefined ? undefined : kept.find({ organization, sight: key }, page, after)
    yield* seen === undefined ? snapshot(shown) : difference(seen, shown)
    let toldMs = performance.now()
    while (await bell.wait(() => toldMs + usageMs - performance.now())) {
      const next = await look()
      yield* difference(shown, next)
      shown = next
      toldMs = performance.now()
    }
  } finally {
    stop()
    bell.stop()
  }
}

interface Viewer {
  readonly organization: string
  readonly sight: () => Promise<Sight>
  readonly resumable: boolean
  readonly signal: AbortSignal
}

interface FleetDeps {
  readonly inventory: Inventory
  readonly kept?: Kept
}

/** After a break a reader goes on from the page it saw last, when that is still kept. */
export function resumeFleet(kept: Kept): Resume {
  return {
    idOf: ({ cursor }: FleetPatch) => cursor,
    after: (params, id) => (kept.holds(id) ? { params: { ...params, after: id } } : undefined),
  }
}

interface Bell {
  ring(what: 'rows' | 'usage'): void
  /** Resolves once something rang: rows at once, usage when `usageInMs` is over. False: the viewer left. */
  wait(usageInMs: () => number): Promise<boolean>
  stop(): void
}

function createBell(signal: AbortSignal): Bell {
  let [rows, usage] = [false, false]
  let wake = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const leave = () => wake.resolve()
  signal.addEventListener('abort', leave)
  return {
    ring(what) {
      if (what === 'rows') rows = true
      else usage = true
      wake.resolve()
    },
    async wait(usageInMs) {
      while (!signal.aborted && !rows) {
        const inMs = usage ? usageInMs() : Number.POSITIVE_INFINITY
        if (inMs <= 0) break
        // The timer wakes what waits now, also when it does so late.
        wake = Promise.withResolvers()
        if (Number.isFinite(inMs)) timer = setTimeout(() => wake.resolve(), inMs)
        await wake.promise
        clearTimeout(timer)
      }
      rows = usage = false
      return !signal.aborted
    },
    stop() {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    },
  }
}

function* snapshot({ rows, totals, cursor }: FleetPage): Generator<FleetPatch> {
  const light = sizeOf(totals) < 6 * 1024
  let at = 0
  for (const piece of cut(rows)) {
    const done = at + piece.length >= rows.length
    const whole = done && light
    yield { page: { at, rows: piece, done }, set: [], usage: [], ...(whole ? { totals } : {}), cursor: whole ? cursor : '' }
    at += piece.length
  }
  if (!light) yield { set: [], usage: [], totals, cursor }
}

/** Each item but the last leaves a reader where it was: what changed since is told again to one who goes on from there. */
function* difference(before: FleetPage, next: FleetPage): Generator<FleetPatch> {
  const items = [...changes(before, next)]
  for (const [index, item] of items.entries())
    yield index === items.length - 1 || item.page !== undefined ? item : { ...item, cursor: before.cursor }
}

function* changes(before: FleetPage, next: FleetPage): Generator<FleetPatch> {
  const known = new Map(before.rows.map((row) => [keyOf(row), row]))
  const set: FleetRow[] = []
  const usage: FleetPatch['usage'] = []
  for (const row of next.rows) {
    const old = known.get(keyOf(row))
    if (old === row) continue
    if (old !== undefined && sameButUsage(old, row)) usage.push([row.host, row.id, row.cpu ?? null, row.memoryBytes ?? null])
    else set.push(row)
  }
  const moved = next.rows.length !== before.rows.length || next.rows.some((row, index) => keyOf(before.rows[index]!) !== keyOf(row))
  const order = moved ? { order: next.rows.map(({ host, id }): [string, string] => [host, id]) } : {}
  // A row that is new to the page comes together with its place; what does not fit one item is told anew.
  if (moved && sizeOf(order) + sizeOf(set) > pieceBytes) return yield* snapshot(next)
  const figures = Array.from({ length: Math.ceil(usage.length / usagesPerItem) }, (_, piece) =>
    usage.slice(piece * usagesPerItem, (piece + 1) * usagesPerItem),
  )
  for (const piece of figures) yield { set: [], usage: piece, cursor: next.cursor }
  const sets = moved ? [set] : cut(set)
  for (const piece of sets.slice(0, -1)) yield { set: piece, usage: [], cursor: next.cursor }
  const last = sets.at(-1) ?? []
  if (last.length > 0 || moved) yield { set: last, usage: [], ...order, cursor: next.cursor }
  if (!sameTotals(before.totals, next.totals)) yield { set: [], usage: [], totals: next.totals, cursor: next.cursor }
}

const keyOf = ({ host, id }: FleetRow) => `${host}\0${id}`
const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

/** Rows in pieces that fit one item; at least one piece. */
function cut(rows: readonly FleetRow[]): FleetRow[][] {
  const pieces: FleetRow[][] = [[]]
  let bytes = 0
  for (const row of rows) {
    const size = sizeOf(row)
    if (bytes + size > pieceBytes && bytes > 0) {
      pieces.push([])
      bytes = 0
    }
    pieces.at(-1)!.push(row)
    bytes += size
  }
  return pieces
}

/** Whether two versions differ in their figures alone. A figure that came or went is told with the whole row. */
function sameButUsage(a: FleetRow, b: FleetRow): boolean {
  return (
    a.name === b.name &&
    a.state === b.state &&
    a.status === b.status &&
    a.detail === b.detail &&
    a.hostName === b.hostName &&
    a.staleMs === b.staleMs &&
    a.sinceMs === b.sinceMs &&
    a.tags === b.tags &&
    a.facts === b.facts &&
    a.links === b.links &&
    a.memoryLimitBytes === b.memoryLimitBytes &&
    (a.cpu === undefined) === (b.cpu === undefined) &&
    (a.memoryBytes === undefined) === (b.memoryBytes === undefined)
  )
}

function sameTotals(a: FleetTotals, b: FleetTotals): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
