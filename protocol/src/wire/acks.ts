import { frame } from './frame.ts'
import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

/**
 * Acknowledges DATA on receipt, whatever becomes of its stream: resets must not leak the path's credit. Every 32 KiB, every
 * 8 KiB while little flows, or after 5 ms.
 */
export class Acks {
  received = 0
  #told = 0
  #toldMs = 0
  #timer = false
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
    if (this.#timer) return
    this.#timer = true
    this.#clock.after(limits.ack.delayMs, () => {
      this.#timer = false
      if (this.received > this.#told) this.#now(this.#clock.now())
    })
  }

  #now(nowMs: number): void {
    this.#told = this.received
    this.#toldMs = nowMs
    this.#link.control(frame.ack, this.received)
  }
}
