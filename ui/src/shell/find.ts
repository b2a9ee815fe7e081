import { createEffect, createSignal, onCleanup } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ask } from '../api/api.ts'
import { scopeOf } from './palette.ts'

/** A hub that does not answer keeps nobody from a page. */
const patienceMs = 1000

interface Find {
  /** What was found last; of a shorter text, until more is known. */
  readonly rows: () => readonly FleetRow[]
  /** Resolves once `rows` are those of the text that stands there, or after a second. */
  readonly settled: () => Promise<unknown>
}

/** What the hub finds of a text, as it is typed. */
export function createFind(text: () => string): Find {
  const [rows, setRows] = createSignal<readonly FleetRow[]>([])
  let searching: Promise<void> = Promise.resolve()
  createEffect(() => {
    const { scope, words } = scopeOf(text())
    searching = Promise.resolve()
    if (words === '' || scope !== 'all') return void setRows([])
    let stale = false
    searching = ask('fleet.find', { text: words }).then(
      (found) => void (!stale && setRows(found)),
      () => undefined,
    )
    onCleanup(() => (stale = true))
  })
  return { rows, settled: () => Promise.race([searching, new Promise((resolve) => setTimeout(resolve, patienceMs))]) }
}
