import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

/** Who hears about a link's health. */
export interface Watcher {
  /** Nothing was sent for a heartbeat, or nothing came. */
  beat(): void
  /** Nothing came for too long, or what was sent is not acknowledged. */
  dead(): void
  /** DATA is under way that the peer has not acknowledged. */
  readonly unacked: boolean
}

/** Looked at no more often than this, and otherwise when something is due: each look wakes the process. */
const leastMs = 1000
const stallMs = 5000

interface Wheel {
  readonly links: Set<Health>
  /** When it looks next; infinite while nobody needs it to. */
  wakeMs: number
  cancel: () => void
}

/** One wheel a clock, however many links: a timer for each would cost a hub of 10,000 more than the links do. */
const wheels = new WeakMap<Clock, Wheel>()

/** Tells a dead link from a quiet one. */
export class Health {
  readonly #clock: Clock
  readonly #watcher: Watcher
  readonly #heartbeatMs: number
  readonly #deadMs: number
  #sentMs: number
  #receivedMs: number
  #ackedMs: number

  constructor(clock: Clock, heartbeatMs: number, watcher: Watcher) {
    const now = clock.now()
    this.#clock = clock
    this.#watcher = watcher
    this.#deadMs = heartbeatMs * (limits.deadMs / limits.heartbeatMs)
    // Spread, so that a fleet that connected at once does not beat at once; and later, so that what comes once a heartbeat is one.
    this.#heartbeatMs = heartbeatMs * (1.05 + Math.random() * 0.15)
    this.#sentMs = this.#receivedMs = this.#ackedMs = now
    const wheel = wheels.get(clock) ?? { links: new Set(), wakeMs: Number.POSITIVE_INFINITY, cancel: () => undefined }
    wheels.set(clock, wheel)
    wheel.links.add(this)
    // It may still be about to look for a link that is gone.
    if (this.dueMs + leastMs < wheel.wakeMs) wakeAt(clock, wheel, now, this.dueMs)
  }

  sent(): void {
    this.#sentMs = this.#clock.now()
  }

  received(): void {
    this.#receivedMs = this.#clock.now()
  }

  /** Some of what was sent is acknowledged, or the first of it is just being sent. */
  acked(): void {
    this.#ackedMs = this.#clock.now()
  }

  /** When there may be something to do, if nothing comes or goes until then. */
  get dueMs(): number {
    const beatMs = Math.min(this.#sentMs, this.#receivedMs) + this.#heartbeatMs
    return this.#watcher.unacked ? Math.min(beatMs, this.#ackedMs + limits.unackedMs) : beatMs
  }

  stop(): void {
    wheels.get(this.#clock)?.links.delete(this)
  }

  check(now: number, stalled: boolean): void {
    // This process itself stalled: nobody is dead for that, everybody gets another period.
    if (stalled) this.#receivedMs = this.#ackedMs = now
    const lost = this.#watcher.unacked && now - this.#ackedMs >= limits.unackedMs
    if (lost || now - this.#receivedMs >= this.#deadMs) return this.#watcher.dead()
    if (now - this.#sentMs >= this.#heartbeatMs || now - this.#receivedMs >= this.#heartbeatMs) this.#watcher.beat()
  }
}

function wakeAt(clock: Clock, wheel: Wheel, now: number, dueMs: number): void {
  wheel.cancel()
  const wakeMs = (wheel.wakeMs = Math.max(dueMs, now + leastMs))
  wheel.cancel = clock.after(wakeMs - now, () => {
    wheel.wakeMs = Number.POSITIVE_INFINITY
    turn(clock, wheel, clock.now() - wakeMs > stallMs)
  })
}

function turn(clock: Clock, wheel: Wheel, stalled: boolean): void {
  const now = clock.now()
  let dueMs = Number.POSITIVE_INFINITY
  for (const health of wheel.links) {
    health.check(now, stalled)
    dueMs = Math.min(dueMs, health.dueMs)
  }
  if (wheel.links.size > 0) wakeAt(clock, wheel, now, dueMs)
}
