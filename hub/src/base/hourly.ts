import { FairleadError } from '@fairlead/protocol/errors.ts'

const hourMs = 3_600_000
/** Whoever did it longest ago is forgotten first. */
const mostKept = 20_000

/** How often somebody did something within the last hour. In memory: a restart of the hub forgets it. */
interface Hourly {
  /** Counts one more; 0, or in how many ms one more would be counted. */
  take(who: string): number
  readonly kept: number
}

export function createHourly(most: number, now: () => number = () => performance.now()): Hourly {
  const times = new Map<string, readonly number[]>()
  return {
    take(who) {
      const nowMs = now()
      const within = (times.get(who) ?? []).filter((at) => nowMs - at < hourMs)
      const full = within.length >= most
      times.delete(who)
      times.set(who, full ? within : [...within, nowMs])
      if (times.size > mostKept) times.delete(times.keys().next().value!)
      return full ? within[0]! + hourMs - nowMs : 0
    },
    get kept() {
      return times.size
    },
  }
}

/** Throws `rate_limited`: what there was too much of, and when it goes on. */
export function refuseHourly(waitMs: number, what: string, field?: string): void {
  if (waitMs <= 0) return
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000))
  throw new FairleadError('rate_limited', `${what} within the last hour, which is the most; go on in ${minutes} min.`, {
    details: { retryAfterSeconds: Math.ceil(waitMs / 1000), ...(field === undefined ? {} : { field }) },
  })
}
