import type { Row } from '@fairlead/protocol/features/inventory.ts'
import { ask, type Engine } from '../docker/engine.ts'
import type { EngineWatch } from '../docker/watch.ts'
import type { InventorySource } from '../inventory/source.ts'
import { containerRow, readContainer, type RawContainer } from './read.ts'
import { createSinces } from './since.ts'

/** Events of one container within so many ms become one change: a restart is five of them. */
const settleMs = 40
/** When to look again at a container that has died and is still listed as running. */
const againMs = [250, 1000, 4000]

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
      const ended = new Map<string, number>()
      const timers = new Set<NodeJS.Timeout>()
      let due = false
      let turn: Promise<unknown> = Promise.resolve()

      function after(ms: number, run: () => void): void {
        const timer = setTimeout(() => {
          timers.delete(timer)
          run()
        }, ms)
        timers.add(timer)
      }
      function look(id: string): void {
        dirty.add(id)
        if (due) return
        due = true
        // One after the other: an older answer that comes late would be taken for the newest.
        after(settleMs, () => void (turn = turn.then(refresh)))
      }
      async function refresh(): Promise<void> {
        due = false
        const ids = [...dirty]
        dirty.clear()
        try {
          const rows = (await list({ id: ids })).map(rowOf)
          const found = new Set(rows.map(({ id }) => id))
          const gone = ids.filter((id) => !found.has(id))
          gone.forEach((id) => (sinces.forget(id), ended.delete(id)))
          onChange(rows, gone)
          rows.forEach(doubt)
        } catch {
          // The engine went away in between: what comes back is asked for whole.
          onReset()
        }
      }
      /** The engine says that a container died before its list knows it, and says it once. */
      function doubt({ id, status }: Row): void {
        const tries = ended.get(id)
        if (tries === undefined) return
        ended.delete(id)
        if (status !== 'running' || tries >= againMs.length) return
        ended.set(id, tries + 1)
        after(againMs[tries]!, () => look(id))
      }

      const stopEvents = watch.onEvent(({ type, action, id }) => {
        if (type === 'engine' && action === 'up') return onReset()
        if (type !== 'container' || id === '' || action === 'top' || action === 'attach' || action === 'resize') return
        if (action === 'die') ended.set(id, 0)
        if (action === 'start') ended.delete(id)
        look(id)
      })
      return () => {
        stopEvents()
        timers.forEach(clearTimeout)
      }
    },
  }
}
