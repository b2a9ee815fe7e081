import * as z from 'zod/mini'
import { stream } from '../contract.ts'
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
] as const
export type LocalVerb = (typeof localVerbs)[number]

/** One thing that was done on the host itself, as its journal has it. */
export const LocalEntry = z.object({
  /** Of this host's journal: another one begins at 1. */
  chain: z.string().check(z.regex(/^[0-9a-f]{32}$/)),
  /** Rises by one from one to the next: what is missing in between was no longer kept. */
  number: z.int().check(z.gte(1), z.lte(Number.MAX_SAFE_INTEGER)),
  timeMs: z.number().check(z.gte(0), z.lte(8.64e15)),
  verb: z.enum(localVerbs),
  /** The account on the host. */
  who: z.string().check(z.maxLength(64)),
  outcome: z.enum(['ok', 'failed']),
  target: z._default(z.string().check(z.maxLength(256)), ''),
  targetName: z._default(z.string().check(z.maxLength(256)), ''),
  /** A few words: `reason`, `until`, `mode`. */
  facts: z._default(z.record(z.string().check(z.maxLength(32)), z.string().check(z.maxLength(256))), {}),
})
export type LocalEntry = z.infer<typeof LocalEntry>

/** What an agent answers: local entries after this one, then each as it is written. */
export const journal = {
  watch: stream(
    z.object({ chain: z._default(z.string().check(z.maxLength(64)), ''), after: z._default(z.int().check(z.gte(0)), 0) }),
    json(LocalEntry),
  ),
}
