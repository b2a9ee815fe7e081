import { useSearchParams } from '@solidjs/router'
import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { ask, follow } from '../api/api.ts'
import { ago, t, time } from '../i18n/i18n.ts'
import { act, Empty, ErrorBox, NoPermission, Skeleton, tell } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { may } from '../kit/me.ts'
import { Menu } from '../kit/Menu.tsx'
import { FilterField } from '../kit/SearchField.tsx'
import { foldChanges } from './changes.ts'
import { Filters } from './Filters.tsx'
import { exportUrl, fits, fitsOf, isAll, type Wanted } from './fits.ts'
import { Keep } from './Keep.tsx'
import { Outcome } from './Outcome.tsx'
import { Changed, Subject, Verb } from './Told.tsx'
import { actorWords } from './told.ts'
import { createTrailState, TrailAlarm, TrailBox } from './TrailBox.tsx'
import { say } from './words.ts'

const pieceRows = 200
const mostRows = 2000

/** Everything that was done, and refused; new rows as they are written. */
export function Activity(): JSX.Element {
  return (
    <Show when={may('audit:read')} fallback={<NoPermission permission="audit:read" />}>
      <Trail />
    </Show>
  )
}

/** The rows that fit, and the ways to more of them. */
function createRows(wanted: () => Wanted) {
  const [rows, setRows] = createSignal<readonly AuditRow[]>()
  const [more, setMore] = createSignal(false)
  const { error, retry } = createStream(wanted, async (now, signal) => {
    const found = await ask('audit.list', { limit: pieceRows, ...fitsOf(now) })
    if (signal.aborted) return
    setRows(found.rows)
    setMore(found.more)
    for await (const row of follow('audit.watch', {}, signal))
      if (fits(now, row)) setRows((before) => [row, ...(before ?? []).filter(({ seq }) => seq !== row.seq)].slice(0, mostRows))
  })
  async function older(): Promise<void> {
    const last = rows()?.at(-1)
    if (last === undefined) return
    await act(
      '',
      async () => {
        const found = await ask('audit.list', { limit: pieceRows, ...fitsOf(wanted()), beforeSeq: last.seq })
        setRows((before) => [...(before ?? []), ...found.rows])
        setMore(found.more)
      },
      true,
    )
  }
  return { rows, more, error, retry, older }
}

function Trail(): JSX.Element {
  const [search, setSearch] = useSearchParams<{ [K in keyof Wanted]: string }>()
  const wanted = createMemo((): Wanted => ({ ...search }))
  const { rows, more, error, retry, older } = createRows(wanted)
  const trail = createTrailState()
  const [keeping, setKeeping] = createSignal(false)
  // On a phone they would leave no room for the trail itself.
  const [unfolded, setUnfolded] = createSignal(false)
  const shown = createMemo(() => foldChanges(rows() ?? []))
  const change = (to: Wanted) => setSearch({ ...to }, { replace: true })
  const clear = () => setSearch(Object.fromEntries(Object.keys(search).map((name) => [name, undefined])))

  return (
    <>
      <div class="head">
        <h1>{say('activity.title')}</h1>
        <span class="grow" />
        <Actions wanted={wanted()} onChecked={trail.again} />
      </div>
      <Show when={trail.state()}>
        {(now) => (
          <>
            <TrailAlarm state={now()} />
            <TrailBox state={now()} onKeep={may('audit:manage') ? () => setKeeping(true) : undefined} />
            <Show when={keeping()}>
              <Keep keepDays={now().keepDays} onClose={() => setKeeping(false)} onKept={trail.again} />
            </Show>
          </>
        )}
      </Show>
      <div class="bar">
        <FilterField label={say('activity.filter')} value={wanted().filter ?? ''} onInput={(text) => change({ filter: text } as Wanted)} />
        <button type="button" class="trail-fold" aria-expanded={unfolded()} onClick={() => setUnfolded(!unfolded())}>
          {say('activity.moreFilters')}
        </button>
      </div>
      <Filters unfolded={unfolded()} wanted={wanted()} rows={rows() ?? []} onChange={change} />
      <Show when={error()}>{(now) => <ErrorBox what={t('error.what.activity')} error={now()} onRetry={retry} />}</Show>
      <Show when={rows() !== undefined} fallback={error() === undefined ? <Skeleton lines={14} /> : undefined}>
        <Show
          when={shown().length > 0}
          fallback={
            <Empty text={say(isAll(wanted()) ? 'activity.empty' : 'activity.none')}>
              <Show when={!isAll(wanted())}>
                <button type="button" onClick={clear}>
                  {t('containers.clear')}
                </button>
              </Show>
            </Empty>
          }
        >
          <div class="table trail" tabindex="0" role="region" aria-label={say('activity.title')}>
            <Rows rows={shown()} />
          </div>
          <p class="foot">
            <span class="grow dim">{say('activity.count', { n: shown().length })}</span>
            <Show when={more() && (rows()?.length ?? 0) >= mostRows}>
              <span class="dim">{say('activity.many', { n: mostRows })}</span>
            </Show>
            <Show when={more() && (rows()?.length ?? 0) < mostRows}>
              <button type="button" onClick={() => void older()}>
                {say('activity.older')}
              </button>
            </Show>
          </p>
        </Show>
      </Show>
    </>
  )
}

/** What is done with the trail: looked at, and taken along. */
function Actions(props: { readonly wanted: Wanted; readonly onChecked: () => void }): JSX.Element {
  const [checking, setChecking] = createSignal(false)
  async function verify(): Promise<void> {
    setChecking(true)
    await act(
      say('activity.verify'),
      async () => {
        const { ok, rows: count, archived, brokenAt } = await ask('audit.verify', {})
        tell(ok ? say('activity.chainOk', { n: count + archived }) : say('activity.chainBroken', { n: brokenAt ?? 0 }), !ok)
      },
      true,
    )
    setChecking(false)
    props.onChecked()
  }
  // A browser says of a refused download no more than that it failed: whether it can begin is asked before.
  const save = (format: 'ndjson' | 'csv') => () =>
    void act(
      say('activity.export'),
      async () => {
        await ask('audit.state', {})
        const link = document.createElement('a')
        link.href = exportUrl(format, props.wanted)
        link.download = ''
        link.click()
        tell(say('activity.export.begun'))
      },
      true,
    )
  return (
    <>
      <Show when={may('audit:export')}>
        <Menu
          label={say('activity.export')}
          items={[
            { label: say('activity.export.ndjson'), run: save('ndjson') },
            { label: say('activity.export.csv'), run: save('csv') },
          ]}
        />
      </Show>
      <button type="button" disabled={checking()} onClick={() => void verify()}>
        {say('activity.verify')}
      </button>
    </>
  )
}

function Rows(props: { readonly rows: readonly AuditRow[] }): JSX.Element {
  return (
    <table class="stack-phone">
      <thead>
        <tr>
          <th>{say('activity.when')}</th>
          <th>{say('activity.who')}</th>
          <th>{say('activity.what')}</th>
          <th>{say('activity.target')}</th>
          <th>{say('activity.outcome')}</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.rows}>
          {(row) => (
            <tr>
              <td class="dim" title={`${ago(row.timeMs)} · ${row.trace}`}>
                {time(row.timeMs)}
              </td>
              <td title={row.ip}>{actorWords(row)}</td>
              <td>
                <Verb row={row} />
              </td>
              <td>
                <Subject row={row} />
                <Changed row={row} />
              </td>
              <td>
                <Outcome row={row} />
              </td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  )
}
