import { A, useNavigate, useParams } from '@solidjs/router'
import { createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { ask, follow } from '../api/api.ts'
import { ContainerTable } from '../containers/ContainerTable.tsx'
import { ago, bytes, cores, t, time } from '../i18n/i18n.ts'
import { act, ConfirmByName, Empty, ErrorBox, plain, Skeleton, StateMark } from '../kit/kit.tsx'
import { createHosts, createStream } from '../kit/live.ts'

const tabs = ['overview', 'containers', 'events', 'settings'] as const
const labels = { overview: 'tab.overview', containers: 'hosts.containers', events: 'hosts.events', settings: 'tab.settings' } as const

/** One host: what it is, what runs there, what happened, what can be changed. A dead host is data, not an error. */
export function HostDetail(): JSX.Element {
  const params = useParams<{ host: string; tab?: string }>()
  const { state } = createHosts()
  const host = () => state.hosts.find(({ id, name }) => id === params.host || name === params.host)
  return (
    <Show
      when={host()}
      fallback={
        <Show when={state.ready} fallback={<Skeleton />}>
          <Empty text={t('palette.none')} />
        </Show>
      }
    >
      {(now) => (
        <>
          <div class="head">
            <h1>{plain(now().name)}</h1>
            <StateMark state={now().state} word={now().status} />
          </div>
          <Show when={!now().online}>
            <div class="box danger">
              <p>{t('hosts.stale', { age: ago(now().lastSeenMs), reason: plain(now().lastLoss) })}</p>
              <p>
                {t('hosts.staleHint')} <code>systemctl status fairlead-agent</code>
              </p>
            </div>
          </Show>
          <nav class="tabs">
            <For each={tabs}>
              {(tab) => (
                <A href={`/hosts/${now().id}${tab === 'overview' ? '' : `/${tab}`}`} end>
                  {t(labels[tab])}
                </A>
              )}
            </For>
          </nav>
          <Switch>
            <Match when={params.tab === 'containers'}>
              <ContainerTable scope={`host:${now().id}`} />
            </Match>
            <Match when={params.tab === 'events'}>
              <Events host={now().id} />
            </Match>
            <Match when={params.tab === 'settings'}>
              <Settings id={now().id} name={now().name} tags={now().tags} />
            </Match>
            <Match when={true}>
              <div class="box">
                <dl>
                  <dt>{t('hosts.cpu')}</dt>
                  <dd>
                    {cores(now().usage['cpu'])} / {now().facts?.cpus ?? '–'}
                  </dd>
                  <dt>{t('hosts.memory')}</dt>
                  <dd>
                    {bytes(now().usage['memoryBytes'])} / {bytes(now().facts?.memoryBytes)}
                  </dd>
                  <dt>{t('hosts.load')}</dt>
                  <dd>
                    {[now().usage['load1'], now().usage['load5'], now().usage['load15']].map((load) => load?.toFixed(2) ?? '–').join('  ')}
                  </dd>
                  <dt>{t('hosts.disk')}</dt>
                  <dd>{cores(now().usage['diskFullest'])}</dd>
                  <dt>OS</dt>
                  <dd>
                    {plain(now().facts?.os ?? '–')} · {plain(now().facts?.kernel ?? '')} · {now().facts?.arch}
                  </dd>
                  <dt>{t('hosts.engine')}</dt>
                  <dd>
                    {now().facts?.engine.up === true
                      ? `${now().facts!.engine.name} ${plain(now().facts!.engine.version)} (API ${now().facts!.engine.apiVersion})`
                      : plain(now().facts?.engine.problem ?? '–')}
                  </dd>
                  <dt>{t('hosts.agent')}</dt>
                  <dd>{plain(now().facts?.agentVersion ?? '–')}</dd>
                  <dt>{t('hosts.latency')}</dt>
                  <dd>{now().latencyMs === null ? '–' : `${now().latencyMs} ms`}</dd>
                </dl>
              </div>
            </Match>
          </Switch>
        </>
      )}
    </Show>
  )
}

function Events(props: { readonly host: string }): JSX.Element {
  const [events, setEvents] = createSignal<readonly HostEvent[]>([])
  const { error, retry } = createStream(
    () => props.host,
    async (host, signal) => {
      setEvents([])
      for await (const event of follow('events.watch', { host, sinceMs: 0 }, signal))
        setEvents((before) => [event, ...before].slice(0, 500))
    },
  )
  return (
    <Show when={!error()} fallback={<ErrorBox error={error()} onRetry={retry} />}>
      <Show when={events().length > 0} fallback={<Empty text={t('hosts.noEvents')} />}>
        <div class="table">
          <table>
            <tbody>
              <For each={events()}>
                {(event) => (
                  <tr>
                    <td class="dim">{time(event.timeMs)}</td>
                    <td class="mono">
                      {plain(event.type)} {plain(event.action)}
                    </td>
                    <td>{plain(event.name === '' ? event.id.slice(0, 12) : event.name)}</td>
                    <td class="dim">
                      {plain(
                        Object.entries(event.facts)
                          .map(([name, value]) => `${name}=${value}`)
                          .join(' '),
                      )}
                    </td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </Show>
  )
}

function Settings(props: { readonly id: string; readonly name: string; readonly tags: readonly string[] }): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const navigate = useNavigate()
  return (
    <>
      <form
        class="box"
        onSubmit={(event) => {
          event.preventDefault()
          const fields = new FormData(event.currentTarget)
          const tags = String(fields.get('tags'))
            .split(/[\s,]+/)
            .filter((tag) => tag !== '')
          void act(t('hosts.save'), () => ask('hosts.update', { host: props.id, name: String(fields.get('name')), tags }))
        }}
      >
        <label class="field">
          {t('containers.name')}
          <input name="name" value={props.name} maxlength="63" required />
        </label>
        <label class="field">
          {t('hosts.tags')}
          <input name="tags" value={props.tags.join(' ')} />
        </label>
        <button type="submit" class="primary">
          {t('hosts.save')}
        </button>
      </form>
      <Show
        when={asking()}
        fallback={
          <button type="button" class="danger" onClick={() => setAsking(true)}>
            {t('hosts.revoke')}
          </button>
        }
      >
        <ConfirmByName
          name={props.name}
          question={t('hosts.revokeAsk')}
          action={t('hosts.revoke')}
          onCancel={() => setAsking(false)}
          onConfirm={() => void act(t('hosts.revoke'), () => ask('hosts.revoke', { host: props.id })).then(() => navigate('/hosts'))}
        />
      </Show>
    </>
  )
}
