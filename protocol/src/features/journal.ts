import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { json } from '../wire/json.ts'

/** What somebody, or the agent itself, can have done on a host past its hub. */
export const localVerbs = [
  'lock',
  'unlock',
  'lock_over',
  'protect',
  'unprotect',
  'policy_changed',
  'policy_bad',
  'policy_widen',
  'start',
  'stop',
  'restart',
  'exec',
  'enrol',
  'update',
  'update_kept',
  'update_returned',
  'rollback',
  'heal',
  'heal_held',
  'heal_gave_up',
  'prune',
  'prune_held',
] as const
export type LocalVerb = (typeof localVerbs)[number]

/** One thing that was done on the host itself, as its journal has it. */
export const LocalEntry = z.object({
  /** Of this host's journal: another one begins at 1. */
  chain: z.string().check(z.regex(/^[0-9a-f]{32}$/)),
  /** Rises by one from one to the next: what is missing in between was no longer kept. */
  number: z.int().check(z.gte(1), z.lte(Number.MAX_SAFE_INTEGER)),
  timeMs: z.number().check(z.gte(0), z.lte(8.64e15)),
  /** One of `localVerbs`, or of a later agent's: what a hub does not know it keeps as it was written. */
  verb: z.string().check(z.regex(/^[a-z][a-z_]{0,31}$/)),
  /** The account on the host. */
  who: z.string().check(z.maxLength(64)),
  outcome: z.enum(['ok', 'failed']),
  target: z._default(z.string().check(z.maxLength(256)), ''),
  targetName: z._default(z.string().check(z.maxLength(256)), ''),
  /** A few words: `reason`, `until`, `mode`. */
  facts: z._default(z.record(z.string().check(z.maxLength(32)), z.string().check(z.maxLength(256))), {}),
})
export type LocalEntry = z.infer<typeof LocalEntry>

const text = (most: number) => z.string().check(z.maxLength(most))
const Count = z.int().check(z.gte(0))

/** One thing that was asked of a host, or done on it, with how it ended. */
export const JournalRow = z.object({
  /** Its place in the journal. */
  seq: Count,
  timeMs: z.number().check(z.gte(0), z.lte(8.64e15)),
  /** `local`: past the hub, by `who` or by the agent itself. */
  by: z.enum(['hub', 'local']),
  /** A method of the wire, or a local verb. */
  what: text(64),
  /** Of the hub's request: leads to its row in the audit trail. '' for what was done past it. */
  trace: text(64),
  who: text(64),
  target: text(256),
  targetName: text(256),
  /** `open`: not known yet, or the agent died before it was. */
  outcome: z.enum(['open', 'ok', 'failed', 'refused']),
  /** Of what failed; why it was refused. */
  why: text(1024),
  ms: z.nullable(z.number()),
  /** More refusals before this one, which were only counted. */
  skipped: Count,
})
export type JournalRow = z.infer<typeof JournalRow>

export const mostJournalRows = 100

/** The newest first, before `before`. */
const JournalQuery = z.object({
  before: z.optional(Count),
  only: z._default(z.enum(['all', 'refused', 'local']), 'all'),
  limit: z._default(z.int().check(z.gte(1), z.lte(mostJournalRows)), mostJournalRows),
})

const JournalPage = z.object({
  rows: z.array(JournalRow).check(z.maxLength(mostJournalRows)),
  /** There are rows before the last of these. */
  more: z.boolean(),
  /** Since the journal began, with what is no longer kept. */
  counts: z.object({ allowed: Count, refused: Count, local: Count }),
  /** A file of it that is not what was written; '' while it holds. */
  changedIn: text(64),
})
export type JournalPage = z.infer<typeof JournalPage>

/** What an agent answers. */
export const journal = {
  /** Local entries after this one, then each as it is written. */
  watch: stream(z.object({ chain: z._default(text(64), ''), after: z._default(Count, 0) }), json(LocalEntry)),
  read: call(JournalQuery, JournalPage),
}

export const journalApi = {
  read: api(journal.read, { http: 'GET /hosts/:host/journal', needs: 'events:read', on: 'host' }),
}
