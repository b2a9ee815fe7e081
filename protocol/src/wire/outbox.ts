import type { FairleadError } from '../errors.ts'
import { limits } from './limits.ts'
import { Sent, type Sum } from './sent.ts'
import type { OpenMeta } from './types.ts'

export type Trailer = Readonly<Record<string, unknown>>

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface QueuedSignal {
  readonly at: number
  readonly kind: string
  readonly value: unknown
}

/** What one end sends on a stream: what is queued, what the peer lets through, what is kept until the peer confirms it. */
export class Outbox {
  sentBytes: number
  /** Absolute: as far as the peer lets us send. */
  limit: number
  /** What the peer said it has. */
  peerHas: number
  /** Queued and not yet sent. */
  queuedBytes = 0
  /** One payload is one item and one frame. */
  whole = false
  /** Opened again: where to go on is in the peer's HEAD, until then nothing may be sent. */
  held = false
  /** The half-close that follows what is queued. */
  ending: Trailer | undefined
  ended = false
  #queue: Uint8Array[] | undefined
  /** Made when it is first needed: most streams are not resumed. */
  #sent: Sent | undefined
  #room: Waiter[] | undefined
  #signals: QueuedSignal[] | undefined

  constructor(at: number, limit: number) {
    this.sentBytes = this.peerHas = at
    this.limit = limit
  }

  /** From now on what is sent is kept until it is confirmed. */
  retain(sum?: Sum): void {
    this.#sent ??= new Sent(this.sentBytes, sum)
  }

  /** More is kept than a process may keep, all its streams together. */
  get overfull(): boolean {
    return this.#sent !== undefined && this.#sent.overfull
  }

  get retainedBytes(): number {
    return this.#sent?.bytes ?? 0
  }

  /** Something to send that the peer's window lets through. */
  get sendable(): boolean {
    if (this.ended || this.held) return false
    const next = this.#queue?.[0]
    if (next === undefined) return this.ending !== undefined
    // However much a peer grants: what it does not confirm is not kept without end.
    if (this.#sent !== undefined && this.#sent.bytes >= limits.retain.streamBytes) return false
    return this.limit - this.sentBytes >= (this.whole ? next.length : 1)
  }

  get endOnly(): boolean {
    return this.ending !== undefined && (this.#queue?.length ?? 0) === 0
  }

  push(payload: Uint8Array): void {
    ;(this.#queue ??= []).push(payload)
    this.queuedBytes += payload.length
  }

  /** What the peer lets through leaves together; of what it does not, little waits. */
  get #hasRoom(): boolean {
    return this.queuedBytes <= Math.max(limits.dataBytes, Math.min(limits.roomBytes, this.limit - this.sentBytes))
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    if (this.#hasRoom) return Promise.resolve()
    return new Promise((resolve, reject) => (this.#room ??= []).push({ resolve, reject }))
  }

  /** The next slice to send, of so many bytes at most. There is one: `sendable`, and not `endOnly`. */
  take(sliceBytes: number): Uint8Array {
    const queue = this.#queue!
    const next = queue[0]!
    const most = this.whole ? next.length : Math.min(sliceBytes, limits.dataBytes, this.limit - this.sentBytes)
    const slice = next.length <= most ? next : next.subarray(0, most)
    if (slice === next) queue.shift()
    else queue[0] = next.subarray(most)
    this.queuedBytes -= slice.length
    this.sentBytes += slice.length
    this.#sent?.push(slice, this.whole)
    if (this.#room !== undefined && this.#hasRoom) {
      const waiting = this.#room
      this.#room = undefined
      for (const { resolve } of waiting) resolve()
    }
    return slice
  }

  /** The slice that was taken last was the end of its payload, and nothing of it is kept. */
  spent(slice: Uint8Array): boolean {
    return this.#sent === undefined && this.#queue?.[0]?.buffer !== slice.buffer
  }

  confirm(received: number): void {
    if (received > this.sentBytes) return
    this.peerHas = Math.max(this.peerHas, received)
    this.#sent?.confirm(received, this.#queue?.[0])
  }

  /** Goes back to what the peer wants next. False: that was let go already. */
  rewind(offset: number): boolean {
    if (offset > this.sentBytes || offset < (this.#sent?.from ?? this.sentBytes)) return false
    const again = this.#sent?.after(offset) ?? []
    for (const slice of again) this.queuedBytes += slice.length
    ;(this.#queue ??= []).unshift(...again)
    this.sentBytes = offset
    this.ended = false
    return true
  }

  /** A relay that is new itself begins where the acceptor stands. */
  begin(at: number): void {
    this.sentBytes = at
    if (this.#sent !== undefined) this.#sent.from = at
  }

  signal(kind: string, value: unknown): void {
    ;(this.#signals ??= []).push({ at: this.sentBytes + this.queuedBytes, kind, value })
  }

  /** The next signal whose place among the DATA is reached. */
  dueSignal(): { readonly kind: string; readonly value: unknown } | undefined {
    if (this.#signals === undefined || this.held || this.#signals.length === 0 || this.#signals[0]!.at > this.sentBytes) return undefined
    return this.#signals.shift()
  }

  /** Nothing of it will be sent. */
  drop(): void {
    this.#queue = undefined
    this.queuedBytes = 0
  }

  /** Nobody will ask for any of it again. */
  retire(): void {
    this.#sent?.clear()
  }

  fail(error: FairleadError): void {
    this.drop()
    const waiting = this.#room
    this.#room = undefined
    for (const { reject } of waiting ?? []) reject(error)
  }
}

/** The other side of `inboxOf`. The opener of a stream with a key keeps what it sends. */
export function outboxOf({ windowBytes = limits.windowBytes, resumeAt = 0, resumeKey }: OpenMeta, opener: boolean): Outbox {
  if (!opener) return new Outbox(resumeAt, resumeAt + windowBytes)
  const out = new Outbox(0, limits.acceptorWindowBytes)
  if (resumeKey !== undefined) out.retain()
  return out
}
