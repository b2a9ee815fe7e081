import { createEffect, createSignal, on, onCleanup } from 'solid-js'
import { createStore, reconcile } from 'solid-js/store'
import { follow } from '../api/api.ts'
import type { FleetRow, FleetTotals } from '@fairlead/protocol/features/fleet.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'

/** Runs a stream for as long as the component lives; starts anew when `key` changes. */
export function createStream<T>(
  key: () => T,
  run: (key: T, signal: AbortSignal) => Promise<void>,
): { readonly error: () => unknown; readonly retry: () => void } {
  const [error, setError] = createSignal<unknown>()
  const [turn, setTurn] = createSignal(0)
  createEffect(
    on([key, turn], ([now]) => {
      const leaving = new AbortController()
      setError(undefined)
      run(now, leaving.signal).catch((reason: unknown) => !leaving.signal.aborted && setError(reason))
      onCleanup(() => leaving.abort())
    }),
  )
  return { error, retry: () => setTurn((n) => n + 1) }
}

/** All hosts, live. */
export function createHosts() {
  const [state, setState] = createStore<{ hosts: Host[]; ready: boolean }>({ hosts: [], ready: false })
  const stream = createStream(
    () => 0,
    async (_key, signal) => {
      let all = new Map<string, Host>()
      for await (const { hosts, gone, reset, done } of follow('hosts.watch', {}, signal)) {
        if (reset) all = new Map()
        for (const host of hosts) all.set(host.id, host)
        for (const id of gone) all.delete(id)
        if (!done && hosts.length > 0) continue
        const sorted = [...all.values()].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
        setState('hosts', reconcile(sorted, { key: 'id' }))
        setState('ready', true)
      }
    },
  )
  return { state, ...stream }
}

interface PageKey {
  readonly kind: string
  readonly filter: string
  readonly sort: string
  readonly offset: number
  readonly limit: number
}

/** One page of a list over all hosts, patched as things change. */
export function createFleetPage(key: () => PageKey) {
  const [state, setState] = createStore<{ rows: FleetRow[]; totals: FleetTotals | undefined; ready: boolean }>({
    rows: [],
    totals: undefined,
    ready: false,
  })
  const id = (row: { host: string; id: string }) => `${row.host}/${row.id}`
  const stream = createStream(key, async ({ kind, filter, sort, offset, limit }, signal) => {
    let rows: FleetRow[] = []
    for await (const patch of follow(
      'fleet.watch',
      { kind, filter, sort: sort === '' ? ['name'] : sort.split(','), offset, limit },
      signal,
    )) {
      if (patch.page !== undefined) {
        rows = patch.page.at === 0 ? patch.page.rows : [...rows, ...patch.page.rows]
        if (!patch.page.done) continue
      }
      const known = new Map(rows.map((row) => [id(row), row]))
      for (const row of patch.set) known.set(id(row), row)
      for (const [host, row, cpu, memoryBytes] of patch.usage) {
        const old = known.get(`${host}/${row}`)
        if (old !== undefined)
          known.set(`${host}/${row}`, { ...old, ...(cpu === null ? {} : { cpu }), ...(memoryBytes === null ? {} : { memoryBytes }) })
      }
      const order = patch.order?.map(([host, row]) => `${host}/${row}`) ?? rows.map(id)
      rows = order.flatMap((place) => known.get(place) ?? [])
      setState('rows', reconcile(rows, { key: 'id' }))
      if (patch.totals !== undefined) setState('totals', reconcile(patch.totals))
      setState('ready', true)
    }
  })
  return { state, ...stream }
}
