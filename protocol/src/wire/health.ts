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

const tickMs = 1000
const stallMs = 5000

interface Wheel {
  readonly links: Set<Health>
  turning: boolean
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
    const wheel = wheels.get(clock) ?? { links: new Set(), turning: false }
    wheels.set(clock, wheel)
    wheel.links.add(this)
    // It may still turn for a link that is gone: one that came back within a second must not start a second turning.
    if (!wheel.turning) turn(clock, wheel, now)
  }

  sent(): void {
    this.#sentMs = this.#clock.now()
  }

  received(): void {
    this.#receivedMs = this.#clock.now()
  }

  acked(): void {
    this.#ackedMs = this.#clock.now()
  }

  stop(): void {
    wheels.get(this.#clock)?.links.delete(this)
  }

  check(now: number, stalled: boolean): void {
    // This process itself stalled: nobody is dead for that, everybody gets another period.
    if (stalled) this.#receivedMs = this.#ackedMs = now
    if (!this.#watcher.unacked) this.#ackedMs = now
    if (now - this.#receivedMs >= this.#deadMs || now - this.#ackedMs >= limits.unackedMs) return this.#watcher.dead()
    if (now - this.#sentMs >= this.#heartbeatMs || now - this.#receivedMs >= this.#heartbeatMs) this.#watcher.beat()
  }
}

function turn(clock: Clock, wheel: Wheel, lastMs: number): void {
  wheel.turning = true
  clock.after(tickMs, () => {
    const now = clock.now()
    const stalled = now - lastMs - tickMs > stallMs
    for (const health of wheel.links) health.check(now, stalled)
    wheel.turning = false
    if (wheel.links.size > 0) turn(clock, wheel, now)
  })
}
