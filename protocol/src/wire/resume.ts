import { systemClock } from './clock.ts'
import { limits } from './limits.ts'
import type { Clock } from './transport.ts'
import type { ResumeStore } from './types.ts'

interface Kept {
  readonly stream: { reset(code: 'lost'): void }
  readonly forget: () => void
}

/** Streams without a session, each for its time; the oldest goes first when there are too many. */
export function createResumeStore(clock: Clock = systemClock, most = limits.retain.waiting): ResumeStore {
  const kept = new Map<string, Kept>()
  const running = new Map<string, unknown>()
  const drop = (key: string) => {
    const old = kept.get(key)
    if (old === undefined) return
    kept.delete(key)
    old.forget()
    old.stream.reset('lost')
  }
  const dropOldest = () => {
    const oldest = kept.keys().next()
    if (oldest.done !== true) drop(oldest.value)
    return oldest.done !== true
  }
  return {
    sum: { bytes: 0 },
    dropOldest,
    take(key) {
      const found = kept.get(key)
      found?.forget()
      kept.delete(key)
      return found?.stream ?? running.get(key)
    },
    put(key, stream, keepMs) {
      drop(key)
      if (kept.size >= most) dropOldest()
      kept.set(key, { stream: stream as Kept['stream'], forget: clock.after(keepMs, () => drop(key)) })
    },
    track: (key, stream) => void running.set(key, stream),
    untrack(key, stream) {
      if (running.get(key) === stream) running.delete(key)
    },
    get size() {
      return kept.size
    },
  }
}
