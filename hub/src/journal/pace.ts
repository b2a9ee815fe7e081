import { Bucket } from '@fairlead/protocol/wire/schedule.ts'

/**
 * Each entry is a row of the trail for ever: a host that was away for a week brings its thousand in minutes, one that never ends gets
 * seventeen thousand in a day.
 */
export const pace = { atOnce: 1000, atOnceMs: 200, afterMs: 10_000 } as const

/** How long to wait before the next entry of a host; all its links count together. Whoever waited for long has earned the one after. */
export function createPace(now: () => number = () => performance.now()): () => number {
  const bucket = new Bucket(1000 / pace.afterMs, pace.atOnce)
  return () => (bucket.take(now()) ? pace.atOnceMs : pace.afterMs)
}
