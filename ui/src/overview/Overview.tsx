import { A } from '@solidjs/router'
import { createMemo, createResource, For, Show, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { Enrol } from '../enrolment/Enrol.tsx'
import { HostCard } from '../hosts/HostCard.tsx'
import { ago, t } from '../i18n/i18n.ts'
import { Empty, ErrorBox, plain, Skeleton, StateMark } from '../kit/kit.tsx'
import { createFleetPage, createHosts } from '../kit/live.ts'

/** What needs a person first, then every host, then what was done lately. */
export function Overview(): JSX.Element {
  const hosts = createHosts()
  const bad = createFleetPage(() => ({ kind: 'container', filter: 'state:warn state:critical', sort: 'state', offset: 0, limit: 20 }))
  const running = createFleetPage(() => ({ kind: 'container', filter: 'state:running', sort: 'name', offset: 0, limit: 1 }))
  const [changes] = createResource(async () => (await ask('audit.list', { limit: 8 })).rows)
  const troubled = createMemo(() => hosts.state.hosts.filter(({ state }) => state !== 'ok'))
  const quiet = () => troubled().length === 0 && bad.state.rows.length === 0

  return (
    <>
      <div class="head">
        <h1>{t('nav.overview')}</h1>
      </div>
      <Show when={hosts.error()}>{(error) => <ErrorBox error={error()} onRetry={hosts.retry} />}</Show>
      <Show when={hosts.state.ready} fallback={<Skeleton />}>
        <Show
          when={hosts.state.hosts.length > 0}
          fallback={
            <>
              <Empty text={t('overview.noHosts')} />
              <Enrol />
            </>
          }
        >
          <Show
            when={!quiet()}
            fallback={
              <p class="state-ok">
                ● {t('overview.allWell', { hosts: hosts.state.hosts.length, containers: running.state.totals?.matching ?? 0 })}
              </p>
            }
          >
            <h2>{t('overview.attention')}</h2>
            <div class="table" style={{ 'margin-bottom': '20px' }}>
              <table>
                <tbody>
                  <For each={troubled()}>
                    {(host) => (
                      <tr>
                        <td>
                          <StateMark state={host.state} word={host.status} />
                        </td>
                        <td>
                          <A href={`/hosts/${host.id}`}>{plain(host.name)}</A>
                        </td>
                        <td class="dim">{host.online ? plain(host.facts?.engine.problem ?? '') : ago(host.lastSeenMs)}</td>
                      </tr>
                    )}
                  </For>
                  <For each={bad.state.rows}>
                    {(row) => (
                      <tr>
                        <td>
                          <StateMark state={row.state} word={row.status} />
                        </td>
                        <td>
                          <A href={`/containers/${row.host}/${row.id}`}>{plain(row.name)}</A> <span class="dim">{plain(row.hostName)}</span>
                        </td>
                        <td class="dim">{plain(row.detail)}</td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </table>
            </div>
          </Show>
          <h2>{t('hosts.title')}</h2>
          <div class="cards">
            <For each={hosts.state.hosts}>{(host) => <HostCard host={host} />}</For>
          </div>
          <h2>{t('overview.changes')}</h2>
          <div class="table">
            <table>
              <tbody>
                <For each={changes() ?? []}>
                  {(row) => (
                    <tr>
                      <td class="dim">{ago(row.timeMs)}</td>
                      <td>{plain(row.actorName)}</td>
                      <td class="mono">{row.verb}</td>
                      <td>{plain(row.hostName)}</td>
                      <td class={row.outcome === 'failed' || row.outcome === 'refused' ? 'state-critical' : 'dim'}>{row.outcome}</td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </div>
        </Show>
      </Show>
    </>
  )
}
