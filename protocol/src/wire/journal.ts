import { codeOf, FairleadError, type Code } from '../errors.ts'
import { systemClock } from './clock.ts'
import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

/** Remembers what mutations came to, so that a repeat under the same key is answered and not done again. */
export interface Journal {
  /**
   * Runs once a key; a repeat gets the same outcome, also while the first still runs. Failures are outcomes too, unless they say that
   * nothing was begun, or that whoever did it must be asked again. Rejects with `conflict` when something else was asked under this key.
   */
  once(key: string, asked: unknown, run: () => Promise<unknown>): Promise<unknown>
}

const asksAgain: ReadonlySet<Code> = new Set(['refused', 'expired', 'draining', 'host_offline', 'rate_limited', 'too_many', 'busy', 'lost'])

interface Remembered {
  readonly atMs: number
  readonly asked: string
  readonly outcome: Promise<unknown>
}

/** In memory: outcomes are kept for ten minutes, a thousand at most, the oldest going first. `digest` keeps what was asked small. */
export function createJournal(clock: Clock = systemClock, digest: (text: string) => string = (text) => text): Journal {
  const outcomes = new Map<string, Remembered>()
  return {
    async once(key, asked, run) {
      const now = clock.now()
      for (const [old, { atMs }] of outcomes) {
        if (outcomes.size < limits.journal.outcomes && now - atMs < limits.journal.keepMs) break
        outcomes.delete(old)
      }
      const print = digest(JSON.stringify(asked) ?? '')
      const found = outcomes.get(key)
      if (found !== undefined && found.asked !== print) throw otherUnderKey()
      if (found !== undefined) return found.outcome
      const outcome = run()
      const mine = { atMs: now, asked: print, outcome }
      outcomes.set(key, mine)
      outcome.catch((error: unknown) => {
        if (asksAgain.has(codeOf(error)) && outcomes.get(key) === mine) outcomes.delete(key)
      })
      return outcome
    },
  }
}

export function otherUnderKey(): FairleadError {
  return new FairleadError('conflict', 'Something else was asked under this idempotency key before; draw a new key for each change.')
}
