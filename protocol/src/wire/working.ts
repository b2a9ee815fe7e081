import { systemClock } from './clock.ts'
import { limits } from './limits.ts'
import type { Clock } from './transport.ts'
import type { WireStream } from './types.ts'

/** Says every five seconds, for each call that still runs, that it does: silence then means a dead peer. */
export interface Working {
  /** The answer ends it. */
  start(stream: WireStream): () => void
}

/** One timer for all calls, and none while there are no calls. */
export function createWorking(clock: Clock = systemClock): Working {
  const running = new Map<WireStream, number>()
  let turning = false
  const turn = () => {
    clock.after(limits.workingMs / 2, () => {
      const now = clock.now()
      for (const [stream, toldMs] of running) {
        if (now - toldMs < limits.workingMs) continue
        running.set(stream, now)
        stream.sendSignal('working', null)
      }
      turning = running.size > 0
      if (turning) turn()
    })
  }
  return {
    start(stream) {
      running.set(stream, clock.now())
      if (!turning) {
        turning = true
        turn()
      }
      return () => void running.delete(stream)
    },
  }
}
