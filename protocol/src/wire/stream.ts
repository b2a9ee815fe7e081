import { FairleadError, type Code } from '../errors.ts'
import { Burst } from './burst.ts'
import { frame } from './frame.ts'
import { limits } from './limits.ts'
import { isRecord } from './meta.ts'
import { Sent } from './sent.ts'
import type { Bucket } from './schedule.ts'
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
  /** The stream goes on elsewhere: forget it, and tell the peer that its end of it is lost. */
  release(stream: StreamImpl): void
}

/** A payload of at least this part of the memory it came in is kept as it came. */
const wholeShare = 4

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
  /** What was sent is kept until the peer confirms it. */
  retains: boolean
  signalBucket: Bucket | undefined

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
  #unconfirmed: Sent
  #room: { resolve: () => void; reject: (error: unknown) => void }[] = []
  #ending: Readonly<Record<string, unknown>> | undefined
  #ended = false
  #whole = false
  #headed = false

  #signals: { at: number; kind: string; value: unknown }[] | undefined
  /** What the peer said it has. */
  #peerHas = 0
  /** Opened again: where to go on from is in the peer's HEAD, until then nothing may be sent. */
  #held = false
  #burst: Burst | undefined

  /** The other half of a relay: payloads, ends and credit pass straight through. */
  #joined: StreamImpl | undefined
  #error: FairleadError | undefined
  #abort: AbortController | undefined
  #answer = Promise.withResolvers<Answer>()
  cancelDeadline: (() => void) | undefined
  cancelKeep: (() => void) | undefined
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
    this.sendLimit = opener ? limits.terminalWindowBytes : opened
    this.retains = opener && meta.resumeKey !== undefined
    // Offsets of a stream that goes on count from where the first one began.
    const at = meta.resumeAt ?? 0
    if (opener) this.receivedBytes = this.#consumed = at
    else {
      this.sentBytes = this.#peerHas = at
      this.sendLimit += at
    }
    this.#unconfirmed = new Sent(this.sentBytes)
    this.#granted = this.#consumed + this.#windowBytes
    this.#answer.promise.catch(() => undefined)
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#error !== undefined) this.#abort.abort(this.#error)
    }
    return this.#abort.signal
  }

  get over(): boolean {
    return this.#error !== undefined || (this.#ended && this.#peerEnded)
  }

  get connected(): boolean {
    return this.carrier !== undefined
  }

  get windowBytes(): number {
    return this.#windowBytes
  }

  get outBytes(): number {
    return this.#outBytes
  }

  /** Kept for a resume: sent, and not yet confirmed by the peer. */
  get retainedBytes(): number {
    return this.sentBytes - this.#unconfirmed.from
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
    this.carrier?.control(frame.head, this.id, meta)
  }

  write(payload: Uint8Array): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ending !== undefined)
      return Promise.reject(new FairleadError('internal', 'Nothing can be written after the end of a stream.'))
    if (payload.length === 0) return Promise.resolve()
    if (this.#whole && payload.length > limits.dataBytes)
      return Promise.reject(new FairleadError('too_large', 'An item of a stream is larger than 32 KiB.'))
    if (this.#outBytes > limits.queueBytes) {
      this.reset('rate_limited', 'The reader of this stream is too slow for its writer.')
      return Promise.reject(this.#error!)
    }
    this.#push(payload)
    if (this.#outBytes <= limits.dataBytes) return Promise.resolve()
    return new Promise((resolve, reject) => this.#room.push({ resolve, reject }))
  }

  #push(payload: Uint8Array): void {
    if (this.over) return
    this.#outbox.push(payload)
    this.#outBytes += payload.length
    if (this.carrier === undefined) return
    // A terminal that flooded and then was quiet is a terminal again.
    if (this.#burst?.quiet(this.carrier.nowMs()) === true) this.priority = 1
    this.carrier.ready(this)
  }

  end(trailer: Readonly<Record<string, unknown>> = {}): void {
    if (this.#ending !== undefined || this.over) return
    this.#ending = trailer
    this.carrier?.ready(this)
  }

  reset(code: Code, message?: string): void {
    if (this.over) return
    this.carrier?.control(frame.reset, this.id, code, ...(message === undefined ? [] : [message.slice(0, 1000)]))
    this.fail(new FairleadError(code, message ?? 'The stream was left.'))
  }

  sendSignal(kind: string, value: unknown): void {
    if (this.over) return
    ;(this.#signals ??= []).push({ at: this.sentBytes + this.#outBytes, kind, value })
    this.sendSignals()
  }

  /** Those whose place among the DATA is reached. */
  sendSignals(): void {
    if (this.#signals === undefined || this.carrier === undefined || this.#held) return
    while (this.#signals.length > 0 && this.#signals[0]!.at <= this.sentBytes) {
      const { kind, value } = this.#signals.shift()!
      this.carrier.control(frame.signal, this.id, kind, value)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let complete = false
    try {
      for (;;) {
        const next = await this.#pull()
        if (next === undefined) {
          complete = true
          return this.#reachedEnd()
        }
        yield next
      }
    } finally {
      // The opener's leaving early is the cancel. An acceptor that wants no more input may still have much to say.
      if (this.opener && !complete && !this.over) this.reset('canceled')
    }
  }

  /** What the acceptor ended is over: the opener has nothing more to say, and with its END says that it has everything. */
  #reachedEnd(): void {
    if (!this.opener || this.over || this.#ending !== undefined) return
    this.#outbox = []
    this.#outBytes = 0
    this.end()
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
    this.carrier.control(frame.credit, this.id, this.#granted, this.receivedBytes)
  }

  // ---- called by the session -------------------------------------------------------------------------------------

  /** False: the peer sent more than it may. */
  receive(payload: Uint8Array): boolean {
    if (this.#peerEnded || this.over) return true
    this.receivedBytes += payload.length
    if (this.receivedBytes > this.#granted) return false
    // What is small would hold on to all it came with; what is not is not worth a copy.
    const own = payload.length * wholeShare >= payload.buffer.byteLength ? payload : payload.slice()
    if (this.#joined !== undefined) {
      this.#consumed = this.receivedBytes
      this.#joined.#push(own)
    } else if (this.#wanting === undefined) this.#inbox.push(own)
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
    this.#joined?.end(this.trailer)
    this.#wanting?.resolve({ done: true, value: undefined })
    this.#wanting = undefined
    this.#answer.resolve({ head: {} })
    this.#settleIfOver()
  }

  receiveAnswer(answer: Answer): void {
    if ('reply' in answer) {
      this.#answer.resolve(answer)
      return this.#finish()
    }
    const { w, offset } = answer.head
    if (typeof w === 'number') this.sendLimit = this.#held ? w : Math.max(this.sendLimit, w)
    if (this.#held) {
      this.#held = false
      const from = typeof offset === 'number' ? offset : 0
      // A relay that is new itself begins where the acceptor stands.
      if (this.meta.resumeAt !== undefined && this.sentBytes === 0) this.sentBytes = this.#unconfirmed.from = from
      else if (!this.rewind(from)) return this.reset('lost', 'The stream could not go on where it stood.')
    }
    this.#answer.resolve(answer)
    this.sendSignals()
    this.carrier?.ready(this)
  }

  receiveCredit(limit: number, received: unknown): void {
    if (limit > this.sendLimit) this.sendLimit = limit
    if (typeof received === 'number' && received <= this.sentBytes) {
      this.#peerHas = Math.max(this.#peerHas, received)
      this.#unconfirmed.confirm(received)
    }
    this.#joined?.grantAsJoined()
    this.carrier?.ready(this)
  }

  // ---- a relay ---------------------------------------------------------------------------------------------------

  /** From now on what either side receives leaves by the other; what waits already goes first. */
  join(other: StreamImpl): void {
    for (const [from, to] of [
      [this, other],
      [other, this],
    ] as const) {
      from.#joined = to
      for (const payload of from.#inbox) to.#push(payload)
      from.#inbox = []
      from.#consumed = from.receivedBytes
      if (from.#peerEnded) to.end(from.trailer)
      from.grantAsJoined()
    }
  }

  /** The acceptor of a relayed stream said where it stands: so do we. */
  adopt(offset: number, limit: number): void {
    this.receivedBytes = this.#consumed = offset
    this.#granted = Math.min(limit, offset + limits.queueBytes)
  }

  /** Credit one to one: what the other side may send is what we grant, at most so much that the queue here stays small. */
  grantAsJoined(): void {
    const to = this.#joined
    if (to === undefined || this.carrier === undefined || this.over || this.#peerEnded) return
    const limit = Math.min(to.sendLimit, to.sentBytes + limits.queueBytes)
    if (limit <= this.#granted || (limit < to.sendLimit && limit - this.#granted < limits.dataBytes)) return
    this.#granted = limit
    this.carrier.control(frame.credit, this.id, limit, to.#peerHas)
  }

  // ---- sending ---------------------------------------------------------------------------------------------------

  /** Something to send that the peer's window lets through. */
  get sendable(): boolean {
    if (this.#ended || this.over || this.#held) return false
    const next = this.#outbox[0]
    if (next === undefined) return this.#ending !== undefined
    return this.sendLimit - this.sentBytes >= (this.#whole ? next.length : 1)
  }

  get hasEndOnly(): boolean {
    return this.#outbox.length === 0 && this.#ending !== undefined
  }

  /** Takes the next slice to send, at most so many bytes; undefined: only the end is left. */
  takeSlice(sliceBytes: number, nowMs: number): Uint8Array | undefined {
    const next = this.#outbox[0]
    if (next === undefined) return undefined
    const room = this.#whole ? next.length : Math.min(sliceBytes, limits.dataBytes, this.sendLimit - this.sentBytes)
    const slice = next.length <= room ? next : next.subarray(0, room)
    if (slice === next) this.#outbox.shift()
    else this.#outbox[0] = next.subarray(room)
    this.#outBytes -= slice.length
    this.sentBytes += slice.length
    if (this.retains) this.#unconfirmed.push(slice)
    else this.#unconfirmed.from = this.sentBytes
    if (this.meta.priority === 1 && (this.#burst ??= new Burst()).sent(slice.length, nowMs)) this.priority = 3
    if (this.#outBytes <= limits.dataBytes && this.#room.length > 0) {
      const waiting = this.#room
      this.#room = []
      for (const { resolve } of waiting) resolve()
    }
    this.#joined?.grantAsJoined()
    return slice
  }

  sendEnd(): void {
    this.#ended = true
    this.carrier?.control(frame.end, this.id, this.#ending ?? {})
    this.#settleIfOver()
  }

  /** Goes back to what the peer wants next. False: that was let go already. */
  rewind(offset: number): boolean {
    if (this.over || offset < this.#unconfirmed.from || offset > this.sentBytes) return false
    const again = this.#unconfirmed.after(offset)
    for (const slice of again) this.#outBytes += slice.length
    this.#outbox.unshift(...again)
    this.sentBytes = offset
    if (this.#ended) this.#ended = false
    return true
  }

  /** Loses its carrier and waits; sends nothing. */
  detach(): void {
    this.carrier?.narrow(this.#windowBytes)
    this.carrier = undefined
    this.queuedInClass = false
  }

  attach(carrier: Carrier, id: number): void {
    this.carrier = carrier
    this.id = id
    this.queuedInClass = false
    carrier.ready(this)
  }

  /** Goes on towards whoever opened it again: from their offset, as far as they grant. False: that was let go already. */
  reattach(carrier: Carrier, id: number, { resumeAt = 0, windowBytes = limits.windowBytes }: OpenMeta): boolean {
    if (!this.rewind(resumeAt)) return false
    this.sendLimit = resumeAt + windowBytes
    this.#headed = true
    carrier.control(frame.head, id, { offset: this.receivedBytes, w: this.grantedLimit, mode: this.mode })
    this.attach(carrier, id)
    return true
  }

  /** Before it is opened again. */
  hold(): void {
    this.#held = true
  }

  /** Never carried by a session yet. */
  get fresh(): boolean {
    return this.id === 0
  }

  get mode(): 'bytes' | 'items' {
    return this.#whole ? 'items' : 'bytes'
  }

  /** Absolute; what was granted and lost on the way is granted again. */
  get grantedLimit(): number {
    const to = this.#joined
    const limit = to === undefined ? this.#consumed + this.#windowBytes : Math.min(to.sendLimit, to.sentBytes + limits.queueBytes)
    return (this.#granted = Math.max(this.#granted, limit))
  }

  fail(error: FairleadError): void {
    if (this.over) return
    this.#error = error
    this.#outbox = []
    this.#outBytes = 0
    this.#unconfirmed.clear()
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
    this.cancelKeep?.()
    this.carrier?.narrow(this.#windowBytes)
    this.carrier?.forget(this)
    this.onOver()
    if (aborted) this.#abort?.abort(this.#error)
  }
}
