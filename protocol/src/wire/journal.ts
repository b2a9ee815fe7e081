import { systemClock } from './clock.ts'
import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

/** Remembers what mutations came to, so that a repeat under the same key is answered and not done again. */
export interface Journal {
  /** Runs once a key; a repeat gets the same outcome, also while the first still runs. Failures are outcomes too. */
  once(key: string, run: () => Promise<unknown>): Promise<unknown>
}

/** In memory: outcomes are kept for ten minutes, a thousand at most, the oldest going first. */
export function createJournal(clock: Clock = systemClock): Journal {
  const outcomes = new Map<string, { readonly atMs: number; readonly outcome: Promise<unknown> }>()
  return {
    once(key, run) {
      const now = clock.now()
      for (const [old, { atMs }] of outcomes) {
        if (outcomes.size < limits.journal.outcomes && now - atMs < limits.journal.keepMs) break
        outcomes.delete(old)
      }
      const found = outcomes.get(key)
      if (found !== undefined) return found.outcome
      const outcome = run()
      outcomes.set(key, { atMs: now, outcome })
      return outcome
    },
  }
}
