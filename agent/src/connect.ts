import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Hello } from '@fairlead/protocol/hello.ts'
import type { SessionEnd, SessionStats } from '@fairlead/protocol/wire/session.ts'
import { createAddresses, type Addresses } from './addresses.ts'
import { dial, type DialOptions, type Link } from './dial.ts'
import { reach } from './reach.ts'
import { createWaits } from './waits.ts'

export interface KeepOptions extends Omit<DialOptions, 'hello' | 'onClose' | 'address' | 'hubKey' | 'proxy'> {
  /** Where the hub may be, the one of the enrolment first, and the key that is pinned: as it is now. */
  readonly hub: () => { readonly addresses: readonly string[]; readonly key: Uint8Array }
  readonly proxyTo?: (address: string) => URL | undefined
  readonly hello: () => Hello
  readonly onLink: (link: Link) => void
  readonly onLoss: (reason: string) => void
  readonly random?: () => number
  /** Between looks for the first address, while the link is over another one. */
  readonly homeMs?: number
}

export interface KeptLink {
  /** For a person: how it does. */
  describe(): LinkFacts
  stop(): void
}

export interface LinkFacts {
  readonly up: boolean
  readonly tlsEndToEnd: boolean
  /** Where the hub is, or is looked for now. */
  readonly address: string
  readonly stats: SessionStats | null
}

/** Longer than a try and the next one: the path was not there. */
const healedMs = 2000
/** How long an address may take no connection, where there is another one. */
const elsewhereMs = 10_000
const usualHomeMs = 300_000
const mostHomeMs = 3_600_000
/** A link over the first address that lives longer has come to stay. */
const stayedMs = 60_000

/** Stays connected for ever: after every end, whatever its cause, there is exactly one next attempt. */
export function keepConnected(options: KeepOptions): KeptLink {
  return new Keeper(options)
}

class Keeper implements KeptLink {
  readonly #options: KeepOptions
  readonly #waits: ReturnType<typeof createWaits>
  readonly #addresses: Addresses
  readonly #home: ReturnType<typeof createHomeTimer>
  readonly #stopping = new AbortController()
  #link: Link | undefined
  /** Whose place another link is about to take: its end is no loss until that failed. */
  #leaving: { readonly link: Link; end: SessionEnd | undefined } | undefined
  #cancel = (): void => undefined

  constructor(options: KeepOptions) {
    const { random = Math.random, homeMs = usualHomeMs } = options
    this.#options = options
    this.#waits = createWaits(random)
    this.#addresses = createAddresses(() => options.hub().addresses)
    this.#home = createHomeTimer(homeMs, random)
    void this.#attempt()
  }

  describe(): LinkFacts {
    const { session, tlsEndToEnd = false } = this.#link ?? {}
    const up = session?.alive === true
    return { up, tlsEndToEnd, address: this.#addresses.next, stats: up ? session.stats : null }
  }

  stop(): void {
    this.#stopping.abort()
    this.#cancel()
    this.#home.stop()
    this.#link?.session.close(1000, 'stopping')
  }

  #lost(reason: string, delayMs: number): void {
    this.#link = undefined
    this.#home.stop()
    this.#options.onLoss(reason)
    this.#next(delayMs, () => this.#attempt())
  }

  /** At most one thing waits. */
  #next(delayMs: number, run: () => Promise<void>): void {
    if (!this.#stopping.signal.aborted) this.#cancel = later(delayMs, () => void run())
  }

  async #attempt(): Promise<void> {
    const { proxyTo, onLoss } = this.#options
    const address = this.#addresses.next
    const through = proxyTo?.(address)?.href ?? address
    const goneMs = await reach(through, this.#stopping.signal, onLoss, this.#addresses.only ? undefined : elsewhereMs)
    if (goneMs === undefined) {
      this.#addresses.failed()
      return this.#lost(`Nothing at ${new URL(through).host} takes a connection.`, this.#waits.afterFailure(undefined))
    }
    // A path that was gone was gone for other hosts too: they do not all return in the same instant.
    if (goneMs > healedMs) this.#next(this.#waits.afterHealing(), () => this.#connect(address))
    else await this.#connect(address)
  }

  async #connect(address: string): Promise<void> {
    if (this.#stopping.signal.aborted) return
    try {
      this.#take(await this.#dialAt(address))
      this.#addresses.linked()
      if (!this.#addresses.first) this.#home.start(() => this.#goHome())
    } catch (error) {
      this.#addresses.failed()
      this.#lost(error instanceof Error ? error.message : String(error), this.#waits.afterFailure(error))
    }
  }

  async #dialAt(address: string): Promise<Link> {
    const startedMs = performance.now()
    let own: Link | undefined
    let early: SessionEnd | undefined
    const onClose = (end: SessionEnd) => {
      if (own === undefined) early = end
      else if (own === this.#leaving?.link) this.#leaving.end = end
      else if (own === this.#link) this.#ended(end, performance.now() - startedMs)
    }
    const { hub, proxyTo, hello } = this.#options
    const link = await dial({ ...this.#options, address, proxy: proxyTo?.(address), hubKey: hub().key, hello: hello(), onClose })
    if (early !== undefined) throw new FairleadError('bad_upstream', wordsOf(early))
    own = link
    return link
  }

  #ended(end: SessionEnd, livedMs: number): void {
    if (this.#addresses.first && livedMs > stayedMs) this.#home.settled()
    this.#addresses.lost()
    this.#lost(wordsOf(end), this.#waits.afterLoss(end, livedMs))
  }

  #take(link: Link): void {
    const before = this.#link
    this.#link = link
    this.#waits.connected(link.welcome.smearMs)
    before?.session.close(1000, 'replaced')
    if (this.#stopping.signal.aborted) return link.session.close(1000, 'stopping')
    this.#options.onLink(link)
  }

  /** The link over another address stays up until the one over the first is; a hub that is the same ends it by itself then. */
  async #goHome(): Promise<void> {
    if (this.#link === undefined) return
    const leaving: { readonly link: Link; end: SessionEnd | undefined } = { link: this.#link, end: undefined }
    this.#leaving = leaving
    try {
      const link = await this.#dialAt(this.#options.hub().addresses[0]!)
      this.#addresses.home()
      this.#home.stop()
      this.#take(link)
    } catch {
      if (leaving.end !== undefined) this.#ended(leaving.end, 0)
      else this.#home.start(() => this.#goHome())
    } finally {
      this.#leaving = undefined
    }
  }
}

/** Looks for the first address again, later each time until a link over it has come to stay: no host goes to and fro. */
export function createHomeTimer(everyMs: number, random: () => number, wait = later) {
  let waitMs = everyMs
  let cancel = (): void => undefined
  return {
    start(look: () => Promise<void>): void {
      cancel()
      // Not all hosts of a hub in the same instant.
      cancel = wait(waitMs * (0.75 + random() / 2), () => void look())
      waitMs = Math.min(waitMs * 2, mostHomeMs)
    },
    stop: () => cancel(),
    settled: () => void (waitMs = everyMs),
  }
}

const wordsOf = ({ code, reason }: SessionEnd) => `${code} ${reason}`.trim()

/** A timer that does keep the process alive: dialling is what an agent is for. */
function later(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
