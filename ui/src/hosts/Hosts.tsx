import { A } from '@solidjs/router'
import { For, Show, type JSX } from 'solid-js'
import { ago, bytes, cores, t } from '../i18n/i18n.ts'
import { Empty, ErrorBox, plain, Skeleton, StateMark } from '../kit/kit.tsx'
import { createHosts } from '../kit/live.ts'

/** Every host, live. */
export function Hosts(): JSX.Element {
  const { state, error, retry } = createHosts()
  return (
    <>
      <div class="head">
        <h1>{t('hosts.title')}</h1>
        <span class="grow" />
        <A href="/hosts/enrol">
          <button type="button" class="primary" tabindex="-1">
            {t('hosts.enrol')}
          </button>
        </A>
      </div>
      <Show when={error()}>{(now) => <ErrorBox error={now()} onRetry={retry} />}</Show>
      <Show when={state.ready} fallback={<Skeleton />}>
        <Show when={state.hosts.length > 0} fallback={<Empty text={t('hosts.empty')} />}>
          <div class="table">
            <table>
              <thead>
                <tr>
                  <th>{t('containers.name')}</th>
                  <th>{t('containers.state')}</th>
                  <th class="num hide-phone">{t('hosts.cpu')}</th>
                  <th class="num hide-phone">{t('hosts.memory')}</th>
                  <th class="num hide-phone">{t('hosts.containers')}</th>
                  <th class="hide-phone">{t('hosts.engine')}</th>
                  <th class="hide-phone">{t('hosts.agent')}</th>
                  <th class="num hide-phone">{t('hosts.latency')}</th>
                  <th class="hide-phone">{t('hosts.seen')}</th>
                </tr>
              </thead>
              <tbody>
                <For each={state.hosts}>
                  {(host) => (
                    <tr>
                      <td>
                        <A href={`/hosts/${host.id}`}>{plain(host.name)}</A> <span class="dim">{host.tags.join(' ')}</span>
                      </td>
                      <td>
                        <StateMark state={host.state} word={host.status} />
                      </td>
                      <td class="num hide-phone">{host.online ? cores(host.usage['cpu']) : '–'}</td>
                      <td class="num hide-phone">{host.online ? bytes(host.usage['memoryBytes']) : '–'}</td>
                      <td class="num hide-phone">{host.counts['container'] ?? 0}</td>
                      <td class="hide-phone">
                        {host.facts?.engine.up === true ? `${host.facts.engine.name} ${plain(host.facts.engine.version)}` : '–'}
                      </td>
                      <td class="hide-phone">{plain(host.facts?.agentVersion ?? '–')}</td>
                      <td class="num hide-phone">{host.latencyMs === null ? '–' : `${host.latencyMs} ms`}</td>
                      <td class="dim hide-phone">{host.online ? '' : ago(host.lastSeenMs)}</td>
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
