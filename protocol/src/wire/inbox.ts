import type { Carrier } from './carrier.ts'
import { limits } from './limits.ts'
import type { OpenMeta } from './types.ts'
import type { Windows } from './windows.ts'

/** What one end receives on a stream, until its reader takes it. Offsets are absolute: they count from the stream's very beginning. */
export class Inbox {
  receivedBytes: number
  consumedBytes: number
  /** What the peer may send, as it was told. */
  grantedBytes: number
  /** How much may be under way and not consumed. */
  windowBytes: number
  /** The peer half-closed. */
  ended = false
  #lastCreditMs = 0
  /** What is counted of the window in the sums of the link. */
  #countedBytes = 0
  #payloads: Uint8Array[] | undefined
  #wanting: { readonly resolve: (payload: Uint8Array | undefined) => void; readonly reject: (error: unknown) => void } | undefined

  constructor(at: number, windowBytes: number) {
    this.receivedBytes = this.consumedBytes = at
    this.windowBytes = windowBytes
    this.grantedBytes = at + windowBytes
  }

  get empty(): boolean {
    return this.#payloads === undefined || this.#payloads.length === 0
  }

  /** `payload` is the reader's to keep. */
  push(payload: Uint8Array): void {
    if (this.#wanting === undefined) return void (this.#payloads ??= []).push(payload)
    const { resolve } = this.#wanting
    this.#wanting = undefined
    this.consumedBytes += payload.length
    resolve(payload)
  }

  shift(): Uint8Array | undefined {
    const payload = this.#payloads?.shift()
    if (payload !== undefined) this.consumedBytes += payload.length
    return payload
  }

  /** The next one to come; undefined at the end. */
  wait(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => (this.#wanting = { resolve, reject }))
  }

  /** Everything that waits. */
  drain(): readonly Uint8Array[] {
    const payloads = this.#payloads ?? []
    this.#payloads = undefined
    return payloads
  }

  /** Enough was taken that the peer should hear of it. `wholeItems`: one must always fit, also into the smallest window. */
  creditDue(wholeItems: boolean): boolean {
    if (this.ended) return false
    const due = this.consumedBytes + this.windowBytes - this.grantedBytes
    if (due >= this.windowBytes / 2) return true
    return wholeItems && due > 0 && this.empty && this.grantedBytes - this.receivedBytes < limits.dataBytes
  }

  /** Grants what was taken, in a window that fits the link. */
  grant(carrier: Carrier): void {
    this.#resize(carrier)
    this.#lastCreditMs = carrier.nowMs()
    this.grantedBytes = Math.max(this.grantedBytes, this.consumedBytes + this.windowBytes)
  }

  /** It emptied within two round trips and the consumer kept up: the window is what slows it. Under pressure it shrinks. */
  #resize(carrier: Carrier): void {
    if (carrier.windows.pressed) this.windowBytes = Math.min(this.windowBytes, limits.smallWindowBytes)
    else {
      const fast = carrier.nowMs() - this.#lastCreditMs < 2 * carrier.roundTripMs()
      const wider = this.windowBytes * 2 <= limits.maxWindowBytes && carrier.windows.fits(this.windowBytes)
      if (fast && this.empty && wider) this.windowBytes *= 2
    }
    this.count(this.windowBytes, carrier.windows)
  }

  /** The acceptor of a relayed stream said where it stands: so do we. */
  adopt(offset: number, limit: number): void {
    this.receivedBytes = this.consumedBytes = offset
    this.grantedBytes = Math.min(limit, offset + limits.queueBytes)
  }

  /** As much of the window as the link that carries it now has room for. */
  claim(windows: Windows): void {
    this.windowBytes = windows.take(this.windowBytes)
    this.#countedBytes = this.windowBytes
  }

  /** So many bytes of the link's sums are this stream's; without a link, none. */
  count(bytes: number, windows: Windows | undefined): void {
    windows?.add(bytes - this.#countedBytes)
    this.#countedBytes = bytes
  }

  end(): void {
    this.ended = true
    const wanting = this.#wanting
    this.#wanting = undefined
    wanting?.resolve(undefined)
  }

  fail(error: unknown): void {
    const wanting = this.#wanting
    this.#wanting = undefined
    wanting?.reject(error)
  }
}

/**
 * The opener's OPEN says what it takes; the acceptor begins small, until it says more. Offsets of a stream that goes on count from
 * where the first one began.
 */
export function inboxOf({ windowBytes = limits.windowBytes, resumeAt = 0 }: OpenMeta, opener: boolean): Inbox {
  return opener ? new Inbox(resumeAt, Math.min(windowBytes, limits.maxWindowBytes)) : new Inbox(0, limits.acceptorWindowBytes)
}
