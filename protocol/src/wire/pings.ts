import type { Clock } from './transport.ts'

const most = 16

interface Sent {
  readonly id: number
  readonly ms: number
  /** How much had been sent and acknowledged, if nothing was under way; else undefined. */
  readonly clearAt: number | undefined
  /** Absent for those whose answer only the path's window wants. */
  readonly done: ((rttMs: number) => void) | undefined
}

/** PINGs under way. */
export class Pings {
  readonly #clock: Clock
  #last = 0
  #underWay: Sent[] | undefined
  /** When one was sent last, on the clock. */
  lastMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The number of the next PING. `done` hears the round trip, ms; never when the link is lost. */
  next(clearAt: number | undefined, done?: (rttMs: number) => void): number {
    const id = (this.#last = (this.#last + 1) >>> 0)
    if (this.#underWay === undefined || this.#underWay.length >= most) this.#underWay = []
    this.lastMs = this.#clock.now()
    this.#underWay.push({ id, ms: this.lastMs, clearAt, done })
    return id
  }

  /** The number of a PING that asks for a sign of life and an ACK; its round trip nobody wants. */
  unheard(): number {
    return (this.#last = (this.#last + 1) >>> 0)
  }

  /** The round trip that this PONG ends, ms, and what its PING found under way; undefined: nobody asked. */
  answered(id: number): { readonly rttMs: number; readonly clearAt: number | undefined } | undefined {
    const index = this.#underWay?.findIndex((sent) => sent.id === id) ?? -1
    if (index < 0) return undefined
    const [sent] = this.#underWay!.splice(index, 1)
    if (this.#underWay!.length === 0) this.#underWay = undefined
    const rttMs = this.#clock.now() - sent!.ms
    sent!.done?.(rttMs)
    return { rttMs, clearAt: sent!.clearAt }
  }
}
