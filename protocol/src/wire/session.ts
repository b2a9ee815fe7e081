import { FairleadError } from '../errors.ts'
import { Incoming } from './incoming.ts'
import { Link } from './link.ts'
import { StreamImpl } from './stream.ts'
import type { Transport } from './transport.ts'
import { keepMs, lose, placeOf, Waiting } from './waiting.ts'
import type { OpenMeta, Session, SessionOptions, SessionStats, WireStream } from './types.ts'

export type { OpenMeta, ResumeStore, Session, SessionEnd, SessionOptions, SessionStats, WireStream } from './types.ts'

/** One end of a live link. Owns the transport until it ends. */
export function openSession(transport: Transport, options: SessionOptions): Session {
  return new SessionImpl(transport, options)
}

/** What outlives a link: the streams of this end that are opened again on the next one. */
class SessionImpl implements Session {
  readonly #options: SessionOptions
  #link: Link
  #waiting: Waiting | undefined

  constructor(transport: Transport, options: SessionOptions) {
    this.#options = options
    this.#link = this.#start(transport)
  }

  #start(transport: Transport): Link {
    const link = new Link(transport, this.#options, (end) => {
      this.#keep(link)
      this.#options.onClose?.(end)
    })
    const incoming = new Incoming(link)
    transport.onClose = (code, reason) => link.end({ code, reason })
    transport.onMessage = (message) => incoming.message(message)
    return link
  }

  get alive(): boolean {
    return this.#link.alive
  }

  get stats(): SessionStats {
    return this.#link.stats
  }

  open(method: string, params: unknown, meta: OpenMeta = {}): WireStream {
    const unable = meta.takesPacked === true && this.#options.packing === undefined
    const stream = new StreamImpl(method, params, unable ? { ...meta, takesPacked: false } : meta, true)
    const link = this.#link
    if (link.alive && !link.draining) {
      if (link.open(stream)) {
        link.time(stream)
        return stream
      }
      link.goaway('ids', 0, 60_000)
    }
    stream.fail(new FairleadError('refused', 'The link takes no new requests right now; try again in a moment.'))
    return stream
  }

  ping(): Promise<number> {
    return new Promise((resolve) => this.#link.ping(resolve))
  }

  goaway(code: string, reconnectInMs: number, resumeForMs: number): void {
    this.#link.goaway(code, reconnectInMs, resumeForMs)
  }

  close(code: number, reason: string): void {
    if (!this.alive) return this.#waiting?.abandon()
    this.#link.close(code, reason)
  }

  resume(transport: Transport): void {
    const old = this.#link
    if (old.alive) {
      old.stop()
      this.#keep(old)
      old.transport.close(1000, 'replaced')
    }
    this.#link = this.#start(transport)
    for (const stream of this.#waiting?.takeAll() ?? []) this.#link.open(stream)
  }

  takeOver(old: Session): void {
    if (!(old instanceof SessionImpl) || old.alive) throw new FairleadError('internal', 'Only an ended session has streams to take over.')
    for (const stream of old.#waiting?.takeAll() ?? []) this.#link.open(stream)
  }

  /** Streams with a key wait for the next link, those of the peer for being opened again; the others are lost. */
  #keep({ streams }: Link): void {
    const { resumeStore, clock } = this.#options
    const left = [...streams.values()]
    streams.clear()
    for (const stream of left) {
      const { resumeKey } = stream.meta
      if (stream.over) continue
      if (resumeKey === undefined) lose(stream)
      else if (stream.opener) (this.#waiting ??= new Waiting(clock)).keep(stream)
      else if (resumeStore === undefined) lose(stream)
      else resumeStore.put(placeOf(stream.method, resumeKey), stream, keepMs(stream))
    }
  }
}
