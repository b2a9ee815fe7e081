import { FairleadError } from '@fairlead/protocol/errors.ts'

const usual = { free: 5, longestMs: 60_000 }
const forgottenMs = 3_600_000
const mostEntries = 20_000

interface Tries {
  readonly count: number
  readonly lastMs: number
}

export interface Delays {
  /** Counts one try before it is known whether it is right: guesses sent at once are counted like guesses in turn. Throws `rate_limited`. */
  begin(who: string, ip: string): void
  succeeded(who: string, ip: string): void
  /** Of how many it is known. */
  readonly kept: number
}

/** Guessing gets slower: five free tries for an account from one source, then 1, 2, 4 .. 60 s apart. Nobody is ever locked out for good. */
export function createDelays(now: () => number = () => performance.now(), { free, longestMs } = usual): Delays {
  // In the order of their last try: whoever tried longest ago is forgotten first.
  const tries = new Map<string, Tries>()
  const key = (who: string, ip: string) => `${ip}\0${who}`

  return {
    begin(who, ip) {
      const id = key(who, ip)
      const found = tries.get(id)
      const recent = found !== undefined && now() - found.lastMs < forgottenMs ? found : { count: 0, lastMs: 0 }
      const leftMs = recent.count < free ? 0 : recent.lastMs + Math.min(longestMs, 1000 * 2 ** (recent.count - free)) - now()
      if (leftMs > 0) {
        const seconds = Math.ceil(leftMs / 1000)
        throw new FairleadError('rate_limited', `Too many wrong tries; try again in ${seconds} s.`, {
          details: { retryAfterSeconds: seconds },
        })
      }
      tries.delete(id)
      tries.set(id, { count: recent.count + 1, lastMs: now() })
      if (tries.size > mostEntries) tries.delete(tries.keys().next().value!)
    },
    succeeded: (who, ip) => void tries.delete(key(who, ip)),
    get kept() {
      return tries.size
    },
  }
}
