import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

/** What a link does for it. */
interface Teller {
  ack(total: number): void
  /** Asks for `settle` once this turn of the event loop is over. */
  afterTurn(): void
}

interface Wheel {
  /** Those that owe an ACK, the first one since `delayMs` ago when the wheel turns. */
  due: Acks[]
}

/** One timer a clock, however many links: small samples of a large fleet share its turns. */
const wheels = new WeakMap<Clock, Wheel>()

/**
 * Acknowledges DATA on receipt, whatever becomes of its stream: resets must not leak the path's credit. Every 32 KiB, every
 * 8 KiB while little flows, or after at most 5 ms: so long as bulk comes, which waits for it. What else comes now and then is
 * acknowledged with what leaves anyway.
 */
export class Acks {
  received = 0
  #told = 0
  #toldMs = 0
  #waiting = false
  #owed = false
  /** When bulk came last, or so much that it might be. */
  #bulkMs = Number.NEGATIVE_INFINITY
  /** When the first came of what is not acknowledged. */
  #sinceMs = 0
  readonly #clock: Clock
  readonly #link: Teller

  constructor(clock: Clock, link: Teller) {
    this.#clock = clock
    this.#link = link
  }

  data(bytes: number, bulk: boolean): void {
    const now = this.#clock.now()
    if (this.received === this.#told) this.#sinceMs = now
    this.received += bytes
    const pending = this.received - this.#told
    if (bulk || pending >= limits.ack.smallBytes) this.#bulkMs = now
    if (pending >= limits.ack.bytes || (pending >= limits.ack.smallBytes && now - this.#toldMs >= 1)) return this.#owe()
    if (this.#waiting || now - this.#bulkMs > limits.ack.quietMs) return
    this.#waiting = true
    wait(this.#clock, this)
  }

  /** Its time has come. */
  due(): void {
    this.#waiting = false
    if (this.received > this.#told) this.#owe()
  }

  /** What is owed goes with what leaves: once for all that one turn brought. */
  settle(): void {
    if (this.#owed || (this.received > this.#told && this.#clock.now() - this.#sinceMs >= limits.ack.lateMs)) this.tell()
  }

  /** Whether anything was left to be acknowledged; it is now. */
  tell(): boolean {
    this.#owed = false
    if (this.received === this.#told) return false
    this.#told = this.received
    this.#toldMs = this.#clock.now()
    this.#link.ack(this.received)
    return true
  }

  #owe(): void {
    this.#owed = true
    this.#link.afterTurn()
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
