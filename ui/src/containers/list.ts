import { useNavigate, useSearchParams } from '@solidjs/router'
import { createEffect, createMemo, createSignal } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ask } from '../api/api.ts'
import { bytes, decimal, t } from '../i18n/i18n.ts'
import { createLook, turnSort } from '../kit/columns.ts'
import { writeTerm } from '../kit/filter.ts'
import { createFleetWindow, keyOf, type FleetWindow } from '../kit/fleet-window.ts'
import { act, plain, tell } from '../kit/kit.tsx'
import { createSelection } from '../kit/selection.ts'
import { reasonAgainst, type Verb } from './actions.ts'
import { columns } from './columns.tsx'
import { doIt } from './perform.ts'
import { renameReason } from './rename.ts'

export const groupings = ['host', 'stack', 'tag'] as const
/** More cannot be selected or exported at once; a filter narrows it. */
const mostAtOnce = 10_000
const pieceRows = 500

export type ContainerList = ReturnType<typeof createContainerList>
type Query = ReturnType<typeof createQuery>

/** How the list is asked for, all of it in the address: `?filter=&sort=&group=&peek=`. */
function createQuery(scope: () => string | undefined) {
  const [search, setSearch] = useSearchParams<{ filter?: string; sort?: string; group?: string; peek?: string }>()
  const text = (value: string | string[] | undefined) => (typeof value === 'string' ? value : '')
  const typed = () => text(search.filter)
  const sort = createMemo(() => text(search.sort).split(',').filter(Boolean))
  const group = () => groupings.find((one) => one === text(search.group)) ?? ''
  return {
    typed,
    sort,
    group,
    peeked: () => text(search.peek),
    filter: () => [scope() ?? '', typed()].filter(Boolean).join(' '),
    /** A tag is one of several a row has, so rows cannot be ordered by it: it is counted, and narrowed by. */
    order: () => {
      const wanted = sort().length === 0 ? ['name'] : sort()
      if (group() === '' || group() === 'tag') return wanted
      return [group(), ...wanted.filter((key) => key.replace('-', '') !== group())].slice(0, 4)
    },
    setFilter: (next: string) => setSearch({ filter: next === '' ? undefined : next }, { replace: true }),
    setGroup: (next: string) => setSearch({ group: next === '' ? undefined : next }),
    setPeek: (key: string, replace = false) => setSearch({ peek: key === '' ? undefined : key }, { replace }),
    narrow: (value: string) => setSearch({ filter: `${typed()} ${writeTerm(group(), value)}`.trim(), group: undefined }),
    turn(key: string, add: boolean): void {
      const keys = turnSort(sort(), key, add, columns.find((one) => one.key === key)?.number)
      setSearch({ sort: keys.length === 0 ? undefined : keys.join(',') })
    },
  }
}

/** Every row of the list or some of them, whether in sight or not, in its order. */
async function fetchRows(query: Query, from = 0, count = Number.POSITIVE_INFINITY): Promise<FleetRow[]> {
  const found: FleetRow[] = []
  for (;;) {
    const limit = Math.min(pieceRows, count - found.length)
    const page = await ask('fleet.rows', {
      kind: 'container',
      filter: query.filter(),
      sort: query.order(),
      offset: from + found.length,
      limit,
    })
    found.push(...page.rows)
    if (page.rows.length < limit || found.length >= count) return found
    if (found.length < mostAtOnce) continue
    tell(t('grid.tooMany', { n: mostAtOnce }), true)
    return found
  }
}

/** What is selected, and what it sums to as it is now. */
function createPicking(query: Query, rows: FleetWindow) {
  const selection = createSelection<FleetRow>(keyOf)
  const now = (row: FleetRow) => rows.latest(keyOf(row)) ?? row
  let anchor = -1
  let selecting: Promise<unknown> = Promise.resolve()

  function select(from = 0, count?: number): void {
    selecting = act('', async () => selection.add(await fetchRows(query, from, count)), true)
  }

  function toggle(index: number, range: boolean): void {
    const row = rows.at(index)
    if (row === undefined) return
    if (!range || anchor < 0) {
      anchor = index
      return selection.toggle(row)
    }
    const from = Math.min(index, anchor)
    const between = Array.from({ length: Math.abs(index - anchor) + 1 }, (_, n) => rows.at(from + n))
    if (between.every((one) => one !== undefined)) return selection.add(between)
    // Part of the range is out of sight and not here: the hub says what it is.
    select(from, between.length)
  }

  const sums = createMemo(() => {
    const chosen = selection.rows().map(now)
    return {
      n: chosen.length,
      hosts: new Set(chosen.map(({ host }) => host)).size,
      cpu: decimal(chosen.reduce((sum, { cpu }) => sum + (cpu ?? 0), 0)),
      memory: bytes(chosen.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0)),
    }
  })
  return {
    selection,
    toggle,
    sums,
    now,
    selectAll: () => select(),
    /** For keys that come quickly one after the other: what was asked to be selected is, before anything is done to it. */
    settled: () => selecting,
  }
}

