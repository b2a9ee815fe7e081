import type { Hello } from '@fairlead/protocol/hello.ts'
import type { Session, SessionStats } from '@fairlead/protocol/wire/session.ts'
import { dial, type DialOptions, type Link } from './dial.ts'
import { reach } from './reach.ts'
import { createWaits } from './waits.ts'

export interface KeepOptions extends Omit<DialOptions, 'hello' | 'onClose'> {
  readonly hello: () => Hello
  readonly onLink: (link: Link) => void
  readonly onLoss: (reason: string) => void
  readonly random?: () => number
}

export interface KeptLink {
  /** For a person: how it does. */
  describe(): LinkFacts
  stop(): void
}

export interface LinkFacts {
  readonly up: boolean
  readonly tlsEndToEnd: boolean
  readonly stats: SessionStats | null
}

/** Longer than a try and the next one: the path was not there. */
const healedMs = 2000

/** Stays connected for ever: after every end, whatever its cause, there is exactly one next attempt. */
export function keepConnected(options: KeepOptions): KeptLink {
  const waits = createWaits(options.random ?? Math.random)
  const stopping = new AbortController()
  let session: Session | undefined
  let tlsEndToEnd = false
  let cancel = (): void => undefined

  function lost(reason: string, delayMs: number): void {
    session = undefined
    options.onLoss(reason)
    next(delayMs, attempt)
  }

  /** At most one thing waits. */
  function next(delayMs: number, run: () => Promise<void>): void {
    if (!stopping.signal.aborted) cancel = later(delayMs, () => void run())
  }

  async function attempt(): Promise<void> {
    const goneMs = await reach(options.proxy?.href ?? options.address, stopping.signal, options.onLoss)
    // A path that was gone was gone for other hosts too: they do not all return in the same instant.
    if (goneMs > healedMs) next(waits.afterHealing(), connect)
    else await connect()
  }

  async function connect(): Promise<void> {
    if (stopping.signal.aborted) return
    const startedMs = performance.now()
    try {
      const link = await dial({
        ...options,
        hello: options.hello(),
        onClose: (end) => lost(`${end.code} ${end.reason}`.trim(), waits.afterLoss(end, performance.now() - startedMs)),
      })
      session = link.session
      tlsEndToEnd = link.tlsEndToEnd
      waits.connected(link.welcome.smearMs)
      if (stopping.signal.aborted) return session.close(1000, 'stopping')
      options.onLink(link)
    } catch (error) {
      lost(error instanceof Error ? error.message : String(error), waits.afterFailure(error))
    }
  }

  void attempt()
  return {
    describe: () => ({
      up: session?.alive === true,
      tlsEndToEnd,
      stats: session?.alive === true ? session.stats : null,
    }),
    stop() {
      stopping.abort()
      cancel()
      session?.close(1000, 'stopping')
    },
  }
}

/** A timer that does keep the process alive: dialling is what an agent is for. */
function later(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
