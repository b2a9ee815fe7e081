import { createEffect, createSignal, on, onCleanup } from 'solid-js'
import type { Address } from './address.ts'
import type { PaneHandle } from './drawing.ts'
import { createLinked } from './linked.ts'
import type { Logs } from './logs.ts'
import { keyOf } from './sources.ts'

/** The line one points at: by the mouse, by keys, by a link; and the lines that are unfolded. */
export function createPick(logs: Logs, view: Address, pane: () => PaneHandle | undefined, onPick: () => void) {
  const { store, rows } = logs
  const [current, setCurrent] = createSignal<number>()
  const [unfolded, setUnfolded] = createSignal<ReadonlySet<number>>(new Set())
  const [missed, setMissed] = createSignal(false)
  const row = () => (current() === undefined ? -1 : rows.order.ids.subarray(0, rows.order.length).indexOf(current()!))

  function pick(id: number | undefined): void {
    setCurrent(id)
    setMissed(false)
    if (id === undefined) return void view.put({ at: undefined, in: undefined })
    onPick()
    const source = logs.sources[store.source(id)]
    view.put({ at: String(store.time(id)), in: source === undefined ? undefined : keyOf(source.ref) })
    // What is said of the line takes room of its own: it may not cover the line.
    requestAnimationFrame(() => requestAnimationFrame(() => current() === id && pane()?.reveal(row())))
  }

  /** The next line that fits, from the picked one or from what is seen; in either direction. */
  function toHit(step: 1 | -1): void {
    const seen = pane()?.seen()
    if (seen === undefined) return
    const { ids, length } = rows.order
    const at = row()
    const start = at >= 0 ? at : step === 1 ? seen[0] - 1 : seen[1] + 1
    for (let i = start + step; i >= 0 && i < length; i += step) {
      if (store.stream(ids[i]!) === 2 || (view.filtering() !== '' && !store.marked(ids[i]!))) continue
      pick(ids[i]!)
      return pane()?.toRow(i)
    }
  }

  /** Moves the picked line, as in a list. */
  function step(by: 1 | -1): void {
    const seen = pane()?.seen()
    const { ids, length } = rows.order
    if (seen === undefined || length === 0) return
    const at = row()
    pick(ids[at < 0 ? seen[by === 1 ? 0 : 1] : Math.max(0, Math.min(length - 1, at + by))]!)
  }

  function toggle(id: number): void {
    const next = new Set(unfolded())
    if (!next.delete(id)) next.add(id)
    setUnfolded(next)
  }

  const linked = createLinked(logs, view.at(), view.in(), (found, exact) => {
    setMissed(!exact)
    setCurrent(rows.order.ids[found]!)
    onPick()
    pane()?.toRow(found)
  })
  // Not within the effect: the pane is as long as its rows only after it, and cannot be scrolled further than it is long.
  createEffect(on(logs.version, () => queueMicrotask(() => pane() !== undefined && linked.look())))
  onCleanup(linked.stop)

  return {
    current,
    pick: (id: number) => pick(current() === id ? undefined : id),
    /** Answers false when no line was picked. */
    unpick(): boolean {
      if (current() === undefined) return false
      pick(undefined)
      return true
    },
    toHit,
    step,
    unfolded,
    toggle,
    unfold: () => void (current() !== undefined && toggle(current()!)),
    /** The address names a line that is no longer there. */
    missed,
    /** The picked line among its neighbours: everything is shown, what fits is marked. */
    showAround() {
      const id = current()
      view.put({ mode: 'highlight' })
      logs.settle()
      queueMicrotask(() => id !== undefined && store.has(id) && pane()?.toRow(row()))
    },
  }
}
