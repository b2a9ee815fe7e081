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
  /** Listens; `ended` is to be called once, when the host tells no more. */
  readonly run: (host: LiveHost, ended: (error?: unknown) => void) => void
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
    this.#listening.run(this.#host, (error) => this.#ended(error))
  }

  #ended(error: unknown): void {
    const { log, what } = this.#listening
    if (error !== undefined && this.#session?.alive === true)
      log('warn', 'a host stopped telling', { host: this.#host.id, what, error: String(error) })
    const waitMs = error !== undefined && codeOf(error) === 'forbidden' ? deniedMs : againMs
    setTimeout(() => this.listen(), waitMs).unref()
  }
}
