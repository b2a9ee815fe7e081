import { FairleadError } from '@fairlead/protocol/errors.ts'

const free = 5
const mostEntries = 20_000

interface Failures {
  count: number
  lastMs: number
}

/** Guessing gets slower: five free tries for an account from one source, then 1, 2, 4 .. 60 s. Nobody is ever locked out for good. */
export function createDelays(now: () => number = () => performance.now()) {
  const failures = new Map<string, Failures>()
  const key = (who: string, ip: string) => `${ip}\0${who}`

  return {
    async wait(who: string, ip: string): Promise<void> {
      const found = failures.get(key(who, ip))
      if (found === undefined || found.count < free) return
      const delayMs = Math.min(60_000, 1000 * 2 ** (found.count - free))
      const leftMs = found.lastMs + delayMs - now()
      if (leftMs <= 0) return
      throw new FairleadError('rate_limited', `Too many wrong tries; try again in ${Math.ceil(leftMs / 1000)} s.`, {
        details: { retryAfterSeconds: Math.ceil(leftMs / 1000) },
      })
    },
    failed(who: string, ip: string): void {
      if (failures.size > mostEntries) failures.clear()
      const found = failures.get(key(who, ip)) ?? { count: 0, lastMs: 0 }
      failures.set(key(who, ip), { count: found.count + 1, lastMs: now() })
    },
    succeeded: (who: string, ip: string) => void failures.delete(key(who, ip)),
  }
}
