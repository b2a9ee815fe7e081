import { limits } from './limits.ts'
import type { StreamImpl } from './stream.ts'

/**
 * Which stream sends next: terminals, then calls and events, then bulk; round robin inside a class. Strict, except that one
 * bulk frame passes after sixteen of calls, so that bulk never starves.
 */
export interface Schedule {
  add(stream: StreamImpl): void
  /** The next stream that may send, or undefined. `bulk` says whether class 3 may. */
  next(open: { calls: boolean; bulk: boolean }): StreamImpl | undefined
  /** Streams are left that were not let through. */
  readonly waiting: boolean
}

export function createSchedule(): Schedule {
  const classes: [StreamImpl[], StreamImpl[], StreamImpl[]] = [[], [], []]
  let callsInRow = 0

  function take(queue: StreamImpl[]): StreamImpl | undefined {
    for (let stream = queue.shift(); stream !== undefined; stream = queue.shift()) {
      stream.queuedInClass = false
      if (stream.sendable && stream.carrier !== undefined) return stream
    }
    return undefined
  }

  return {
    get waiting() {
      return classes[1].length + classes[2].length > 0
    },
    add(stream) {
      if (stream.queuedInClass || !stream.sendable) return
      stream.queuedInClass = true
      classes[stream.priority - 1]!.push(stream)
    },
    next({ calls, bulk }) {
      const terminal = take(classes[0])
      if (terminal !== undefined) return terminal
      if (calls && !(bulk && callsInRow >= limits.fairness && classes[2].length > 0)) {
        const stream = take(classes[1])
        if (stream !== undefined) {
          callsInRow++
          return stream
        }
      }
      if (!bulk) return undefined
      callsInRow = 0
      return take(classes[2])
    },
  }
}

/** So many a second, with a burst. */
export interface Bucket {
  take(nowMs: number): boolean
  /** Earns some more, for work that pays for itself. */
  earn(count: number): void
}

export function createBucket(perSecond: number, burst: number = perSecond): Bucket {
  let left = burst
  let last = 0
  return {
    take(nowMs) {
      left = Math.min(burst, left + ((nowMs - last) * perSecond) / 1000)
      last = nowMs
      if (left < 1) return false
      left--
      return true
    },
    earn(count) {
      left = Math.min(burst, left + count)
    },
  }
}
