import { limits } from './limits.ts'

export interface Signal {
  /** Its place among the DATA: so many bytes came before it. */
  readonly at: number
  readonly kind: string
  readonly value: unknown
}

/** Signals of the peer that nobody listens to yet: the newest few. Made when there is one: most streams have none. */
export class Heard {
  #signals: Signal[] = []

  push(signal: Signal): void {
    // That a call still runs nobody will want to hear afterwards.
    if (signal.kind === 'working') return
    if (this.#signals.length >= limits.heldSignals) this.#signals.shift()
    this.#signals.push(signal)
  }

  /** Those whose place was reached, in order. */
  take(at: number): readonly Signal[] {
    const due = this.#signals.filter((signal) => signal.at <= at)
    this.#signals = this.#signals.slice(due.length)
    return due
  }
}
