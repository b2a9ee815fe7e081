import { FairleadError, type Code } from '../errors.ts'
import { limits } from './limits.ts'
import type { OpenMeta, WireStream } from './types.ts'

/** What a stream asks of the session that carries it now. */
export interface Carrier {
  readonly nowMs: () => number
  readonly roundTripMs: () => number
  /** The stream has something to send, or may have. */
  ready(stream: StreamImpl): void
  control(type: number, ...fields: unknown[]): void
  reply(sid: number, value: unknown): Uint8Array | undefined
  /** Asks for room to widen a receive window by so many bytes. */
  widen(bytes: number): boolean
  narrow(bytes: number): void
  /** The stream is over on both sides: forget it. */
  forget(stream: StreamImpl): void
}

const credit = 3
const end = 4
const reset = 5
const head = 6
const signal = 8

type Answer = { readonly reply: unknown } | { readonly head: Readonly<Record<string, unknown>> }

/** One stream, from either end. It outlives the session that carries it when it has a resume key. */
export class StreamImpl implements WireStream {
  id = 0
  carrier: Carrier | undefined
  readonly method: string
  readonly params: unknown
  readonly meta: OpenMeta
  readonly opener: boolean
  priority: 1 | 2 | 3
  onSignal: (kind: string, value: unknown) => void = () => undefined
  trailer: Readonly<Record<string, unknown>> | undefined
  /** Called once when the stream is over, whatever the way. */
  onOver: () => void = () => undefined

  // What the peer sends us.
  receivedBytes = 0
  #consumed = 0
  #granted: number
  #windowBytes: number
  #lastCreditMs = 0
  #inbox: Uint8Array[] = []
  #wanting: { resolve: (result: IteratorResult<Uint8Array>) => void; reject: (error: unknown) => void } | undefined
  #peerEnded = false

  // What we send.
  sentBytes = 0
  sendLimit: number
  #outbox: Uint8Array[] = []
  #outBytes = 0
  #unconfirmed: Uint8Array[] = []
  #unconfirmedFrom = 0
  #room: { resolve: () => void; reject: (error: unknown) => void }[] = []
  #ending: Readonly<Record<string, unknown>> | undefined
  #ended = false
  #whole = false
  #headed = false

  #error: FairleadError | undefined
  #abort = new AbortController()
  #answer = Promise.withResolvers<Answer>()
  cancelDeadline: (() => void) | undefined
  queuedInClass = false

  constructor(method: string, params: unknown, meta: OpenMeta, opener: boolean) {
    this.method = method
    this.params = params
    this.meta = meta
    this.opener = opener
    this.priority = meta.priority ?? 2
    // The opener's OPEN says what it takes; the other way begins small, until the acceptor says more.
    const opened = meta.windowBytes ?? limits.windowBytes
    this.#windowBytes = opener ? opened : limits.terminalWindowBytes
    this.#granted = this.#windowBytes
    this.sendLimit = opener ? limits.terminalWindowBytes : opened
    this.#answer.promise.catch(() => undefined)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get over(): boolean {
    return this.#error !== undefined || (this.#ended && this.#peerEnded)
  }

  get error(): FairleadError | undefined {
    return this.#error
  }

  get windowBytes(): number {
    return this.#windowBytes
  }

  get outBytes(): number {
    return this.#outBytes
  }

  /** Kept for a resume: sent, and not yet confirmed by the peer. */
  get retainedBytes(): number {
    return this.sentBytes - this.#unconfirmedFrom
  }

  answered(): Promise<Answer> {
    return this.#answer.promise
  }

  reply(value: unknown): void {
    if (this.over || this.carrier === undefined) return
    const large = this.carrier.reply(this.id, value)
    if (large === undefined) return this.#finish()
    this.head({ mode: 'reply' })
    this.write(large).catch(() => undefined)
    this.end()
  }

