import { frame } from './frame.ts'
import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

interface Wheel {
  /** Those that owe an ACK, the first one since `delayMs` ago when the wheel turns. */
  due: Acks[]
}

/** One timer a clock, however many links: small samples of a large fleet share its turns. */
const wheels = new WeakMap<Clock, Wheel>()

/**
 * Acknowledges DATA on receipt, whatever becomes of its stream: resets must not leak the path's credit. Every 32 KiB, every
 * 8 KiB while little flows, or after at most 5 ms.
 */
export class Acks {
  received = 0
  #told = 0
  #toldMs = 0
  #waiting = false
  readonly #clock: Clock
  readonly #link: { control(type: number, total: number): void }

  constructor(clock: Clock, link: { control(type: number, total: number): void }) {
    this.#clock = clock
    this.#link = link
  }

  data(bytes: number): void {
    this.received += bytes
    const pending = this.received - this.#told
    const now = this.#clock.now()
    if (pending >= limits.ack.bytes || (pending >= limits.ack.smallBytes && now - this.#toldMs >= 1)) return this.#now(now)
    if (this.#waiting) return
    this.#waiting = true
    wait(this.#clock, this)
  }

  /** Its time has come. */
  due(): void {
    this.#waiting = false
    if (this.received > this.#told) this.#now(this.#clock.now())
  }

  #now(nowMs: number): void {
    this.#told = this.received
    this.#toldMs = nowMs
    this.#link.control(frame.ack, this.received)
  }
}

function wait(clock: Clock, acks: Acks): void {
  const wheel = wheels.get(clock) ?? { due: [] }
  wheels.set(clock, wheel)
  // Whoever comes while it turns goes along, and waits for less.
  if (wheel.due.push(acks) > 1) return
  clock.after(limits.ack.delayMs, () => {
    const { due } = wheel
    wheel.due = []
    for (const one of due) one.due()
  })
}
