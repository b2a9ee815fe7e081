import { useNavigate, useSearchParams } from '@solidjs/router'
import { createMemo, createSignal } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { t } from '../i18n/i18n.ts'
import { createLook, turnSort } from '../kit/columns.ts'
import { save, toCsv } from '../kit/export.ts'
import { createKeys } from '../kit/keys.ts'
import { createHosts } from '../kit/live.ts'
import type { MenuItem } from '../kit/Menu.tsx'
import { columns, type HostColumn } from './columns.tsx'
import { filterHosts, sortHosts, unknownHostField, valuesOfHost } from './filter.ts'
import { createPicking } from './picking.ts'

/** What the page of hosts knows and can do; the view only shows it. */
export function createHostList() {
  const live = createHosts()
  const [search, setSearch] = useSearchParams<{ filter?: string; sort?: string }>()
  const navigate = useNavigate()
  const look = createLook('hosts', columns)
  const [held, setHeld] = createSignal(false)
  const [currentId, setCurrentId] = createSignal('')
  const filter = () => search.filter ?? ''
  const sort = createMemo(() => (search.sort ?? '').split(',').filter(Boolean))
  const order = createOrder(live, filter, sort, held)
  const rows = createMemo(() => {
    const byId = new Map(live.state.hosts.map((host) => [host.id, host]))
    return order().flatMap((id) => byId.get(id) ?? [])
  })
  const current = () => rows().findIndex(({ id }) => id === currentId())
  const stand = (index: number) => setCurrentId(rows()[index]?.id ?? '')
  const open = (index: number) => {
    const host = rows()[index]
    if (host !== undefined) navigate(`/hosts/${host.id}`)
    return host !== undefined
  }
  const step = (by: number) => {
    document.querySelector<HTMLElement>('.grid')?.focus()
    stand(Math.max(0, Math.min(rows().length - 1, current() + by)))
  }
  const picking = createPicking(live, rows, current)
  createKeys([
    { combo: 'j', label: 'keys.down', run: () => step(1) },
    { combo: 'ArrowDown', label: 'keys.down', run: () => step(1) },
    { combo: 'k', label: 'keys.up', run: () => step(-1) },
    { combo: 'ArrowUp', label: 'keys.up', run: () => step(-1) },
    { combo: 'Enter', label: 'keys.open', run: () => open(current()) },
    ...picking.keys,
    {
      combo: 'Escape',
      label: 'keys.clear',
      // The innermost thing first: the selection, then where one stands.
      run: () => (picking.selection.size() > 0 ? picking.selection.clear() : currentId() === '' ? false : setCurrentId('')),
    },
  ])
  return {
    live,
    ...picking,
    ...look,
    filter,
    sort,
    rows,
    current,
    stand,
    open,
    setHeld,
    unknown: () => unknownHostField(filter()),
    setFilter: (next: string) => setSearch({ filter: next === '' ? undefined : next }, { replace: true }),
    turn(key: string, add: boolean): void {
      const keys = turnSort(sort(), key, add, columns.find((one) => one.key === key)?.number)
      setSearch({ sort: keys.length === 0 ? undefined : keys.join(',') })
    },
    valuesOf: async (name: string) => countValues(live.state.hosts, name),
    /** The selection, else everything that the filter lets through. */
    exports: () => exportItems(picking.selection.size() > 0 ? picking.chosen : rows, look.shown),
  }
}

type LiveHosts = ReturnType<typeof createHosts>

/** The ids of what is shown, in its order. */
function createOrder(live: LiveHosts, filter: () => string, sort: () => readonly string[], held: () => boolean) {
  let lastAsked: string | undefined
  return createMemo<readonly string[]>((before) => {
    const ids = sortHosts(filterHosts(live.state.hosts, filter()), sort(), columns).map(({ id }) => id)
    const asked = `${filter()} ${sort().join()}`
    // Figures change under the pointer, rows do not move there.
    if (held() && asked === lastAsked && ids.length === before.length && ids.every((id) => before.includes(id))) return before
    lastAsked = asked
    return ids
  }, [])
}

function countValues(hosts: readonly Host[], name: string): { value: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const host of hosts) for (const value of new Set(valuesOfHost(host, name) ?? [])) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count)
}

function exportItems(rows: () => readonly Host[], shown: () => readonly HostColumn[]): MenuItem[] {
  const columns = () => shown().map(({ label, text }) => ({ name: t(label), text }))
  return [
    { label: 'CSV', run: () => save('hosts.csv', 'text/csv', toCsv<Host>(rows(), columns())) },
    { label: 'JSON', run: () => save('hosts.json', 'application/json', JSON.stringify(rows(), null, 2)) },
  ]
}

export type HostList = ReturnType<typeof createHostList>
