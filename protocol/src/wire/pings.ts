import type { Clock } from './transport.ts'

const most = 16

/** PINGs under way. */
export class Pings {
  readonly #clock: Clock
  #last = 0
  #sentMs = new Map<number, { ms: number; done: (rttMs: number) => void }>()
  /** When one was sent last, on the clock. */
  lastMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves with the round trip, ms; never when the link is lost. */
  send(ping: (id: number) => void): Promise<number> {
    return new Promise((done) => {
      const id = (this.#last = (this.#last + 1) >>> 0)
      if (this.#sentMs.size >= most) this.#sentMs.clear()
      this.lastMs = this.#clock.now()
      this.#sentMs.set(id, { ms: this.lastMs, done })
      ping(id)
    })
  }

  /** The round trip that this PONG ends, or undefined: nobody asked. */
  answered(id: number): number | undefined {
    const sent = this.#sentMs.get(id)
    if (sent === undefined) return undefined
    this.#sentMs.delete(id)
    const rttMs = this.#clock.now() - sent.ms
    sent.done(rttMs)
    return rttMs
  }
}
