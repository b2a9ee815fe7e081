import { systemClock } from './clock.ts'
import type { Clock } from './transport.ts'
import type { ResumeStore } from './types.ts'

interface Kept {
  readonly stream: { reset(code: 'lost'): void }
  readonly forget: () => void
}

/** Streams without a session, each for its time; the oldest goes first when there are too many. */
export function createResumeStore(clock: Clock = systemClock, most = 256): ResumeStore {
  const kept = new Map<string, Kept>()
  const running = new Map<string, unknown>()
  const drop = (key: string) => {
    const old = kept.get(key)
    if (old === undefined) return
    kept.delete(key)
    old.forget()
    old.stream.reset('lost')
  }
  return {
    take(key) {
      const found = kept.get(key)
      found?.forget()
      kept.delete(key)
      return found?.stream ?? running.get(key)
    },
    put(key, stream, keepMs) {
      drop(key)
      if (kept.size >= most) drop(kept.keys().next().value!)
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
