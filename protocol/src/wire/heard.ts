import { limits } from './limits.ts'

export interface Signal {
  /** Its place among the DATA: so many bytes came before it. */
  readonly at: number
  readonly kind: string
  readonly value: unknown
}

/** Signals of the peer: the newest few wait until somebody listens. Made when there is one, or somebody listens: most streams have neither. */
export class Heard {
  #waiting: Signal[] = []
  #listener: ((kind: string, value: unknown) => void) | undefined

  /** Hears at once what came before. */
  listen(listener: (kind: string, value: unknown) => void): void {
    this.#listener = listener
    for (const { kind, value } of this.take(Number.POSITIVE_INFINITY)) listener(kind, value)
  }

  push(signal: Signal): void {
    if (this.#listener !== undefined) return this.#listener(signal.kind, signal.value)
    // That a call still runs nobody will want to hear afterwards.
    if (signal.kind === 'working') return
    if (this.#waiting.length >= limits.heldSignals) this.#waiting.shift()
    this.#waiting.push(signal)
  }

  /** Those whose place was reached, in order. */
  take(at: number): readonly Signal[] {
    const due = this.#waiting.filter((signal) => signal.at <= at)
    this.#waiting = this.#waiting.slice(due.length)
    return due
  }
}
