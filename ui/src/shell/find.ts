import { createEffect, createSignal, onCleanup } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { Organization } from '@fairlead/protocol/features/organizations.ts'
import { ask } from '../api/api.ts'
import { scopeOf } from './palette.ts'

/** A hub that does not answer keeps nobody from a page. */
export const patienceMs = 1000

interface Find {
  /** What was found last; of a shorter text, until more is known. */
  readonly rows: () => readonly FleetRow[]
  /** Resolves once `rows` are those of the text that stands there now, if the hub answers. */
  readonly settled: () => Promise<void>
}

/** Resolves once all of these did, or patience is over. */
export async function waitFor(waits: readonly Promise<unknown>[]): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, patienceMs)
  await Promise.race([Promise.all(waits), late])
  clearTimeout(timer)
}

/** What is looked for here and not by the hub: asked once. */
export function createLists() {
  const [hosts, setHosts] = createSignal<readonly Host[]>([])
  const [organizations, setOrganizations] = createSignal<readonly Organization[]>([])
  const [listed, setListed] = createSignal(false)
  const lists = Promise.all([
    ask('hosts.list', {}).then(setHosts, () => undefined),
    ask('organizations.list', {}).then(setOrganizations, () => undefined),
  ]).then(() => setListed(true))
  return { hosts, organizations, listed, lists }
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
  return { rows, settled: () => searching }
}
