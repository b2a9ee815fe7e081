import { A } from '@solidjs/router'
import { createSignal, For, lazy, Show, Suspense, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { bytes, decimal, t } from '../i18n/i18n.ts'
import { messageOf } from '../i18n/said.ts'
import { createEngines, silentEngines } from '../kit/engines.ts'
import { FilterBar } from '../kit/FilterBar.tsx'
import { keyOf } from '../kit/fleet-window.ts'
import { Grid } from '../kit/Grid.tsx'
import { createKeys } from '../kit/keys.ts'
import { Empty, ErrorBox, plain, Skeleton } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { Menu } from '../kit/Menu.tsx'
import { card, isOld } from './columns.tsx'
import { containerFields, unknownContainerField } from './fields.ts'
import { listKeys } from './keys.ts'
import { createContainerList, type ContainerList } from './list.ts'
import { actionItems, exportItems, groupItems } from './menus.ts'
import { Peek } from './Peek.tsx'

const BulkPreview = lazy(async () => ({ default: (await import('./Bulk.tsx')).BulkPreview }))
const ColumnChooser = lazy(async () => ({ default: (await import('../kit/ColumnChooser.tsx')).ColumnChooser }))
const Rename = lazy(async () => ({ default: (await import('./Rename.tsx')).Rename }))

/** A list of containers over all hosts, or within `scope`: filtered, sorted and summed by the hub. The address holds how. */
export function ContainerTable(props: { readonly scope?: string }): JSX.Element {
  const list = createContainerList(() => props.scope)
  const hosts = createEngines()
  const [menu, setMenu] = createSignal<() => void>()
  createKeys(listKeys(list, () => menu()?.()))
  const unreadable = () => codeOf(list.rows.error()) === 'invalid_input'
  return (
    <>
      <Bar list={list} problem={unreadable() ? messageOf(list.rows.error()) : ''} />
      <Show when={list.rows.error() !== undefined && !unreadable()}>
        <ErrorBox what={t('error.what.containers')} error={list.rows.error()} onRetry={list.rows.retry} />
      </Show>
      <Show when={list.rows.totals()?.offlineHosts.length}>
        <p class="dim partial">◌ {t('containers.partial', { hosts: plain(list.rows.totals()!.offlineHosts.join(', ')) })}</p>
      </Show>
      <Show when={props.scope === undefined && silentEngines().length > 0}>
        <p class="dim partial">
          <span class="state-warn" aria-hidden="true">
            ▲
          </span>{' '}
          {t('containers.silent', {
            hosts: silentEngines()
              .map(({ name }) => plain(name))
              .join(', '),
          })}
        </p>
      </Show>
      <Groups list={list} />
      <Show when={list.rows.ready()} fallback={list.rows.error() === undefined ? <Skeleton lines={12} /> : undefined}>
        <Show when={list.rows.count() > 0} fallback={<Nothing list={list} noHosts={hosts() === 0} />}>
          <div class="with-peek">
            <Rows list={list} />
            <Show when={list.query.peeked() !== ''}>
              <Peek
                row={list.peekRow()}
                actions={actionItems(list, () => [list.peekRow()].filter((row) => row !== undefined))}
                onClose={() => list.query.setPeek('')}
              />
            </Show>
          </div>
        </Show>
        <Foot list={list} scoped={props.scope !== undefined} onMenu={(open) => setMenu(() => open)} />
      </Show>
      <Show when={list.bulk()}>
        {(now) => (
          <Suspense>
            <BulkPreview
              verb={now().verb}
              rows={now().rows}
              onClose={() => list.setBulk(undefined)}
              onStarted={() => {
                if (now().verb === 'remove') list.rows.expect(now().rows.map(keyOf))
                list.setBulk(undefined)
                list.selection.clear()
              }}
            />
          </Suspense>
        )}
      </Show>
      <Show when={list.renaming()}>
        {(row) => (
          <Suspense>
            <Rename row={row()} onClose={() => list.setRenaming(undefined)} />
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

function Bar(props: { readonly list: ContainerList; readonly problem: string }): JSX.Element {
  const { query, rows, setChoosing, valuesOf } = props.list
  const group = () => query.group()
  return (
    <div class="bar">
      <FilterBar
        value={query.typed()}
        placeholder={t('containers.filter')}
        names={containerFields}
        values={valuesOf}
        problem={props.problem}
        unknown={unknownContainerField(query.typed(), rows.ready() ? rows.count() : undefined)}
        onChange={query.setFilter}
      />
      <span class="row hide-phone">
        <Menu label={group() === '' ? t('grid.group') : t(`group.${group() as 'host'}`)} items={groupItems(props.list)} />
        <button type="button" onClick={() => setChoosing(true)}>
          {t('grid.columns')}
        </button>
        <Menu label={t('export.title')} items={exportItems(props.list)} />
      </span>
    </div>
  )
}

/** Every value of what the list is grouped by, counted by the hub; one click narrows to it. */
function Groups(props: { readonly list: ContainerList }): JSX.Element {
  const { query, rows } = props.list
  return (
    <Show when={query.group() !== '' && (rows.totals()?.groups?.length ?? 0) > 0}>
      <ul class="groups" aria-label={t('grid.group')}>
        <For each={rows.totals()!.groups}>
          {({ value, count }) => (
            <li>
              <button type="button" disabled={value === ''} onClick={() => query.narrow(value)}>
                {value === '' ? t('grid.none') : plain(value)} <span class="dim">{count}</span>
              </button>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}

function Nothing(props: { readonly list: ContainerList; readonly noHosts: boolean }): JSX.Element {
  const { query, rows } = props.list
  const filtered = () => query.typed() !== '' && (rows.totals()?.all ?? 0) > 0
  return (
    <Empty text={t(filtered() ? 'containers.none' : props.noHosts ? 'hosts.empty' : 'containers.empty')}>
      <Show
        when={query.typed() !== ''}
        fallback={
          <Show when={props.noHosts} fallback={<code>docker run -d --name web nginx</code>}>
            <Show when={may('hosts:enrol')}>
              <A href="/hosts/enrol" class="button primary">
                {t('hosts.enrol')}
              </A>
            </Show>
          </Show>
        }
      >
        <p>
          <code>{plain(query.typed())}</code>
        </p>
        <button type="button" onClick={() => query.setFilter('')}>
          {t('containers.clear')}
        </button>
      </Show>
    </Empty>
  )
}

function Rows(props: { readonly list: ContainerList }): JSX.Element {
  const { query, rows, selection } = props.list
  const all = () => rows.count() > 0 && selection.size() >= rows.count()
  const groupOf = (row: FleetRow | undefined) =>
    row === undefined ? undefined : query.group() === 'host' ? row.hostName : String(row.facts['stack'] ?? '')
  const begins = (index: number) =>
    (query.group() === 'host' || query.group() === 'stack') && (index === 0 || groupOf(rows.at(index - 1)) !== groupOf(rows.at(index)))
  return (
    <Grid
      label={t('containers.title')}
      columns={props.list.shown()}
      count={rows.count()}
      at={rows.at}
      keyOf={keyOf}
      card={card}
      current={props.list.current()}
      isSelected={selection.has}
      isStale={isOld}
      begins={begins}
      sort={query.order()}
      onSort={query.turn}
      onResize={props.list.choice.resize}
      onCurrent={props.list.stand}
      onToggle={props.list.toggle}
      onToggleAll={() => (all() ? selection.clear() : props.list.selectAll())}
      allSelected={all()}
      onOpen={(index, narrow) => (narrow ? props.list.peek(rows.at(index)) : void props.list.open(index))}
      onShow={rows.show}
      onHold={props.list.setHeld}
    />
  )
}

function Foot(props: { readonly list: ContainerList; readonly scoped: boolean; readonly onMenu: (open: () => void) => void }): JSX.Element {
  const { rows, selection } = props.list
  return (
    <div class="foot">
      <Show
        when={selection.size() > 0}
        fallback={
          <span class="grow dim">
            {t(props.scoped ? 'containers.sumHere' : 'containers.sum', {
              matching: rows.totals()?.matching ?? 0,
              all: rows.totals()?.all ?? 0,
              cpu: decimal(rows.totals()?.cpu ?? 0),
              memory: bytes(rows.totals()?.memoryBytes),
            })}
          </span>
        }
      >
        <strong class="grow">{t('grid.selected', props.list.sums())}</strong>
        <button type="button" onClick={() => selection.clear()}>
          {t('grid.clear')}
        </button>
      </Show>
      <Show when={rows.waiting() > 0}>
        <button type="button" class="chip" onClick={() => rows.apply()}>
          {t('grid.waiting', { n: rows.waiting() })}
        </button>
      </Show>
      <Show when={props.list.subject().length > 0}>
        <Menu
          label={t('grid.actions')}
          items={actionItems(props.list, props.list.subject)}
          class={selection.size() > 0 ? 'primary' : ''}
          up
          ref={props.onMenu}
        />
      </Show>
    </div>
  )
}
