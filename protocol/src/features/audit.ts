import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { json } from '../wire/json.ts'

/** One row of the audit trail; work on a host has two, the intent (`started`) and the outcome. */
export const AuditRow = z.object({
  seq: z.int(),
  timeMs: z.number(),
  /** `container.stop`, or `access.refused` with the wanted method in `code`. */
  verb: z.string(),
  outcome: z.enum(['started', 'ok', 'failed', 'refused']),
  actor: z.string(),
  actorName: z.string(),
  /** Absent: a person. */
  actorKind: z.optional(z.enum(['service'])),
  /** By what the actor's login was proved last: password, totp, recovery, passkey. Absent in rows of older hubs, and of no login. */
  factor: z.optional(z.string()),
  host: z._default(z.string(), ''),
  hostName: z._default(z.string(), ''),
  target: z._default(z.string(), ''),
  /** What `target` was called when it was asked for; absent where the hub knew no name. */
  targetName: z.optional(z.string()),
  code: z._default(z.string(), ''),
  ip: z._default(z.string(), ''),
  userAgent: z._default(z.string(), ''),
  /** The request id: joins intent, outcome and the log lines of both ends. */
  trace: z._default(z.string(), ''),
})
export type AuditRow = z.infer<typeof AuditRow>

const AuditQuery = z.object({
  beforeSeq: z.optional(z.int()),
  /** In anything that a row says. */
  filter: z._default(z.string().check(z.maxLength(256)), ''),
  /** Rows of these verbs fit the filter as well: what a person calls them is not in the row. */
  verbs: z._default(z.array(z.string().check(z.regex(/^[a-z]+\.[a-z_-]+$/))).check(z.maxLength(64)), []),
  limit: z._default(z.int().check(z.gte(1), z.lte(500)), 100),
})

export const audit = {
  list: call(AuditQuery, z.object({ rows: z.array(AuditRow), more: z.boolean() })),
  /** New rows as they are written: the activity page. With `afterSeq`: first those after that row, so that none is missed. */
  watch: stream(z.object({ afterSeq: z.optional(z.int().check(z.gte(0))) }), json(AuditRow)),
  /** Recomputes the hash chain; `brokenAt` is the first row that does not fit. */
  verify: call(z.object({}), z.object({ rows: z.int(), ok: z.boolean(), brokenAt: z.optional(z.int()) }), { deadlineMs: 120_000 }),
}

export const auditApi = {
  list: api(audit.list, { http: 'GET /audit', needs: 'audit:read', on: 'organization' }),
  watch: api(audit.watch, { http: 'GET /audit/watch', needs: 'audit:read', on: 'organization' }),
  verify: api(audit.verify, { http: 'GET /audit/verify', needs: 'audit:read', on: 'organization' }),
}
