import type { Code } from '../errors.ts'
import { frame } from './frame.ts'
import { limits } from './limits.ts'
import { Bucket } from './schedule.ts'

interface PeerLimits {
  readonly opensPerSecond: number
  readonly openBurst: number
  readonly rapidResetsPerSecond: number
  readonly controlPerSecond: number
}

/** Counts what a peer does too often. The buckets are made when first needed: most sessions are idle. */
export class Guard {
  readonly #peer: PeerLimits
  #opens: Bucket | undefined
  #controls: Bucket | undefined
  #rapid: Bucket | undefined
  #small: Bucket | undefined

  constructor(peer: PeerLimits) {
    this.#peer = peer
  }

  open(nowMs: number): boolean {
    return (this.#opens ??= new Bucket(this.#peer.opensPerSecond, this.#peer.openBurst)).take(nowMs)
  }

  /** An OPEN that its own RESET follows before any DATA. */
  rapidReset(nowMs: number): boolean {
    return (this.#rapid ??= new Bucket(this.#peer.rapidResetsPerSecond)).take(nowMs)
  }

  control(nowMs: number): boolean {
    return this.#controlBucket().take(nowMs)
  }

  /** Data received pays for frames about it; data sent, for its ACK and its CREDIT. */
  received(bytes: number): void {
    this.#controlBucket().earn(bytes / limits.controlPerDataBytes)
  }

  sentFrame(): void {
    this.#controlBucket().earn(2)
  }

  smallData(nowMs: number): boolean {
    return (this.#small ??= new Bucket(limits.smallDataPerSecond, limits.smallDataBurst)).take(nowMs)
  }

  #controlBucket(): Bucket {
    return (this.#controls ??= new Bucket(this.#peer.controlPerSecond, this.#peer.controlPerSecond * 4))
  }
}

/** What an oversized frame costs: its stream, or the session for those that never need to be large. */
export function checkSize(type: number, bytes: number): Code | 'close' | undefined {
  // An id and the array around it take at most so much.
  const around = 16
  switch (type) {
    case frame.open:
      return bytes > limits.paramsBytes + 1024 ? 'too_large' : undefined
    case frame.reply:
      return bytes > limits.replyBytes + around ? 'too_large' : undefined
    case frame.signal:
      return bytes > limits.signalBytes + around ? 'too_large' : undefined
    default:
      return bytes > limits.controlBytes ? 'close' : undefined
  }
}
