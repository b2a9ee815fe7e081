import { FairleadError, type Code } from '../errors.ts'
import { Answered, type Answer } from './answered.ts'
import { Burst } from './burst.ts'
import type { Carrier } from './carrier.ts'
import { frame } from './frame.ts'
import { Heard } from './heard.ts'
import { inboxOf, type Inbox } from './inbox.ts'
import type { Joint } from './joint.ts'
import { limits } from './limits.ts'
import { Listening, type Listener } from './listening.ts'
import { outboxOf, type Outbox, type Trailer } from './outbox.ts'
import { agreesToPack, packItem, Unpacker } from './pack.ts'
import { readPayloads } from './reading.ts'
import type { Bucket } from './schedule.ts'
import { keep } from './slabs.ts'
import type { OpenMeta, WireStream } from './types.ts'

const nothing = () => undefined

/** One stream, from either end. It outlives the link that carries it when it has a resume key. */
export class StreamImpl implements WireStream {
  id = 0
  carrier: Carrier | undefined
  readonly method: string
  readonly params: unknown
  readonly meta: OpenMeta
  readonly opener: boolean
  priority: 1 | 2 | 3
  readonly in: Inbox
  readonly out: Outbox
  trailer: Trailer | undefined
  /** Called once when the stream is over, whatever the way. */
  onOver: () => void = nothing
  signalBucket: Bucket | undefined
  cancelDeadline: (() => void) | undefined
  cancelKeep: (() => void) | undefined
  queuedInClass = false
  #headed = false
  /** What is written leaves packed. */
  #packs = false
  /** What comes is unpacked by this; null: it comes as it is. Not known before HEAD. */
  unpacker: Unpacker | null | undefined
  /** The other half of a relay. */
  joint: Joint | undefined
  /** The opener has everything, the acceptor's END too, and said so: until then a stream with a key may be asked for again. */
  wholeTaken = false
  #burst: Burst | undefined
  #heard: Heard | undefined
  error: FairleadError | undefined
  #listening: Listening<unknown> | undefined
  #abort: AbortController | undefined
  #answer: Answered | undefined = new Answered()