  head(meta: Readonly<Record<string, unknown>>): void {
    if (this.#headed || this.over) return
    this.#headed = true
    this.#whole = meta['mode'] === 'items'
    this.carrier?.control(head, this.id, meta)
  }

  write(payload: Uint8Array): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ending !== undefined)
      return Promise.reject(new FairleadError('internal', 'Nothing can be written after the end of a stream.'))
    if (payload.length === 0) return Promise.resolve()
    if (this.#whole && payload.length > limits.dataBytes)
      return Promise.reject(new FairleadError('too_large', 'An item of a stream is larger than 32 KiB.'))
    this.#outbox.push(payload)
    this.#outBytes += payload.length
    this.carrier?.ready(this)
    if (this.#outBytes <= limits.dataBytes) return Promise.resolve()
    return new Promise((resolve, reject) => this.#room.push({ resolve, reject }))
  }

  end(trailer: Readonly<Record<string, unknown>> = {}): void {
    if (this.#ending !== undefined || this.over) return
    this.#ending = trailer
    this.carrier?.ready(this)
  }

  reset(code: Code, message?: string): void {
    if (this.over) return
    this.carrier?.control(reset, this.id, code, ...(message === undefined ? [] : [message.slice(0, 1000)]))
    this.fail(new FairleadError(code, message ?? 'The stream was left.'))
  }

  sendSignal(kind: string, value: unknown): void {
    if (!this.over) this.carrier?.control(signal, this.id, kind, value)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const next = await this.#pull()
        if (next === undefined) return
        yield next
      }
    } finally {
      // Leaving early is the cancel.
      if (!this.#peerEnded && !this.over) this.reset('canceled')
    }
  }

  /** The next payload, or undefined at the end. Asking grants credit for what was taken before. */
  async #pull(): Promise<Uint8Array | undefined> {
    this.#grant()
    const payload = this.#inbox.shift()
    if (payload !== undefined) {
      this.#consumed += payload.length
      return payload
    }
    if (this.#error !== undefined) throw this.#error
    if (this.#peerEnded) return undefined
    const result = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => (this.#wanting = { resolve, reject }))
    if (result.done === true) return undefined
    this.#consumed += result.value.length
    return result.value
  }

  #grant(): void {
    if (this.carrier === undefined || this.over || this.#peerEnded) return
    const limit = this.#consumed + this.#windowBytes
    if (limit - this.#granted < this.#windowBytes / 2) return
    const now = this.carrier.nowMs()
    // It emptied within two round trips and the consumer kept up: the window is what slows it.
    const fast = now - this.#lastCreditMs < 2 * this.carrier.roundTripMs()
    if (fast && this.#inbox.length === 0 && this.#windowBytes < limits.maxWindowBytes && this.carrier.widen(this.#windowBytes))
      this.#windowBytes *= 2
    this.#lastCreditMs = now
    this.#granted = this.#consumed + this.#windowBytes
    this.carrier.control(credit, this.id, this.#granted, this.receivedBytes)
  }

  // ---- called by the session -------------------------------------------------------------------------------------

  /** False: the peer sent more than it may. */
  receive(payload: Uint8Array): boolean {
    if (this.#peerEnded || this.over) return true
    this.receivedBytes += payload.length
    if (this.receivedBytes > this.#granted) return false
    const own = payload.slice()
    if (this.#wanting === undefined) this.#inbox.push(own)
    else {
      const { resolve } = this.#wanting
      this.#wanting = undefined
      resolve({ done: false, value: own })
    }
    return true
  }

  receiveEnd(trailer: unknown): void {
    if (this.#peerEnded) return
    this.#peerEnded = true
    this.trailer = isRecord(trailer) ? trailer : {}
    this.#wanting?.resolve({ done: true, value: undefined })
    this.#wanting = undefined
    this.#answer.resolve({ head: {} })
    this.#settleIfOver()
  }

  receiveAnswer(answer: Answer): void {
    this.#answer.resolve(answer)
    if ('reply' in answer) return this.#finish()
    const { w, offset } = answer.head
    if (typeof w === 'number') this.sendLimit = Math.max(this.sendLimit, w)
    if (typeof offset === 'number') this.rewind(offset)
  }

  receiveCredit(limit: number, received: unknown): void {
    if (limit > this.sendLimit) this.sendLimit = limit
    if (typeof received === 'number') this.#confirm(received)
    this.carrier?.ready(this)
  }

  /** Something to send that the peer's window lets through. */
  get sendable(): boolean {
    if (this.#ended || this.over) return false
    const next = this.#outbox[0]
    if (next === undefined) return this.#ending !== undefined
    return this.sendLimit - this.sentBytes >= (this.#whole ? next.length : 1)
  }

  get hasEndOnly(): boolean {
    return this.#outbox.length === 0 && this.#ending !== undefined
  }

  /** Takes the next slice to send, at most so many bytes; undefined: only the end is left. */
  takeSlice(sliceBytes: number): Uint8Array | undefined {
    const next = this.#outbox[0]
    if (next === undefined) return undefined
    const room = this.#whole ? next.length : Math.min(sliceBytes, limits.dataBytes, this.sendLimit - this.sentBytes)
    const slice = next.length <= room ? next : next.subarray(0, room)
    if (slice === next) this.#outbox.shift()
    else this.#outbox[0] = next.subarray(room)
    this.#outBytes -= slice.length
    this.sentBytes += slice.length
    if (this.meta.resumeKey !== undefined) this.#unconfirmed.push(slice)
    else this.#unconfirmedFrom = this.sentBytes
    if (this.#outBytes <= limits.dataBytes && this.#room.length > 0) this.#room.shift()!.resolve()
    return slice
  }

  sendEnd(): void {
    this.#ended = true
    this.carrier?.control(end, this.id, this.#ending ?? {})
    this.#settleIfOver()
  }

  /** The peer has everything up to `offset`: nothing before it will be asked for again. */
  #confirm(offset: number): void {
    while (this.#unconfirmed.length > 0 && this.#unconfirmedFrom + this.#unconfirmed[0]!.length <= offset) {
      this.#unconfirmedFrom += this.#unconfirmed.shift()!.length
    }
  }

  /** Goes back to what the peer wants next. False: that was let go already. */
  rewind(offset: number): boolean {
    if (offset < this.#unconfirmedFrom || offset > this.sentBytes) return false
    this.#confirm(offset)
    let skip = offset - this.#unconfirmedFrom
    const again: Uint8Array[] = []
    for (const slice of this.#unconfirmed) {
      if (skip < slice.length) again.push(skip > 0 ? slice.subarray(skip) : slice)
      skip = Math.max(0, skip - slice.length)
    }
    for (const slice of again) this.#outBytes += slice.length
    this.#outbox.unshift(...again)
    this.#unconfirmed = []
    this.#unconfirmedFrom = offset
    this.sentBytes = offset
    if (this.#ended) this.#ended = false
    return true
  }

  /** Loses its carrier and waits; sends nothing. */
  detach(): void {
    this.carrier?.narrow(this.#windowBytes)
    this.carrier = undefined
    this.queuedInClass = false
    this.#headed = false
  }

  attach(carrier: Carrier, id: number): void {
    this.carrier = carrier
    this.id = id
    this.queuedInClass = false
    // What was granted and lost on the way is granted again by the offsets: they are absolute.
    this.#granted = Math.max(this.#granted, this.#consumed + this.#windowBytes)
    carrier.ready(this)
  }

  /** Never carried by a session yet. */
  get fresh(): boolean {
    return this.id === 0
  }

  get mode(): 'bytes' | 'items' {
    return this.#whole ? 'items' : 'bytes'
  }

  get grantedLimit(): number {
    return this.#granted
  }

  get peerEnded(): boolean {
    return this.#peerEnded
  }

  fail(error: FairleadError): void {
    if (this.over) return
    this.#error = error
    this.#outbox = []
    this.#outBytes = 0
    this.#unconfirmed = []
    for (const { reject } of this.#room) reject(error)
    this.#room = []
    this.#answer.reject(error)
    const wanting = this.#wanting
    this.#wanting = undefined
    wanting?.reject(error)
    this.#leave()
  }

  #finish(): void {
    this.#ended = true
    this.#peerEnded = true
    this.#wanting?.resolve({ done: true, value: undefined })
    this.#leave(false)
  }

  #settleIfOver(): void {
    if (this.#ended && this.#peerEnded) this.#leave(false)
  }

  #leave(aborted = true): void {
    this.cancelDeadline?.()
    this.carrier?.narrow(this.#windowBytes)
    this.carrier?.forget(this)
    this.onOver()
    if (aborted) this.#abort.abort(this.#error)
  }
}

export function countStreams(streams: Iterable<StreamImpl>): { openStreams: number; queuedBytes: number; pausedStreams: number } {
  let openStreams = 0
  let queuedBytes = 0
  let pausedStreams = 0
  for (const stream of streams) {
    openStreams++
    queuedBytes += stream.outBytes
    if (stream.outBytes > 0 && !stream.sendable) pausedStreams++
  }
  return { openStreams, queuedBytes, pausedStreams }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
