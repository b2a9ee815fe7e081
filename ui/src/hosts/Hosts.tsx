import { A, useNavigate, useSearchParams } from '@solidjs/router'
import { createMemo, createSignal, lazy, Show, Suspense, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { t } from '../i18n/i18n.ts'
import { createColumns } from '../kit/columns.ts'
import { save, toCsv } from '../kit/export.ts'
import { FilterBar } from '../kit/FilterBar.tsx'
import { Grid } from '../kit/Grid.tsx'
import { Icon } from '../kit/Icon.tsx'
import { createKeys } from '../kit/keys.ts'
import { Empty, ErrorBox, plain, Skeleton } from '../kit/kit.tsx'
import { createHosts } from '../kit/live.ts'
import { may } from '../kit/me.ts'
import { Menu } from '../kit/Menu.tsx'
import { card, columns } from './columns.tsx'
import { filterHosts, hostFilterNames, sortHosts, unknownName, valuesOfHost } from './filter.ts'

const ColumnChooser = lazy(async () => ({ default: (await import('../kit/ColumnChooser.tsx')).ColumnChooser }))

/** Every host, live: filtered, sorted and sized as the address says. */
export function Hosts(): JSX.Element {
  const list = createHostList()
  const { state, error, retry } = list.live
  return (
    <>
      <div class="head">
        <h1>{t('hosts.title')}</h1>
        <span class="grow" />
        <EnrolLink />
      </div>
      <div class="bar">
        <FilterBar
          value={list.filter()}
          placeholder={t('hosts.filter')}
          names={hostFilterNames}
          values={list.valuesOf}
          problem={list.problem()}
          onChange={list.setFilter}
        />
        <span class="row hide-phone">
          <button type="button" onClick={() => list.setChoosing(true)}>
            {t('grid.columns')}
          </button>
          <Menu label={t('export.title')} items={list.exports()} />
        </span>
      </div>
      <Show when={error()}>{(now) => <ErrorBox what={t('error.what.hosts')} error={now()} onRetry={retry} />}</Show>
      <Show when={state.ready} fallback={error() === undefined ? <Skeleton lines={12} /> : undefined}>
        <Show
          when={list.rows().length > 0}
          fallback={<Nothing filter={list.filter()} any={state.hosts.length > 0} onClear={() => list.setFilter('')} />}
        >
          <div class="with-peek">
            <Grid
              label={t('hosts.title')}
              columns={list.shown()}
              count={list.rows().length}
              at={(index) => list.rows()[index]}
              keyOf={(host) => host.id}
              card={card}
              current={list.current()}
              isStale={(host) => !host.online}
              sort={list.sort()}
              onSort={list.turn}
              onResize={list.choice.resize}
              onCurrent={list.stand}
              onOpen={list.open}
              onShow={() => undefined}
              onHold={list.setHeld}
            />
          </div>
        </Show>
        <div class="foot dim">
          {t('hosts.sum', {
            matching: list.rows().length,
            all: state.hosts.length,
            online: state.hosts.filter(({ online }) => online).length,
          })}
        </div>
      </Show>
      <Show when={list.choosing()}>
        <Suspense>
          <ColumnChooser columns={list.choice} label={list.labelOf} onClose={() => list.setChoosing(false)} />
        </Suspense>
      </Show>
    </>
  )
}

export function EnrolLink(): JSX.Element {
  return (
    <Show when={may('hosts:enrol')}>
      <A href="/hosts/enrol" class="button primary">
        <Icon name="add" /> {t('hosts.enrol')}
      </A>
    </Show>
  )
}

function Nothing(props: { readonly filter: string; readonly any: boolean; readonly onClear: () => void }): JSX.Element {
  return (
    <Show
      when={props.any}
      fallback={
        <Empty text={t('hosts.empty')}>
          <EnrolLink />
        </Empty>
      }
    >
      <Empty text={t('hosts.none')}>
        <p>
          <code>{plain(props.filter)}</code>
        </p>
        <button type="button" onClick={() => props.onClear()}>
          {t('containers.clear')}
        </button>
      </Empty>
    </Show>
  )
}

function createHostList() {
  const live = createHosts()
  const [search, setSearch] = useSearchParams<{ filter?: string; sort?: string }>()
  const navigate = useNavigate()
  const choice = createColumns('hosts', columns)
  const [choosing, setChoosing] = createSignal(false)
  const [held, setHeld] = createSignal(false)
  const [currentId, setCurrentId] = createSignal('')
  const filter = () => search.filter ?? ''
  const sort = createMemo(() => (search.sort ?? '').split(',').filter(Boolean))
  let lastAsked: string | undefined
  const order = createMemo<readonly string[]>((before) => {
    const ids = sortHosts(filterHosts(live.state.hosts, filter()), sort(), columns).map(({ id }) => id)
    const asked = `${filter()} ${sort().join()}`
    // Figures change under the pointer, rows do not move there.
    if (held() && asked === lastAsked && ids.length === before.length && ids.every((id) => before.includes(id))) return before
    lastAsked = asked
    return ids
  }, [])
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
  createKeys([
    { combo: 'j', label: 'keys.down', run: () => step(1) },
    { combo: 'ArrowDown', label: 'keys.down', run: () => step(1) },
    { combo: 'k', label: 'keys.up', run: () => step(-1) },
    { combo: 'ArrowUp', label: 'keys.up', run: () => step(-1) },
    { combo: 'Enter', label: 'keys.open', run: () => open(current()) },
    { combo: 'Escape', label: 'keys.clear', run: () => (currentId() === '' ? false : setCurrentId('')) },
  ])
  const byKey = new Map(columns.map((column) => [column.key, column]))
  const shown = createMemo(() =>
    choice
      .all()
      .filter((one) => one.shown)
      .map(({ key, width }) => ({ ...byKey.get(key)!, width })),
  )
  return {
    live,
    filter,
    sort,
    rows,
    current,
    stand,
    open,
    choice,
    shown,
    choosing,
    setChoosing,
    setHeld,
    labelOf: (key: string) => byKey.get(key)!.label,
    problem: () =>
      unknownName(filter()) === undefined ? '' : t('hosts.badName', { name: unknownName(filter())!, names: hostFilterNames.join(', ') }),
    setFilter: (next: string) => setSearch({ filter: next === '' ? undefined : next }, { replace: true }),
    turn(key: string, add: boolean): void {
      const old = sort().find((one) => one.replace('-', '') === key)
      const next = old === undefined ? [key] : old.startsWith('-') ? [] : [`-${key}`]
      const keys = [...(add ? sort().filter((one) => one.replace('-', '') !== key) : []), ...next].slice(0, 4)
      setSearch({ sort: keys.length === 0 ? undefined : keys.join(',') })
    },
    async valuesOf(name: string) {
      const counts = new Map<string, number>()
      for (const host of live.state.hosts)
        for (const value of new Set(valuesOfHost(host, name) ?? [])) counts.set(value, (counts.get(value) ?? 0) + 1)
      return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count)
    },
    exports: () => [
      {
        label: 'CSV',
        run: () =>
          save(
            'hosts.csv',
            'text/csv',
            toCsv<Host>(
              rows(),
              shown().map(({ label, text }) => ({ name: t(label), text })),
            ),
          ),
      },
      { label: 'JSON', run: () => save('hosts.json', 'application/json', JSON.stringify(rows(), null, 2)) },
    ],
  }
}
