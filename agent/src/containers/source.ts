import { ask, type Engine } from '../docker/engine.ts'
import type { EngineWatch } from '../docker/watch.ts'
import type { InventorySource } from '../inventory/source.ts'
import { containerRow, readContainer, type RawContainer } from './read.ts'
import { createSinces } from './since.ts'

/** Events of one container within so many ms become one change: a restart is five of them. */
const settleMs = 40

/** Containers as rows of the fleet, kept current by the engine's events. */
export function containersSource(engine: Engine, watch: EngineWatch): InventorySource {
  const list = (filters?: object) =>
    engine.call<RawContainer[]>(
      ask('GET /containers/json', {}, { all: true, ...(filters === undefined ? {} : { filters: JSON.stringify(filters) }) }),
    )
  const sinces = createSinces()
  const rowOf = (raw: RawContainer) => containerRow(readContainer(raw, sinces, Date.now()))

  return {
    kind: 'container',
    async snapshot() {
      const all = await list()
      sinces.keep(new Set(all.map(({ Id }) => Id)))
      return all.map(rowOf)
    },
    watch(onChange, onReset) {
      const dirty = new Set<string>()
      let timer: NodeJS.Timeout | undefined

      async function refresh(): Promise<void> {
        timer = undefined
        const ids = [...dirty]
        dirty.clear()
        try {
          const rows = (await list({ id: ids })).map(rowOf)
          const found = new Set(rows.map(({ id }) => id))
          const gone = ids.filter((id) => !found.has(id))
          gone.forEach(sinces.forget)
          onChange(rows, gone)
        } catch {
          // The engine went away in between: what comes back is asked for whole.
          onReset()
        }
      }

      const stopEvents = watch.onEvent(({ type, action, id }) => {
        if (type === 'engine' && action === 'up') return onReset()
        if (type !== 'container' || id === '' || action === 'top' || action === 'attach' || action === 'resize') return
        dirty.add(id)
        timer ??= setTimeout(() => void refresh(), settleMs)
      })
      return () => {
        stopEvents()
        clearTimeout(timer)
      }
    },
  }
}
