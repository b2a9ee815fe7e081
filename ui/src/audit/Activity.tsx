import { createSignal, For, Show, type JSX } from 'solid-js'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { ask, follow } from '../api/api.ts'
import { t, time } from '../i18n/i18n.ts'
import { Empty, ErrorBox, plain, Skeleton, tell } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'

/** Everything that was done, and refused; new rows as they are written. */
export function Activity(): JSX.Element {
  const [rows, setRows] = createSignal<readonly AuditRow[]>()
  const { error, retry } = createStream(
    () => 0,
    async (_key, signal) => {
      setRows((await ask('audit.list', { limit: 200 })).rows)
      for await (const row of follow('audit.watch', {}, signal))
        setRows((before) => [row, ...(before ?? []).filter(({ seq }) => seq !== row.seq)].slice(0, 500))
    },
  )
  async function verify(): Promise<void> {
    const { ok, rows: count, brokenAt } = await ask('audit.verify', {})
    tell(ok ? t('activity.chainOk', { n: count }) : t('activity.chainBroken', { n: brokenAt ?? 0 }), !ok)
  }
  return (
    <>
      <div class="head">
        <h1>{t('activity.title')}</h1>
        <span class="grow" />
        <button type="button" onClick={() => void verify()}>
          {t('activity.verify')}
        </button>
      </div>
      <Show when={error()}>{(now) => <ErrorBox error={now()} onRetry={retry} />}</Show>
      <Show when={rows()} fallback={<Skeleton />}>
        {(now) => (
          <Show when={now().length > 0} fallback={<Empty text={t('activity.empty')} />}>
            <div class="table">
              <table>
                <thead>
                  <tr>
                    <th>{t('activity.when')}</th>
                    <th>{t('activity.who')}</th>
                    <th>{t('activity.what')}</th>
                    <th class="hide-phone">{t('activity.target')}</th>
                    <th>{t('activity.outcome')}</th>
                  </tr>
                </thead>
                <tbody>
                  <For each={now()}>
                    {(row) => (
                      <tr>
                        <td class="dim">{time(row.timeMs)}</td>
                        <td>{plain(row.actorName)}</td>
                        <td class="mono">{row.verb}</td>
                        <td class="hide-phone">
                          {plain(row.hostName ?? '')} <span class="dim">{plain((row.target ?? '').slice(0, 24))}</span>
                        </td>
                        <td class={row.outcome === 'failed' || row.outcome === 'refused' ? 'state-critical' : ''}>
                          {row.outcome} {row.code}
                        </td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </table>
            </div>
          </Show>
        )}
      </Show>
    </>
  )
}
