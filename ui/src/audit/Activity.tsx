import { useSearchParams } from '@solidjs/router'
import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { ask, follow } from '../api/api.ts'
import { ago, t, time } from '../i18n/i18n.ts'
import { act, Empty, ErrorBox, NoPermission, plain, Skeleton, tell } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { may } from '../kit/me.ts'
import { foldChanges } from './changes.ts'
import { Outcome } from './Outcome.tsx'
import { Subject, Verb } from './Told.tsx'
import { verbsCalled, verbWords } from './told.ts'

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

function Trail(): JSX.Element {
  const [search, setSearch] = useSearchParams<{ filter?: string }>()
  const [rows, setRows] = createSignal<readonly AuditRow[]>()
  const [more, setMore] = createSignal(false)
  const [checking, setChecking] = createSignal(false)
  const filter = () => search.filter ?? ''
  const fits = ({ verb, actorName, hostName, target, targetName = '' }: AuditRow) =>
    `${verb} ${verbWords(verb)} ${actorName} ${hostName} ${target} ${targetName}`.toLowerCase().includes(filter().toLowerCase())
  const { error, retry } = createStream(filter, async (now, signal) => {
    const found = await ask('audit.list', { limit: pieceRows, filter: now, verbs: [...verbsCalled(now)] })
    if (signal.aborted) return
    setRows(found.rows)
    setMore(found.more)
    for await (const row of follow('audit.watch', {}, signal))
      if (fits(row)) setRows((before) => [row, ...(before ?? []).filter(({ seq }) => seq !== row.seq)].slice(0, mostRows))
  })
  const shown = createMemo(() => foldChanges(rows() ?? []))

  async function older(): Promise<void> {
    const last = rows()?.at(-1)
    if (last === undefined) return
    await act(
      '',
      async () => {
        const found = await ask('audit.list', {
          limit: pieceRows,
          filter: filter(),
          verbs: [...verbsCalled(filter())],
          beforeSeq: last.seq,
        })
        setRows((before) => [...(before ?? []), ...found.rows])
        setMore(found.more)
      },
      true,
    )
  }
  async function verify(): Promise<void> {
    setChecking(true)
    await act(
      t('activity.verify'),
      async () => {
        const { ok, rows: count, brokenAt } = await ask('audit.verify', {})
        tell(ok ? t('activity.chainOk', { n: count }) : t('activity.chainBroken', { n: brokenAt ?? 0 }), !ok)
      },
      true,
    )
    setChecking(false)
  }

  return (
    <>
      <div class="head">
        <h1>{t('activity.title')}</h1>
        <span class="grow" />
        <button type="button" disabled={checking()} onClick={() => void verify()}>
          {t('activity.verify')}
        </button>
      </div>
      <div class="bar">
        <input
          data-filter
          class="grow"
          type="search"
          aria-label={t('activity.filter')}
          placeholder={t('activity.filter')}
          value={filter()}
          maxlength="256"
          onInput={(event) =>
            setSearch({ filter: event.currentTarget.value === '' ? undefined : event.currentTarget.value }, { replace: true })
          }
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
      </div>
      <Show when={error()}>{(now) => <ErrorBox what={t('error.what.activity')} error={now()} onRetry={retry} />}</Show>
      <Show when={rows() !== undefined} fallback={error() === undefined ? <Skeleton lines={14} /> : undefined}>
        <Show
          when={shown().length > 0}
          fallback={
            <Empty text={t(filter() === '' ? 'activity.empty' : 'activity.none')}>
              <Show when={filter() !== ''}>
                <button type="button" onClick={() => setSearch({ filter: undefined })}>
                  {t('containers.clear')}
                </button>
              </Show>
            </Empty>
          }
        >
          <div class="table trail" tabindex="0" role="region" aria-label={t('activity.title')}>
            <Rows rows={shown()} />
          </div>
          <p class="foot">
            <span class="grow dim">{t('activity.count', { n: shown().length })}</span>
            <Show when={more() && (rows()?.length ?? 0) >= mostRows}>
              <span class="dim">{t('activity.many', { n: mostRows })}</span>
            </Show>
            <Show when={more() && (rows()?.length ?? 0) < mostRows}>
              <button type="button" onClick={() => void older()}>
                {t('activity.older')}
              </button>
            </Show>
          </p>
        </Show>
      </Show>
    </>
  )
}

function Rows(props: { readonly rows: readonly AuditRow[] }): JSX.Element {
  return (
    <table class="stack-phone">
      <thead>
        <tr>
          <th>{t('activity.when')}</th>
          <th>{t('activity.who')}</th>
          <th>{t('activity.what')}</th>
          <th>{t('activity.target')}</th>
          <th>{t('activity.outcome')}</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.rows}>
          {(row) => (
            <tr>
              <td class="dim" title={`${ago(row.timeMs)} · ${row.trace}`}>
                {time(row.timeMs)}
              </td>
              <td title={row.ip}>{plain(row.actorName)}</td>
              <td>
                <Verb row={row} />
              </td>
              <td>
                <Subject row={row} />
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
