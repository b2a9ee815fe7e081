import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { events, HostEvent } from '@fairlead/protocol/features/events.ts'
import type { EngineWatch } from '../docker/watch.ts'

const keptEvents = 500

/** The engine's events, and its comings and goings: the last 500, then each as it happens. */
export function serveEvents(watch: Pick<EngineWatch, 'onEvent'>): Handlers<typeof events> {
  const recent: HostEvent[] = []
  const listeners = new Set<(event: HostEvent) => void>()
  watch.onEvent((event) => {
    recent.push(event)
    if (recent.length > keptEvents) recent.shift()
    for (const listener of listeners) listener(event)
  })
  return {
    async *watch({ sinceMs }, { signal }) {
      const queue = recent.filter(({ timeMs }) => timeMs > sinceMs)
      let wake = Promise.withResolvers<void>()
      const listener = (event: HostEvent) => {
        queue.push(event)
        // Somebody who does not read gets the newest, not all memory.
        if (queue.length > 2 * keptEvents) queue.shift()
        wake.resolve()
      }
      listeners.add(listener)
      signal.addEventListener('abort', () => wake.resolve())
      try {
        while (!signal.aborted) {
          while (queue.length > 0) yield queue.shift()!
          await wake.promise
          wake = Promise.withResolvers()
        }
      } finally {
        listeners.delete(listener)
      }
    },
  }
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
