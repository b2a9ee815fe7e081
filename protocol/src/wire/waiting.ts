import { FairleadError } from '../errors.ts'
import { toHex } from './json-codec.ts'
import { limits } from './limits.ts'
import type { StreamImpl } from './stream.ts'
import type { Clock } from './transport.ts'

/** Streams that this end opened, between the loss of a link and the next. */
export class Waiting {
  readonly #clock: Clock
  #streams: StreamImpl[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  keep(stream: StreamImpl): void {
    this.#streams.push(stream)
    stream.cancelKeep = this.#clock.after(keepMs(stream), () => {
      this.#streams = this.#streams.filter((other) => other !== stream)
      lose(stream)
    })
  }

  takeAll(): readonly StreamImpl[] {
    const streams = this.#streams
    this.#streams = []
    return streams.filter((stream) => !stream.over)
  }

  /** Nobody will go on with them. */
  abandon(): void {
    for (const stream of this.takeAll()) lose(stream)
  }
}

export function lose(stream: StreamImpl): void {
  stream.fail(new FairleadError('lost', 'The link to the host was lost.'))
}

/** Where a stream waits: under its key, as what it is. Whoever may ask for one thing does not get another with its key. */
export function placeOf(method: string, key: Uint8Array): string {
  return `${method} ${toHex(key)}`
}

export function keepMs({ meta }: StreamImpl): number {
  return meta.priority === 1 ? limits.terminalResumeForMs : limits.resumeForMs
}
