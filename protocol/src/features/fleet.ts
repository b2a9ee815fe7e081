import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { json } from '../wire/json.ts'
import { Kind, Row, State } from './inventory.ts'

/** A row as the console sees it: with its host and what it uses now. */
export const FleetRow = z.extend(Row, {
  kind: Kind,
  host: z.string(),
  hostName: z.string(),
  /** The host is offline: the row is as it was at this time, ms since the epoch. Absent: live. */
  staleMs: z.optional(z.number()),
  /** Cores in use; absent when not measured. */
  cpu: z.optional(z.number()),
  memoryBytes: z.optional(z.number()),
  memoryLimitBytes: z.optional(z.number()),
  netBytesPerSecond: z.optional(z.number()),
})
export type FleetRow = z.infer<typeof FleetRow>

/**
 * `filter` is the typed filter bar's text: `state:exited host:web-* tag:prod image:nginx -name:test "free text"`.
 * `sort` is column names, the most important first, `-` before one for descending: `['-cpu', 'name']`.
 */
const FleetQuery = z.object({
  kind: Kind,
  filter: z._default(z.string().check(z.maxLength(1024)), ''),
  sort: z._default(z.array(z.string().check(z.maxLength(64))).check(z.maxLength(4)), ['name']),
  offset: z._default(z.int().check(z.gte(0)), 0),
  limit: z._default(z.int().check(z.gte(0), z.lte(500)), 200),
  /** Counted per value in `groups`: host, state, status, or a fact, tag or link name. */
  group: z.optional(z.string().check(z.maxLength(64))),
})
type FleetQuery = z.input<typeof FleetQuery>

export const FleetTotals = z.object({
  /** Rows of the kind, before the filter. */
  all: z.int(),
  /** Rows that the filter lets through. */
  matching: z.int(),
  states: z.partialRecord(State, z.int()),
  stale: z.int(),
  cpu: z.number(),
  memoryBytes: z.number(),
  /** Hosts that are offline and have rows here. */
  offlineHosts: z._default(z.array(z.string()), []),
  groups: z.optional(z.array(z.object({ value: z.string(), count: z.int() }))),
})
export type FleetTotals = z.infer<typeof FleetTotals>

export const FleetPage = z.object({ rows: z.array(FleetRow), offset: z.int(), totals: FleetTotals, cursor: z.string() })
export type FleetPage = z.infer<typeof FleetPage>

/** A live page: first `page` items until `done`, then patches. Rows keep their place in the order of the query. */
export const FleetPatch = z.object({
  /** Replaces everything known: a snapshot in pieces; `at` is the index of the first row in this piece. */
  page: z.optional(z.object({ at: z.int(), rows: z.array(FleetRow), done: z.boolean() })),
  /** Rows of the page whose content changed, whole. */
  set: z._default(z.array(FleetRow), []),
  /** Usage alone: [host, id, cpu, memoryBytes] of rows on the page. */
  usage: z._default(z.array(z.tuple([z.string(), z.string(), z.nullable(z.number()), z.nullable(z.number())])), []),
  /** The page's order, as indexes were: [host, id] in order; sent only when it changed. */
  order: z.optional(z.array(z.tuple([z.string(), z.string()]))),
  totals: z.optional(FleetTotals),
  /** Which state of the page this leaves a reader with; '' when more must follow before it is one. */
  cursor: z.string(),
})
export type FleetPatch = z.infer<typeof FleetPatch>

export const fleet = {
  rows: call(FleetQuery, FleetPage),
  /**
   * `after`: the cursor of the last patch that was seen, of the same query. Told is what changed since, when the hub still holds
   * that state (it does for about a minute, of readers of server-sent events); else the page anew.
   */
  watch: stream(z.extend(FleetQuery, { after: z.optional(z.string().check(z.maxLength(64))) }), json(FleetPatch), { packs: true }),
  /** For the palette: the best matches over all kinds by name, id, address, port, label. */
  find: call(z.object({ text: z.string().check(z.maxLength(256)), limit: z._default(z.int().check(z.lte(50)), 12) }), z.array(FleetRow)),
}

export const fleetApi = {
  rows: api(fleet.rows, { http: 'GET /fleet/:kind', needs: 'fleet:read', on: 'hosts' }),
  watch: api(fleet.watch, { http: 'GET /fleet/:kind/watch', needs: 'fleet:read', on: 'hosts' }),
  find: api(fleet.find, { http: 'GET /find', needs: 'fleet:read', on: 'hosts' }),
}
