import { limits } from './limits.ts'

/**
 * How much may be under way on the link, decided by each sender alone: delivery rate times the shortest round trip, plus
 * one frame. Bulk waits beyond it, so that no queue builds up anywhere and a keystroke finds the link free.
 */
export interface PathWindow {
  readonly bytes: number
  readonly minRttMs: number
  readonly bytesPerMs: number
  /** A round trip measured by PING. True: the shortest one is old, bulk pauses until it is measured anew by `probe`. */
  sample(rttMs: number, nowMs: number): boolean
  /** The link is empty by now: the next sample is the new shortest. */
  probe(): void
  /** The peer has so many bytes more. */
  acked(bytes: number, nowMs: number): void
  /** A DATA frame left; `inFlight` counts it. */
  sent(bytes: number, inFlight: number, nowMs: number): void
  /** More would have left, had the kernel taken it: a window that grows on changes nothing. */
  blocked(): void
}

const { startBytes, minBytes, maxBytes, frameBytes } = limits.path
const leastRoundMs = 50

export function createPathWindow(): PathWindow {
  let bytes: number = startBytes
  let minRtt = 0
  let minSeenAt = 0
  let startUp = true
  let bestRate = 0
  let flatRounds = 0
  // Delivery is counted in rounds of one round trip, at least 50 ms: acknowledgements come in lumps, and the best of the
  // last eight rounds is taken for the link's rate.
  let roundStart = -1
  let roundBytes = 0
  const rates: number[] = []
  let limited = false
  let draining = false
  let probing = false

  const target = () => clamp(Math.max(...rates) * minRtt + frameBytes)

  function closeRound(nowMs: number): void {
    const rate = roundBytes / Math.max(nowMs - roundStart, 0.1)
    rates.push(rate)
    if (rates.length > 8) rates.shift()
    roundStart = nowMs
    roundBytes = 0
    if (startUp && limited) {
      flatRounds = rate > bestRate * 1.25 ? 0 : flatRounds + 1
      bestRate = Math.max(bestRate, rate)
      if (flatRounds >= 3) startUp = false
      else bytes = Math.min(bytes * 2, maxBytes)
    }
    limited = false
    if (startUp) return
    bytes = Math.min(target(), bytes * 1.5)
  }

  return {
    get bytes() {
      return bytes
    },
    get minRttMs() {
      return minRtt
    },
    get bytesPerMs() {
      return rates.length === 0 ? 0 : Math.max(...rates)
    },
    sample(rttMs, nowMs) {
      if (minRtt === 0 || rttMs <= minRtt || probing) {
        minRtt = Math.max(rttMs, 0.05)
        minSeenAt = nowMs
        if (!probing) return false
        draining = probing = false
        roundStart = nowMs
        roundBytes = 0
        if (!startUp && rates.length > 0) bytes = target()
        return false
      }
      if (draining || nowMs - minSeenAt <= 10_000) return false
      bytes = minBytes
      draining = true
      return true
    },
    probe: () => void (probing = true),
    blocked: () => void (limited = true),
    sent(_bytes, inFlight, nowMs) {
      if (inFlight >= bytes * 0.75) limited = true
      if (roundStart < 0) roundStart = nowMs
    },
    acked(count, nowMs) {
      if (roundStart < 0) roundStart = nowMs
      roundBytes += count
      if (!draining && nowMs - roundStart >= Math.max(minRtt, startUp ? 1 : leastRoundMs) && roundBytes > 0) closeRound(nowMs)
    },
  }
}

function clamp(bytes: number): number {
  return Math.max(minBytes, Math.min(maxBytes, bytes))
}
