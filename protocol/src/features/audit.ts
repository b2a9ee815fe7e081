import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { bytes, json } from '../wire/json.ts'

/** One row of the audit trail; work on a host has two, the intent (`started`) and the outcome. */
export const AuditRow = z.object({
  seq: z.int(),
  timeMs: z.number(),
  /** `container.stop`, or `access.refused` with the wanted method in `code`. */
  verb: z.string(),
  outcome: z.enum(['started', 'ok', 'failed', 'refused']),
  actor: z.string(),
  actorName: z.string(),
  /** Absent: a person. `local`: an account of the host itself, which did it there; `actor` is the host. */
  actorKind: z.optional(z.enum(['service', 'local'])),
  /** By what the actor's login was proved last: password, totp, recovery, passkey. Absent in rows of older hubs, and of no login. */
  factor: z.optional(z.string()),
  host: z._default(z.string(), ''),
  hostName: z._default(z.string(), ''),
  target: z._default(z.string(), ''),
  /** What `target` was called when it was asked for; absent where the hub knew no name. */
  targetName: z.optional(z.string()),
  /** What was otherwise before, and how it is now, where that can be told in a few words: `name`, `tags`. */
  before: z.optional(z.record(z.string(), z.string())),
  after: z.optional(z.record(z.string(), z.string())),
  code: z._default(z.string(), ''),
  ip: z._default(z.string(), ''),
  userAgent: z._default(z.string(), ''),
  /** The request id: joins intent, outcome and the log lines of both ends. */
  trace: z._default(z.string(), ''),
})
export type AuditRow = z.infer<typeof AuditRow>

const Time = z.number().check(z.gte(0), z.lte(8.64e15))
const Id = z.string().check(z.maxLength(128))
const Base64 = z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/))

/** Which rows; all of these must fit. */
const fits = {
  /** In anything that a row says. */
  filter: z._default(z.string().check(z.maxLength(256)), ''),
  /** Rows of these verbs fit the filter as well: what a person calls them is not in the row. */
  verbs: z._default(z.array(z.string().check(z.regex(/^[a-z]+\.[a-z_-]+$/))).check(z.maxLength(256)), []),
  /** The id of whoever did it. */
  actor: z.optional(Id),
  verb: z.optional(z.string().check(z.regex(/^[a-z]+\.[a-z_-]+$/))),
  outcome: z.optional(AuditRow.shape.outcome),
  /** The id of the host. */
  host: z.optional(Id),
  /** From here on, and before there. */
  sinceMs: z.optional(Time),
  untilMs: z.optional(Time),
}

const AuditQuery = z.object({
  ...fits,
  beforeSeq: z.optional(z.int()),
  limit: z._default(z.int().check(z.gte(1), z.lte(500)), 100),
})

export const AuditFits = z.object(fits)
export type AuditFits = z.infer<typeof AuditFits>

/** Why a host refuses what the hub says of its trail. */
const Contradiction = z.object({
  /** When the host saw it, by its own clock. */
  atMs: z.number(),
  /** `smaller`: rows that were there are gone. `changed`: they are others. `key`: somebody else signs. */
  why: z.enum(['smaller', 'changed', 'key']),
  /** What the hub showed then: a signed note. */
  note: z.string().check(z.maxLength(1024)),
})

/** What a host keeps of the trail of its organization. */
export const Witness = z.object({
  /** The last signed note that followed from the one before; '' for none yet. */
  note: z._default(z.string().check(z.maxLength(1024)), ''),
  contradiction: z._default(z.nullable(Contradiction), null),
})
export type Witness = z.infer<typeof Witness>

/** What an agent answers: it is a witness of what its hub wrote. */
export const witness = {
  kept: call(z.object({}), Witness),
  /**
   * A newer note, with what proves that it goes on from the one that is kept: the part of the tree since then, as hashes in base64 (all
   * of it where none is kept). A hub that has no such part sends none, and is refused.
   */
  see: call(
    z.object({
      note: z.string().check(z.maxLength(1024)),
      key: z.string().check(z.maxLength(256)),
      from: z.int().check(z.gte(0)),
      hashes: z.array(Base64).check(z.maxLength(128)),
    }),
    Witness,
  ),
}

