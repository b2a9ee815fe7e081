import { systemClock } from './clock.ts'
import type { Clock, Transport } from './transport.ts'

export interface PairOptions {
  readonly clock?: Clock
  /** One way; may change while the link lives. */
  readonly delayMs?: number
  /** Each way; 0: unlimited. */
  readonly bytesPerMs?: number
  /** What the sending kernel takes before `bufferedBytes` rises. */
  readonly kernelBytes?: number
}

export interface Pair {
  readonly left: Transport
  readonly right: Transport
  /** The link breaks: both ends learn it, what is under way is lost. */
  cut(): void
}

/** Two transports in memory joined by a simulated link. */
export function pair(options: PairOptions = {}): Pair {
  const { clock = systemClock, bytesPerMs = 0, kernelBytes = 64 * 1024 } = options
  const left = end()
  const right = end()
  let alive = true
  join(left, right)
  join(right, left)
  return {
    left,
    right,
    cut() {
      finish(1006, 'lost')
    },
  }

  function end(): Transport & { queued: number } {
    return {
      queued: 0,
      get bufferedBytes() {
        return Math.max(0, this.queued - kernelBytes)
      },
      send: () => undefined,
      close: (code, reason) => finish(code, reason),
      onMessage: () => undefined,
      onClose: () => undefined,
    }
  }

  function join(from: Transport & { queued: number }, to: Transport): void {
    let freeAt = 0
    const underWay: (Uint8Array | string)[] = []
    from.send = (message, done) => {
      if (!alive) return
      const bytes = message.length
      const copy = typeof message === 'string' ? message : message.slice()
      done?.()
      const { delayMs = 0 } = options
      if (delayMs === 0 && bytesPerMs === 0) return void queueMicrotask(() => alive && to.onMessage(copy))
      const now = clock.now()
      freeAt = Math.max(freeAt, now) + (bytesPerMs > 0 ? bytes / bytesPerMs : 0)
      from.queued += bytes
      clock.after(freeAt - now, () => (from.queued -= bytes))
      // Real timers of unlike durations may fire out of order; a link does not: each delivers the oldest.
      underWay.push(copy)
      clock.after(freeAt - now + delayMs, () => {
        const oldest = underWay.shift()!
        if (alive) to.onMessage(oldest)
      })
    }
  }

  function finish(code: number, reason: string): void {
    if (!alive) return
    alive = false
    queueMicrotask(() => {
      left.onClose(code, reason)
      right.onClose(code, reason)
    })
  }
}
