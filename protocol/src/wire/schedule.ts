import { limits } from './limits.ts'
import type { StreamImpl } from './stream.ts'

type Queue = StreamImpl[] | undefined

/**
 * Which stream sends next: terminals, then calls and events, then bulk; round robin inside a class. Strict, except that one
 * bulk frame passes after sixteen of calls, so that bulk never starves. The queues are made when first needed: most
 * sessions are idle.
 */
export class Schedule {
  #terminals: Queue
  #calls: Queue
  #bulk: Queue
  #callsInRow = 0

  /** Streams are left that were not let through. */
  get waiting(): boolean {
    return (this.#calls?.length ?? 0) + (this.#bulk?.length ?? 0) > 0
  }

  /** Bulk is among what waits, and may have to wait on. */
  get bulk(): boolean {
    return (this.#bulk?.length ?? 0) > 0
  }

  add(stream: StreamImpl): void {
    if (stream.queuedInClass || !stream.sendable) return
    stream.queuedInClass = true
    if (stream.priority === 1) (this.#terminals ??= []).push(stream)
    else if (stream.priority === 2) (this.#calls ??= []).push(stream)
    else (this.#bulk ??= []).push(stream)
  }

  /** The next stream that may send, or undefined. `calls` and `bulk` say whether those classes may. */
  next(calls: boolean, bulk: boolean): StreamImpl | undefined {
    const terminal = take(this.#terminals)
    if (terminal !== undefined) return terminal
    if (calls && !(bulk && this.#callsInRow >= limits.fairness && (this.#bulk?.length ?? 0) > 0)) {
      const stream = take(this.#calls)
      if (stream !== undefined) {
        this.#callsInRow++
        return stream
      }
    }
    if (!bulk) return undefined
    this.#callsInRow = 0
    return take(this.#bulk)
  }
}

function take(queue: Queue): StreamImpl | undefined {
  if (queue === undefined) return undefined
  for (let stream = queue.shift(); stream !== undefined; stream = queue.shift()) {
    stream.queuedInClass = false
    if (stream.sendable && stream.carrier !== undefined) return stream
  }
  return undefined
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
