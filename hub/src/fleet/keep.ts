import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Log } from '../base/log.ts'
import type { LiveHost } from './fleet.ts'

const againMs = 2000
/** Its policy says no; that may change, and it need not hear of it every other second until then. */
const deniedMs = 60_000

interface Listening {
  readonly log: Log
  /** For the log. */
  readonly what: string
  /** Listens; settles when the host tells no more. */
  readonly run: (host: LiveHost) => Promise<void>
}

/** Listens to a host while this very link lives: what its agent ends is asked again, not in a hurry. */
export function keepListening(host: LiveHost, listening: Listening): void {
  new Keeper(host, listening).listen()
}

/** A class, not a loop that waits: a hub keeps some for each of its hosts. */
class Keeper {
  readonly #host: LiveHost
  readonly #session: LiveHost['session']
  readonly #listening: Listening

  constructor(host: LiveHost, listening: Listening) {
    this.#host = host
    this.#session = host.session
    this.#listening = listening
  }

  listen(): void {
    if (this.#host.session !== this.#session || this.#session?.alive !== true) return
    this.#listening.run(this.#host).then(
      () => this.#again(againMs),
      (error: unknown) => this.#again(this.#failed(error)),
    )
  }

  #again(waitMs: number): void {
    setTimeout(() => this.listen(), waitMs).unref()
  }

  #failed(error: unknown): number {
    const { log, what } = this.#listening
    if (this.#session?.alive === true) log('warn', 'a host stopped telling', { host: this.#host.id, what, error: String(error) })
    return codeOf(error) === 'forbidden' ? deniedMs : againMs
  }
}
