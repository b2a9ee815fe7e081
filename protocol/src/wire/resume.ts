import { systemClock } from './clock.ts'
import type { Clock } from './transport.ts'
import type { ResumeStore } from './types.ts'

interface Kept {
  readonly stream: { reset?: (code: 'lost') => void; fail?: (error: Error) => void }
  readonly forget: () => void
}

/** Streams without a session, each for its time; the oldest goes first when there are too many. */
export function createResumeStore(clock: Clock = systemClock, most = 256): ResumeStore {
  const kept = new Map<string, Kept>()
  return {
    take(key) {
      const found = kept.get(key)
      found?.forget()
      kept.delete(key)
      return found?.stream
    },
    put(key, stream, keepMs) {
      const drop = (gone: string) => {
        const old = kept.get(gone)
        if (old === undefined) return
        kept.delete(gone)
        old.forget()
        old.stream.reset?.('lost')
      }
      drop(key)
      if (kept.size >= most) drop(kept.keys().next().value!)
      kept.set(key, { stream: stream as Kept['stream'], forget: clock.after(keepMs, () => drop(key)) })
    },
    get size() {
      return kept.size
    },
  }
}
