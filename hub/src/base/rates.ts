import { FairleadError } from '@fairlead/protocol/errors.ts'
import { Bucket } from '@fairlead/protocol/wire/schedule.ts'

/** What one address, one account and all together may ask, and what they may hold open. A test crosses each. */
export const rates = {
  /** Requests of strangers, by address: sign-in, first run, and whatever is refused without a login. */
  stranger: { perSecond: 20, burst: 100 },
  /** Requests of people who are signed in, by account. */
  account: { perSecond: 100, burst: 500 },
  /** Everything from one address, before a login is even looked up. A whole office may share one. */
  address: { perSecond: 300, burst: 1500 },
  /** All requests of the hub together. */
  hub: { perSecond: 3000, burst: 6000 },
  streams: { login: 64, host: 256, hub: 20_000 },
  sessions: { login: 32, hub: 5000 },
} as const

const mostKept = 20_000

export interface Rates {
  /** Counts one request. Throws `rate_limited` with the seconds to wait. */
  take(kind: 'stranger' | 'account' | 'address' | 'hub', who: string): void
}

export function createRates(now: () => number = () => performance.now()): Rates {
  // In the order of their last request: whoever asked longest ago is forgotten first, with a full bucket.
  const buckets = new Map<string, Bucket>()
  return {
    take(kind, who) {
      const key = `${kind} ${who}`
      const { perSecond, burst } = rates[kind]
      const bucket = buckets.get(key) ?? new Bucket(perSecond, burst)
      buckets.delete(key)
      buckets.set(key, bucket)
      if (buckets.size > mostKept) buckets.delete(buckets.keys().next().value!)
      if (bucket.take(now())) return
      throw new FairleadError('rate_limited', `${tooMany[kind]} (${perSecond} a second, ${burst} at once); try again in a second.`, {
        details: { retryAfterSeconds: 1 },
      })
    },
  }
}

const tooMany = {
  stranger: 'Too many requests without a login from this address',
  account: 'Too many requests of this account',
  address: 'Too many requests from this address',
  hub: 'The hub has too many requests right now',
} as const

/** How many of something are open, by holder. */
export interface Held {
  readonly total: number
  /** Counts one more for each holder, or throws `too_many` naming the cap that is reached. The answer gives it back, once. */
  open(holders: Readonly<Partial<Record<string, string>>>): () => void
}

export function createHeld(what: string, caps: Readonly<Record<string, number>> & { readonly hub: number }): Held {
  const counts = new Map<string, number>()
  let total = 0
  return {
    get total() {
      return total
    },
    open(holders) {
      const keys = Object.entries(holders).filter(([, id]) => id !== undefined && id !== '')
      for (const [holder, id] of keys) if ((counts.get(`${holder} ${id}`) ?? 0) >= caps[holder]!) throw full(what, holder, caps[holder]!)
      if (total >= caps.hub) throw full(what, 'hub', caps.hub)
      total++
      for (const [holder, id] of keys) counts.set(`${holder} ${id}`, (counts.get(`${holder} ${id}`) ?? 0) + 1)
      let open = true
      return () => {
        if (!open) return
        open = false
        total--
        for (const [holder, id] of keys) {
          const left = (counts.get(`${holder} ${id}`) ?? 1) - 1
          if (left === 0) counts.delete(`${holder} ${id}`)
          else counts.set(`${holder} ${id}`, left)
        }
      }
    },
  }
}

function full(what: string, holder: string, cap: number): FairleadError {
  return new FairleadError('too_many', `This ${holder} has ${cap} open ${what} already, which is the most; close one and try again.`, {
    details: { retryAfterSeconds: 5 },
  })
}