/** What the containers page knows and can do; the view only shows it. */
export function createContainerList(scope: () => string | undefined) {
  const query = createQuery(scope)
  const navigate = useNavigate()
  const [held, setHeld] = createSignal(false)
  const rows = createFleetWindow(() => ({ kind: 'container', filter: query.filter(), sort: query.order(), group: query.group() }), held)
  const picking = createPicking(query, rows)
  const { selection } = picking
  const [renaming, setRenaming] = createSignal<FleetRow>()
  const [bulk, setBulk] = createSignal<{ readonly verb: Verb; readonly rows: readonly FleetRow[] }>()
  // One stands on a container, not on a line: when rows move, one moves along.
  const [currentKey, setCurrentKey] = createSignal('')
  const current = () => (currentKey() === '' ? -1 : rows.indexOf(currentKey()))

  function stand(index: number): void {
    const row = rows.at(index)
    if (row === undefined) return
    setCurrentKey(keyOf(row))
    if (query.peeked() !== '') query.setPeek(keyOf(row), true)
  }

  const standing = () => (current() < 0 ? undefined : rows.at(current()))
  /** What an action is about: the selection, or the row one stands on. */
  const subject = () => (selection.size() > 0 ? selection.rows().map(picking.now) : [standing()].filter((row) => row !== undefined))
  const far = createFarRow(() => (query.peeked() === '' || rows.latest(query.peeked()) !== undefined ? '' : query.peeked()))
  // A page that opens with a peek stands there.
  createEffect(() => query.peeked() !== '' && currentKey() === '' && setCurrentKey(query.peeked()))

  return {
    query,
    rows,
    ...picking,
    ...createLook('containers', columns),
    bulk,
    setBulk,
    renaming,
    setRenaming,
    rename(row: FleetRow | undefined): void {
      if (row === undefined) return
      const reason = renameReason(row)
      if (reason === undefined) setRenaming(row)
      else tell(`${plain(row.name)}: ${t(reason)}`, true)
    },
    setHeld,
    current,
    standing,
    subject,
    stand,
    peekRow: () => rows.latest(query.peeked()) ?? far(),
    step(by: number): void {
      document.querySelector<HTMLElement>('.grid')?.focus()
      stand(Math.max(0, Math.min(rows.count() - 1, current() + by)))
    },
    peek: (row: FleetRow | undefined) => query.setPeek(row === undefined || query.peeked() === keyOf(row) ? '' : keyOf(row)),
    open(index: number, tab = ''): boolean {
      const row = rows.at(index)
      if (row !== undefined) navigate(`/containers/${row.host}/${row.id}${tab}`)
      return row !== undefined
    },
    chosenOrAll: async () => (selection.size() > 0 ? subject() : await fetchRows(query)),
    /** One and reversible: at once. Many, or for good: said first. */
    perform(verb: Verb, on: readonly FleetRow[]): void {
      const [first] = on
      if (first === undefined) return
      if (on.length > 1 || verb === 'remove') return void setBulk({ verb, rows: on })
      const reason = reasonAgainst(verb, first)
      if (reason !== undefined) return tell(`${plain(first.name)}: ${t(reason)}`, true)
      doIt(verb, first)
    },
    async valuesOf(name: string) {
      const group = name === 'state' ? 'status' : name
      const { totals } = await ask('fleet.rows', { kind: 'container', filter: scope() ?? '', limit: 0, group })
      return totals.groups ?? []
    },
  }
}

/** The row of a link that somebody sent, when it is not among those in sight. */
function createFarRow(key: () => string): () => FleetRow | undefined {
  const [row, setRow] = createSignal<FleetRow>()
  createEffect(() => {
    const wanted = key()
    setRow(undefined)
    const [host = '', id = ''] = wanted.split('/')
    if (id === '') return
    ask('fleet.rows', { kind: 'container', filter: `${writeTerm('host', host)} ${writeTerm('id', id)}`, limit: 1 }).then(
      ({ rows }) => key() === wanted && setRow(rows[0]),
      () => undefined,
    )
  })
  return row
}
