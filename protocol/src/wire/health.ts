import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

/** Who hears about a link's health. */
export interface Watcher {
  /** Nothing was sent for a heartbeat: the peer wants to hear something. */
  beat(): void
  /** The peer is about to be given up, unless it answers. */
  ask(): void
  /** Nothing came for too long, or what was sent is not acknowledged. */
  dead(): void
  /** DATA is under way that the peer has not acknowledged. */
  readonly unacked: boolean
}

/** Links that are due within such a step are looked at together, ms. */
const stepMs = 100

/** One wheel a clock, however many links: a timer for each would cost a hub of 10,000 more than the links do. */
interface Wheel {
  /** By the step in which they are due; each link is in one. */
  readonly slots: Map<number, Set<Health>>
  /** The step in which it turns next; infinite while nobody needs it to. */
  next: number
  cancel: () => void
}

const wheels = new WeakMap<Clock, Wheel>()

/** Tells a dead link from a quiet one. */
export class Health {
  readonly #clock: Clock
  readonly #watcher: Watcher
  readonly #heartbeatMs: number
  readonly #deadMs: number
  readonly #doubtMs: number
  #sentMs: number
  #receivedMs: number
  #ackedMs: number
  /** Since when it waits for the answer that decides; 0: it does not. */
  #askedMs = 0
  /** Those that are looked at with it. */
  #slot: Set<Health> | undefined

  constructor(clock: Clock, heartbeatMs: number, watcher: Watcher) {
    this.#clock = clock
    this.#watcher = watcher
    this.#deadMs = heartbeatMs * (limits.deadMs / limits.heartbeatMs)
    this.#doubtMs = heartbeatMs * (limits.doubtMs / limits.heartbeatMs)
    // Spread, so that a fleet that connected at once does not beat at once; and later, so that what comes once a heartbeat is one.
    this.#heartbeatMs = heartbeatMs * (1.05 + Math.random() * 0.15)
    this.#sentMs = this.#receivedMs = this.#ackedMs = clock.now()
    this.#plan(wheelOf(clock))
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

  stop(): void {
    this.#slot?.delete(this)
    this.#slot = undefined
  }

  /** Its time has come: what came or went since moved it on, or something is to be done. */
  look(wheel: Wheel): void {
    const now = this.#clock.now()
    if (now < this.#doubtful) this.#askedMs = 0
    else if (this.#askedMs === 0) {
      // Nobody is given up who was not asked just before: this process may have stalled, and what came meanwhile is still to be read.
      this.#askedMs = now
      this.#watcher.ask()
    } else if (now - this.#askedMs >= 2 * this.#doubtMs) {
      // It stalled again: its timers come before what it has to read.
      this.#askedMs = now
      this.#watcher.ask()
    } else if (now - this.#askedMs >= this.#doubtMs) return this.#watcher.dead()
    if (now - this.#sentMs >= this.#heartbeatMs) this.#watcher.beat()
    if (this.#slot !== undefined) this.#plan(wheel)
  }

  /** From when on it may be dead. */
  get #doubtful(): number {
    const heardMs = this.#watcher.unacked ? Math.min(this.#receivedMs, this.#ackedMs) : this.#receivedMs
    return heardMs + this.#deadMs - this.#doubtMs
  }

  /** What comes and goes until then only moves it on. */
  #plan(wheel: Wheel): void {
    const doubtMs = this.#askedMs === 0 ? this.#doubtful : this.#askedMs + this.#doubtMs
    const dueMs = Math.max(Math.min(doubtMs, this.#sentMs + this.#heartbeatMs), this.#clock.now() + 1)
    const step = Math.ceil(dueMs / stepMs)
    let slot = wheel.slots.get(step)
    if (slot === undefined) wheel.slots.set(step, (slot = new Set()))
    this.#slot = slot.add(this)
    if (step < wheel.next) wakeAt(this.#clock, wheel, step)
  }
}

function wheelOf(clock: Clock): Wheel {
  const wheel = wheels.get(clock) ?? { slots: new Map<number, Set<Health>>(), next: Number.POSITIVE_INFINITY, cancel: () => undefined }
  wheels.set(clock, wheel)
  return wheel
}

function wakeAt(clock: Clock, wheel: Wheel, step: number): void {
  wheel.cancel()
  wheel.next = step
  wheel.cancel = clock.after(step * stepMs - clock.now(), () => turn(clock, wheel))
}

function turn(clock: Clock, wheel: Wheel): void {
  const now = clock.now() / stepMs
  // Nobody is planned for what is just being looked at: none would wake for it.
  wheel.next = Number.NEGATIVE_INFINITY
  for (const [step, links] of wheel.slots) {
    if (step > now) continue
    wheel.slots.delete(step)
    for (const health of links) guarded(() => health.look(wheel))
  }
  let next = Number.POSITIVE_INFINITY
  for (const [step, links] of wheel.slots) {
    if (links.size === 0) wheel.slots.delete(step)
    else next = Math.min(next, step)
  }
  wheel.next = Number.POSITIVE_INFINITY
  if (next < Number.POSITIVE_INFINITY) wakeAt(clock, wheel, next)
}

/** What one link's end throws keeps no other from being looked at. */
function guarded(look: () => void): void {
  try {
    look()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
