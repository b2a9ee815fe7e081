import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { EventPlace, events, HostEvent } from '@fairlead/protocol/features/events.ts'
import type { EngineWatch } from '../docker/watch.ts'
import { afterChanges, createChanges } from '../told.ts'
import type { EventRing, Kept } from './ring.ts'

/** Told to whoever comes without a place. */
const shown = 500
/** Read at once: whoever reads slowly holds no more than this. */
const piece = 200

/** The engine's events, its comings and goings, and the agent's own: what is kept, then each as it happens. */
export function serveEvents(watch: Pick<EngineWatch, 'onEvent'>, ring: EventRing): Handlers<typeof events> {
  const news = createChanges()
  watch.onEvent((event) => {
    ring.push(event)
    news.tell()
  })
  return {
    async *watch({ sinceMs, after: from }, { signal }) {
      let after = startOf(ring, from)
      // Whoever names no place missed nothing before it.
      let told: EventPlace | undefined = from
      let toldMs: number | undefined
      for await (const _ of afterChanges(news.onChange, signal))
        for (let found = ring.after(after, piece); found.length > 0 && !signal.aborted; found = ring.after(after, piece))
          for (const event of found) {
            const gap = gapBefore(event, told, toldMs)
            if (gap !== undefined) yield gap
            if (event.timeMs > sinceMs) yield event
            told = event.at
            toldMs = event.timeMs
            after = event.at.number
          }
    },
  }
}

function startOf({ chain, last }: EventRing, from: EventPlace | undefined): number {
  if (from === undefined) return Math.max(0, last - shown)
  return from.chain === chain ? from.number : 0
}

/** Said, never passed over: what was forgotten before somebody could hear it. */
function gapBefore({ at, timeMs }: Kept, told: EventPlace | undefined, toldMs: number | undefined): HostEvent | undefined {
  if (told === undefined) return undefined
  const same = told.chain === at.chain
  const missing = at.number - (same ? told.number : 0) - 1
  if (same && missing === 0) return undefined
  const facts = {
    // What another chain had is known to nobody.
    missing: same ? String(missing) : 'unknown',
    ...(toldMs === undefined ? {} : { from: new Date(toldMs).toISOString() }),
    to: new Date(timeMs).toISOString(),
  }
  return { timeMs, type: 'agent', action: 'gap', id: 'events', name: 'events', facts }
}

/** Events of the engine, and what the agent itself has to tell. */
export function createOwnEvents(watch: Pick<EngineWatch, 'onEvent'>): Pick<EngineWatch, 'onEvent'> & { tell(event: HostEvent): void } {
  const listeners = new Set<(event: HostEvent) => void>()
  return {
    onEvent(listener) {
      listeners.add(listener)
      const stop = watch.onEvent(listener)
      return () => {
        stop()
        listeners.delete(listener)
      }
    },
    tell: (event) => listeners.forEach((listener) => listener(event)),
  }
}
