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

/** So many a second, with a burst. A class, not closures: a hub has one of each of its agents. */
export class Bucket {
  readonly #perSecond: number
  readonly #burst: number
  #left: number
  #lastMs = 0

  constructor(perSecond: number, burst: number = perSecond) {
    this.#perSecond = perSecond
    this.#left = this.#burst = burst
  }

  take(nowMs: number): boolean {
    this.earn(((nowMs - this.#lastMs) * this.#perSecond) / 1000)
    this.#lastMs = nowMs
    if (this.#left < 1) return false
    this.#left--
    return true
  }

  /** Earns some more, for work that pays for itself. */
  earn(count: number): void {
    this.#left = Math.min(this.#burst, this.#left + count)
  }
}
