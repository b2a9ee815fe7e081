import { limits } from './limits.ts'

const { startBytes, minBytes, maxBytes, frameBytes } = limits.path
const leastRoundMs = 50
const rounds = 8
/** While it looks for the link's rate the window is at most so many times what that rate fills: more would only fill a queue. */
const startUpGain = 2
const asShort = 1.1

/**
 * How much may be under way on the link, decided by each sender alone: delivery rate times the shortest round trip, plus
 * one frame. Bulk waits beyond it, so that no queue builds up anywhere and a keystroke finds the link free.
 */
export class PathWindow {
  bytes: number = startBytes
  /** The shortest round trip, ms; 0: none measured yet. */
  minRttMs = 0
  /** The link's rate: the best of the last eight rounds that filled it, or of any that was faster; 0: none yet. */
  bytesPerMs = 0
  #minSeenAt = 0
  #startUp = true
  #bestRate = 0
  #flatRounds = 0
  // Delivery is counted in rounds of one round trip, at least 50 ms: acknowledgements come in lumps.
  #roundStart = -1
  #roundBytes = 0
  #rates: number[] | undefined
  #limited = false
  #idle = false
  #emptySince = Number.POSITIVE_INFINITY
  #draining = false
  /** What it was before the pause, for whoever knows no better after it. */
  #pausedBytes = 0
  #probing = false

  /** A round trip measured by PING; `empty`: nothing was in its way. True: the shortest one is old, bulk pauses until nothing is under way and it is measured anew by `probe`. */
  sample(rttMs: number, nowMs: number, empty = false): boolean {
    if (this.minRttMs === 0 || rttMs <= this.minRttMs || this.#probing) {
      this.minRttMs = Math.max(rttMs, 0.05)
      this.#minSeenAt = nowMs
      if (!this.#probing) return false
      this.#draining = this.#probing = this.#limited = false
      this.#roundStart = nowMs
      this.#roundBytes = 0
      this.bytes = this.#startUp ? this.#pausedBytes : this.#target()
      return false
    }
    // As good as the shortest: what little waits is what the window allows itself, and a pause would find nothing.
    if (rttMs <= this.minRttMs * asShort) this.#minSeenAt = nowMs
    if (this.#draining || nowMs - this.#minSeenAt <= limits.probe.everyMs) return false
    if (empty) {
      this.minRttMs = rttMs
      this.#minSeenAt = nowMs
      return false
    }
    this.#pausedBytes = this.bytes
    this.bytes = 0
    this.#draining = true
    return true
  }

  /** All that was under way arrived: the next sample is the new shortest. */
  probe(): void {
    this.#probing = true
  }

  /** The peer has so many bytes more. */
  acked(bytes: number, nowMs: number): void {
    this.#roundBytes += bytes
    if (this.#draining || this.#roundBytes === 0) return
    if (nowMs - this.#roundStart >= Math.max(this.minRttMs, this.#startUp ? 1 : leastRoundMs)) this.#closeRound(nowMs)
  }

  /** A DATA frame left; `inFlight` counts it. */
  sent(inFlight: number, nowMs: number): void {
    if (inFlight >= this.bytes * 0.75) this.#limited = true
    const silentMs = nowMs - this.#emptySince
    this.#emptySince = Number.POSITIVE_INFINITY
    if (this.#roundStart >= 0 && silentMs <= leastRoundMs) return
    // A long silence is not the link's.
    this.#roundStart = nowMs
    this.#roundBytes = 0
  }

  /** All that was there has left and arrived: what comes in bursts is not what fills the link. */
  idle(nowMs: number): void {
    this.#idle = true
    this.#emptySince = nowMs
  }

  /** More would have left, had the kernel taken it: a window that grows on changes nothing. */
  blocked(): void {
    this.#limited = true
  }

  #closeRound(nowMs: number): void {
    const rate = this.#roundBytes / Math.max(nowMs - this.#roundStart, 0.1)
    // Little that leaves says nothing about what could.
    if (this.#limited || this.#roundBytes >= frameBytes || rate > Math.max(this.bytesPerMs, limits.slowBytesPerMs)) this.#keepRate(rate)
    this.#roundStart = nowMs
    this.#roundBytes = 0
    if (this.#startUp && this.#limited) {
      this.#flatRounds = rate > this.#bestRate * 1.25 ? 0 : this.#flatRounds + 1
      this.#bestRate = Math.max(this.#bestRate, rate)
      if (this.#flatRounds >= 3) this.#startUp = false
      else
        this.bytes = Math.max(this.bytes, Math.min(this.bytes * 2, this.bytesPerMs * this.minRttMs * startUpGain + this.#slack(), maxBytes))
    }
    this.#limited = false
    if (!this.#startUp) this.bytes = Math.min(this.#target(), this.bytes * 1.5)
    this.#idle = false
  }

  #keepRate(bytesPerMs: number): void {
    const rates = (this.#rates ??= [])
    rates.push(bytesPerMs)
    if (rates.length > rounds) rates.shift()
    this.bytesPerMs = Math.max(...rates)
  }

  #target(): number {
    return Math.max(minBytes, Math.min(maxBytes, this.bytesPerMs * this.minRttMs + this.#slack()))
  }

  /** Beyond what fills the link. */
  #slack(): number {
    return frameBytes + (this.#idle ? Math.min(limits.burst.bytes, this.bytesPerMs * limits.burst.ms) : 0)
  }
}
