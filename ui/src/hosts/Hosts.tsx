import { A } from '@solidjs/router'
import { lazy, Show, Suspense, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { FilterBar } from '../kit/FilterBar.tsx'
import { Grid } from '../kit/Grid.tsx'
import { Icon } from '../kit/Icon.tsx'
import { Empty, ErrorBox, plain, Skeleton } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { Menu } from '../kit/Menu.tsx'
import { tagsOf } from './bulk.ts'
import { card } from './columns.tsx'
import { hostFilterNames } from './filter.ts'
import { createHostList, type HostList } from './list.ts'

const HostsBulk = lazy(async () => ({ default: (await import('./HostsBulk.tsx')).HostsBulk }))
const ColumnChooser = lazy(async () => ({ default: (await import('../kit/ColumnChooser.tsx')).ColumnChooser }))

/** Every host, live: filtered, sorted and sized as the address says. */
export function Hosts(): JSX.Element {
  const list = createHostList()
  const { state, error, retry } = list.live
  const allSelected = () => list.rows().length > 0 && list.rows().every(({ id }) => list.selection.has(id))
  return (
    <>
      <div class="head">
        <h1>{t('hosts.title')}</h1>
        <span class="grow" />
        <A class="button hide-phone" href="/updates">
          {t('nav.updates')}
        </A>
        <EnrolLink />
      </div>
      <div class="bar">
        <FilterBar
          value={list.filter()}
          placeholder={t('hosts.filter')}
          names={hostFilterNames}
          values={list.valuesOf}
          unknown={list.unknown()}
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
              isSelected={list.selection.has}
              isStale={(host) => !host.online}
              sort={list.sort()}
              onSort={list.turn}
              onResize={list.choice.resize}
              onCurrent={list.stand}
              onToggle={list.toggle}
              onToggleAll={() => (allSelected() ? list.selection.clear() : list.selectAll())}
              allSelected={allSelected()}
              onOpen={list.open}
              onShow={() => undefined}
              onHold={list.setHeld}
            />
          </div>
        </Show>
        <Foot list={list} />
      </Show>
      <Show when={list.bulk()}>
        {(now) => (
          <Suspense>
            <HostsBulk
              verb={now().verb}
              hosts={now().hosts}
              known={tagsOf(state.hosts).map(({ tag }) => tag)}
              latest={list.latest}
              onClose={() => list.setBulk(undefined)}
              onStarted={() => {
                list.setBulk(undefined)
                list.selection.clear()
              }}
            />
          </Suspense>
        )}
      </Show>
      <Show when={list.choosing()}>
        <Suspense>
          <ColumnChooser columns={list.choice} label={(key) => list.columnOf(key).label} onClose={() => list.setChoosing(false)} />
        </Suspense>
      </Show>
    </>
  )
}

/** What the list adds up to, or what is selected; and what can be done to it. */
function Foot(props: { readonly list: HostList }): JSX.Element {
  const online = (hosts: readonly { readonly online: boolean }[]) => hosts.filter((host) => host.online).length
  const all = () => props.list.live.state.hosts
  return (
    <div class="foot">
      <Show
        when={props.list.chosen().length > 0}
        fallback={
          <span class="grow dim">{t('hosts.sum', { matching: props.list.rows().length, all: all().length, online: online(all()) })}</span>
        }
      >
        <strong class="grow">{t('hosts.selected', { n: props.list.chosen().length, online: online(props.list.chosen()) })}</strong>
        <button type="button" onClick={() => props.list.selection.clear()}>
          {t('grid.clear')}
        </button>
      </Show>
      <Show when={props.list.subject().length > 0}>
        <Menu
          label={t('grid.actions')}
          items={props.list.actions()}
          class={props.list.chosen().length > 0 ? 'primary' : ''}
          up
          ref={props.list.setMenu}
        />
      </Show>
    </div>
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