  constructor(method: string, params: unknown, meta: OpenMeta, opener: boolean) {
    this.method = method
    this.params = params
    this.meta = meta
    this.opener = opener
    this.priority = meta.priority ?? 2
    this.in = inboxOf(meta, opener)
    this.out = outboxOf(meta, opener)
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.error !== undefined) this.#abort.abort(this.error)
    }
    return this.#abort.signal
  }

  get over(): boolean {
    return this.error !== undefined || (this.out.ended && this.in.ended && (this.wholeTaken || this.meta.resumeKey === undefined))
  }

  get connected(): boolean {
    return this.carrier !== undefined && !this.out.held
  }

  get canPack(): boolean {
    return this.meta.takesPacked === true && this.carrier?.packing?.deflate !== undefined
  }

  get receivedBytes(): number {
    return this.in.receivedBytes
  }

  get sentBytes(): number {
    return this.out.sentBytes
  }

  answered(): Promise<Answer> {
    return (this.#answer ??= new Answered()).get()
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
    this.out.whole = meta['mode'] === 'items'
    this.#packs = meta['z'] === true
    this.carrier?.control(frame.head, this.id, meta)
  }

  write(payload: Uint8Array): Promise<void> {
    const { out } = this
    if (this.error !== undefined) return Promise.reject(this.error)
    if (out.ending !== undefined) return Promise.reject(new FairleadError('internal', 'Nothing can be written after the end of a stream.'))
    if (payload.length === 0) return Promise.resolve()
    if (out.whole && payload.length > limits.dataBytes - (this.#packs ? 1 : 0))
      return Promise.reject(new FairleadError('too_large', 'An item of a stream is larger than 32 KiB.'))
    if (out.queuedBytes > limits.queueBytes) {
      this.reset('rate_limited', 'The reader of this stream is too slow for its writer.')
      return Promise.reject(this.error!)
    }
    this.push(this.#packs ? packItem(payload, this.carrier?.packsNow === true ? this.carrier.packing?.deflate : undefined) : payload)
    return out.room()
  }

  push(payload: Uint8Array): void {
    if (this.over) return
    this.out.push(payload)
    if (this.carrier === undefined) return
    // A terminal that flooded and then was quiet is a terminal again.
    if (this.#burst?.quiet(this.carrier.nowMs()) === true) this.priority = 1
    this.carrier.ready(this)
  }

  end(trailer: Trailer = {}): void {
    if (this.out.ending !== undefined || this.over) return
    this.out.ending = trailer
    this.carrier?.ready(this)
  }

  reset(code: Code, message?: string): void {
    if (this.over) return
    this.carrier?.control(frame.reset, this.id, code, ...(message === undefined ? [] : [message.slice(0, 1000)]))
    this.fail(new FairleadError(code, message ?? 'The stream was left.'))
  }

  sendSignal(kind: string, value: unknown): void {
    if (this.over) return
    this.out.signal(kind, value)
    this.sendSignals()
  }

  /** Those whose place among the DATA is reached. */
  sendSignals(): void {
    if (this.carrier === undefined) return
    for (let due = this.out.dueSignal(); due !== undefined; due = this.out.dueSignal())
      this.carrier.control(frame.signal, this.id, due.kind, due.value)
  }

  set onSignal(listener: (kind: string, value: unknown) => void) {
    ;(this.#heard ??= new Heard()).listen(listener)
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return readPayloads(this, false)
  }

  lent(): AsyncIterator<Uint8Array> {
    return readPayloads(this, true)
  }

  listen<Item>(listener: Listener<Item>): void {
    this.#answer = undefined
    this.#listening = new Listening(this, listener as Listener<unknown>)
    this.#listening.goOn()
  }

  /** The opener's leaving early is the cancel. An acceptor that wants no more input may still have much to say. */
  leave(): void {
    if (this.opener && !this.over) this.reset('canceled')
  }

  /** What the acceptor ended is over: the opener has nothing more to say, and with its END says that it has everything. */
  reachedEnd(): void {
    if (!this.opener || this.over) return
    if (this.out.ending === undefined) {
      this.out.drop()
      this.end()
    }
    this.takeWhole()
  }

  /** The END that says so: the one that is still to come, or one more. */
  takeWhole(): void {
    if (this.wholeTaken || this.over || this.meta.resumeKey === undefined) return
    this.wholeTaken = true
    if (this.out.ended) this.sendEnd()
  }

  /** The next payload, or undefined at the end. Asking grants credit for what was taken before. */
  pull(): Promise<Uint8Array | undefined> {
    this.grant()
    const payload = this.in.shift()
    if (payload !== undefined) return Promise.resolve(payload)
    if (this.error !== undefined) return Promise.reject(this.error)
    return this.in.ended ? Promise.resolve(undefined) : this.in.wait()
  }

  /** Of what was taken, when it is enough that the peer should hear of it. */
  grant(): void {
    const inbox = this.in
    if (this.carrier === undefined || this.over || !inbox.creditDue(this.opener)) return
    inbox.grant(this.carrier)
    this.carrier.control(frame.credit, this.id, inbox.grantedBytes, inbox.receivedBytes)
  }

  /** Says what its reader has for good. */
  #confirm(): void {
    const has = this.joint === undefined ? this.in.receivedBytes : this.joint.to.out.peerHas
    if (!this.in.ended) this.carrier?.control(frame.credit, this.id, this.in.grantedBytes, has)
  }

  // ---- called by the link ----------------------------------------------------------------------------------------

  /** `lent`: its memory is only valid now. False: the peer sent more than it may. */
  receive(payload: Uint8Array, lent: boolean): boolean {
    const inbox = this.in
    if (inbox.ended || this.over) return true
    inbox.receivedBytes += payload.length
    if (inbox.receivedBytes > inbox.grantedBytes) return false
    if (this.joint !== undefined) {
      inbox.consumedBytes = inbox.receivedBytes
      this.joint.to.push(keep(payload, lent))
    } else if (this.#listening?.hear(payload) !== true) {
      inbox.push(keep(payload, lent))
      this.#listening?.goOn()
    }
    return true
  }

  receiveSignal(kind: string, value: unknown): void {
    ;(this.#heard ??= new Heard()).push({ at: this.in.receivedBytes, kind, value })
  }

  /** `whole`: the opener has everything. */
  receiveEnd(trailer: Trailer, whole: boolean): void {
    if (!this.in.ended) {
      this.trailer = trailer
      this.in.end()
      this.joint?.to.end(trailer)
      this.#answer?.resolve({ head: {} })
      this.#listening?.goOn()
    }
    if (whole && !this.opener) {
      this.wholeTaken = true
      this.joint?.to.takeWhole()
    }
    if (this.over) this.#leave(false)
  }

  receiveAnswer(answer: Answer): void {
    if ('reply' in answer) {
      this.#answer?.resolve(answer)
      return this.#finish()
    }
    const { out } = this
    const { w, offset, mode, z } = answer.head
    if (!agreesToPack(this, mode, z === true)) return this.reset('invalid_input', 'The answer is packed in a way that was not asked for.')
    this.unpacker = z === true ? (this.unpacker ?? new Unpacker(this.carrier!.inflate, this)) : null
    if (typeof w === 'number') out.limit = out.held ? w : Math.max(out.limit, w)
    if (out.held) {
      out.held = false
      // What said so may have been lost with each link before, and the peer keeps only so much.
      this.#confirm()
      const from = typeof offset === 'number' ? offset : 0
      if (this.meta.resumeAt !== undefined && out.sentBytes === 0) out.begin(from)
      else if (this.over || !out.rewind(from)) return this.reset('lost', 'The stream could not go on where it stood.')
    }
    this.#answer?.resolve(answer)
    // What it may send from now on, the other half of a relay may: its CREDIT may have been lost with the link.
    this.joint?.to.grantAsJoined()
    this.sendSignals()
    this.carrier?.ready(this)
  }

  receiveCredit(limit: number, received: number | undefined): void {
    if (limit > this.out.limit) this.out.limit = limit
    if (received !== undefined) this.out.confirm(received)
    this.joint?.to.grantAsJoined()
    this.carrier?.ready(this)
  }

  // ---- a relay ---------------------------------------------------------------------------------------------------

  /** Signals that came before anybody listened, up to this place among the DATA. */
  heardUntil(at: number): ReturnType<Heard['take']> {
    return this.#heard?.take(at) ?? []
  }

  /** Grants what the other stream of the relay may send. */
  grantAsJoined(): void {
    this.joint?.grant(this)
  }

  // ---- sending ---------------------------------------------------------------------------------------------------

  get sendable(): boolean {
    return !this.over && this.out.sendable
  }

  /** Takes the next slice to send, at most so many bytes. */
  takeSlice(sliceBytes: number, nowMs: number): Uint8Array {
    const slice = this.out.take(sliceBytes)
    if (this.meta.priority === 1 && (this.#burst ??= new Burst()).sent(slice.length, nowMs)) this.priority = 3
    if (this.out.overfull && this.carrier?.letGo() !== true)
      this.reset('rate_limited', 'Too much is kept for streams that may go on later.')
    this.joint?.to.grantAsJoined()
    return slice
  }

  sendEnd(): void {
    this.out.ended = true
    this.carrier?.control(frame.end, this.id, this.out.ending ?? {}, ...(this.opener && this.wholeTaken ? [true] : []))
    if (this.over) this.#leave(false)
  }

  // ---- from one link to the next -----------------------------------------------------------------------------------

  /** Counts its window in the sums of the link that will carry it, and answers with the absolute limit that it grants there. */
  claim(carrier: Carrier): number {
    const inbox = this.in
    inbox.claim(carrier.windows)
    const limit = this.joint?.limit(carrier.windows.pressed) ?? inbox.consumedBytes + inbox.windowBytes
    // What was granted and lost on the way is granted again.
    inbox.grantedBytes = this.fresh ? limit : Math.max(inbox.grantedBytes, limit)
    return inbox.grantedBytes
  }

  attach(carrier: Carrier, id: number): void {
    this.carrier = carrier
    this.id = id
    this.queuedInClass = false
    carrier.ready(this)
  }

  /** Loses its link and waits; sends nothing. */
  detach(): void {
    this.in.count(0, this.carrier?.windows)
    this.joint?.promise(0)
    this.carrier = undefined
    this.queuedInClass = false
  }

  /** Goes on towards whoever opened it again: from their offset, as far as they grant. False: that was let go already. */
  reattach(carrier: Carrier, id: number, { resumeAt = 0, windowBytes = limits.windowBytes, takesPacked }: OpenMeta): boolean {
    if (this.#packs && takesPacked !== true) return false
    if (this.over || !this.out.rewind(resumeAt)) return false
    this.out.limit = resumeAt + windowBytes
    this.#headed = true
    const mode = this.out.whole ? 'items' : 'bytes'
    carrier.control(frame.head, id, { offset: this.in.receivedBytes, w: this.claim(carrier), mode, ...(this.#packs ? { z: true } : {}) })
    this.attach(carrier, id)
    return true
  }

  /** Never carried by a link yet. */
  get fresh(): boolean {
    return this.id === 0
  }

  fail(error: FairleadError): void {
    if (this.over) return
    this.error = error
    this.out.fail(error)
    this.#answer?.reject(error)
    this.in.fail(error)
    this.#listening?.goOn()
    this.#leave(true)
  }

  #finish(): void {
    this.out.ended = this.wholeTaken = true
    this.in.end()
    this.#listening?.goOn()
    this.#leave(false)
  }

  #leave(aborted: boolean): void {
    this.cancelDeadline?.()
    this.cancelKeep?.()
    this.in.count(0, this.carrier?.windows)
    this.joint?.promise(0)
    this.out.retire()
    this.carrier?.forget(this)
    this.onOver()
    if (aborted) this.#abort?.abort(this.error)
  }
}