/** How the trail of an organization stands. */
export const TrailState = z.object({
  /** What signs it: for `fairlead-hub audit verify --key`. */
  key: z.string(),
  /** The newest checkpoint; null before the first one. */
  checkpoint: z.nullable(z.object({ size: z.int(), atMs: z.number(), note: z.string() })),
  /** The row from which on the trail does not fit what was signed of it; 0: none was met. */
  brokenAt: z.int(),
  /** Rows that are in archives, no longer in the table. */
  archived: z.int(),
  /** For how many days rows are kept in the table; null: for ever. */
  keepDays: z.nullable(z.int()),
  /** Hosts that keep a checkpoint of this trail, and those among them that saw another one. */
  witnesses: z.int(),
  contradicting: z.array(
    z.object({ host: z.string(), hostName: z.string(), why: Contradiction.shape.why, atMs: z.number(), size: z.int() }),
  ),
  /** Where rows are sent on to. */
  sinks: z.array(z.object({ name: z.string(), kind: z.string(), behind: z.int(), sentMs: z.number(), problem: z.string() })),
})
export type TrailState = z.infer<typeof TrailState>

const mostKeepDays = 3650

export const audit = {
  list: call(AuditQuery, z.object({ rows: z.array(AuditRow), more: z.boolean() })),
  /** New rows as they are written: the activity page. With `afterSeq`: first those after that row, so that none is missed. */
  watch: stream(z.object({ afterSeq: z.optional(z.int().check(z.gte(0))) }), json(AuditRow)),
  state: call(z.object({}), TrailState),
  /**
   * Looks at every row in the table: its hash, what was signed, what hosts saw. `brokenAt` is the first row that does not fit, `why` a kind
   * of problem as `fairlead-hub audit verify` names it, `signed` up to where a signature holds.
   */
  verify: call(
    z.object({}),
    z.object({
      rows: z.int(),
      ok: z.boolean(),
      brokenAt: z.optional(z.int()),
      why: z.optional(z.string()),
      archived: z._default(z.int(), 0),
      signed: z._default(z.int(), 0),
    }),
    { deadlineMs: 120_000 },
  ),
  /** NDJSON that proves itself: rows with their hashes, checkpoints, and the part of the tree in place of what is left out. */
  exportRows: stream(AuditFits, bytes),
  /** The same rows for a spreadsheet; nothing in it can be a formula. */
  exportCsv: stream(AuditFits, bytes),
  /** Older rows go into archives in the hub's data folder. */
  setRetention: call(
    z.object({ keepDays: z.nullable(z.int().check(z.gte(1), z.lte(mostKeepDays))) }),
    z.object({ keepDays: z.nullable(z.int()) }),
    { mutates: true },
  ),
}

export const auditApi = {
  list: api(audit.list, { http: 'GET /audit', needs: 'audit:read', on: 'organization' }),
  watch: api(audit.watch, { http: 'GET /audit/watch', needs: 'audit:read', on: 'organization' }),
  state: api(audit.state, { http: 'GET /audit/state', needs: 'audit:read', on: 'organization' }),
  verify: api(audit.verify, { http: 'GET /audit/verify', needs: 'audit:read', on: 'organization' }),
  exportRows: api(audit.exportRows, {
    http: 'GET /audit/export.ndjson',
    needs: 'audit:export',
    on: 'organization',
    audit: 'audit.export',
    file: 'application/x-ndjson',
  }),
  exportCsv: api(audit.exportCsv, {
    http: 'GET /audit/export.csv',
    needs: 'audit:export',
    on: 'organization',
    audit: 'audit.export',
    file: 'text/csv; charset=utf-8',
  }),
  setRetention: api(audit.setRetention, {
    http: 'PUT /audit/retention',
    needs: 'audit:manage',
    on: 'organization',
    audit: 'audit.retention',
    stepUp: true,
  }),
}
