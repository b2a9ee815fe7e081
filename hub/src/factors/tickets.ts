import { randomBytes } from 'node:crypto'
import { digestOf, secretOf } from '../base/secret.ts'

const livesMs = 300_000
const mostKept = 100_000

/**
 * What was handed out to be shown again once: challenges of passkeys, first steps of a sign-in, secrets that wait for their first code.
 * Kept in memory: strangers ask for them, who must not fill a table, and what a restart forgets is asked for anew. Of steady time.
 */
export interface Tickets {
  /** 32 random bytes as text. `holder`: whose it is, '' for a stranger's. */
  issue(scope: string, holder: string, data?: unknown): string
  /** Takes it away. Undefined: never handed out, for something else, to somebody else, too old, or taken before. */
  take<T>(token: string, scope: string, holder: string): { readonly data: T } | undefined
  /** The same, and leaves it. */
  look<T>(token: string, scope: string, holder: string): { readonly data: T } | undefined
}

interface Ticket {
  readonly scope: string
  readonly holder: string
  readonly data: unknown
  readonly untilMs: number
}

export const ticketLivesMs = livesMs

export function createTickets(now: () => number = () => performance.now()): Tickets {
  // In the order in which they were made: those at the front are over first, and are forgotten first in a flood.
  const kept = new Map<string, Ticket>()
  const keyOf = (token: string) => digestOf(secretOf(token)).toString('hex')

  function look<T>(token: string, scope: string, holder: string): { readonly data: T } | undefined {
    const found = kept.get(keyOf(token))
    if (found === undefined || found.untilMs <= now() || found.scope !== scope || found.holder !== holder) return undefined
    return { data: found.data as T }
  }

  return {
    issue(scope, holder, data) {
      for (const [key, { untilMs }] of kept) {
        if (untilMs > now() && kept.size < mostKept) break
        kept.delete(key)
      }
      const token = randomBytes(32).toString('base64url')
      kept.set(keyOf(token), { scope, holder, data, untilMs: now() + livesMs })
      return token
    },
    look,
    take(token, scope, holder) {
      const found = look<never>(token, scope, holder)
      // Whatever it was shown for, it was shown.
      kept.delete(keyOf(token))
      return found
    },
  }
}
