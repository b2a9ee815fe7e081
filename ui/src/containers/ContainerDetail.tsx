import { A, useNavigate, useParams } from '@solidjs/router'
import { createMemo, createResource, createSignal, For, lazy, Match, Show, Switch, type JSX } from 'solid-js'
import type { Stats } from '@fairlead/protocol/features/containers.ts'
import { ask, follow, type MethodName } from '../api/api.ts'
import { bytes, cores, t, time } from '../i18n/i18n.ts'
import { act, ConfirmByName, ErrorBox, plain, Skeleton, StateMark } from '../kit/kit.tsx'
import { createFleetPage, createStream } from '../kit/live.ts'

const Logs = lazy(async () => ({ default: (await import('../logs/LogView.tsx')).LogView }))
const TerminalTab = lazy(async () => ({ default: (await import('../terminals/TerminalView.tsx')).TerminalView }))

const tabs = ['overview', 'logs', 'terminal', 'stats', 'inspect'] as const

/** One container: what it is and does, its log, a terminal in it. */
export function ContainerDetail(): JSX.Element {
  const params = useParams<{ host: string; id: string; tab?: string }>()
  const { state } = createFleetPage(() => ({
    kind: 'container',
    filter: `host:${params.host} id:${params.id}`,
    sort: 'name',
    offset: 0,
    limit: 1,
  }))
  const row = () => state.rows[0]
  const [asking, setAsking] = createSignal(false)
  const navigate = useNavigate()
  // Names change, the log does not begin anew for that.
  const source = createMemo(
    () => [{ host: params.host, id: params.id, name: row()?.name ?? params.id.slice(0, 12), hostName: row()?.hostName ?? params.host }],
    undefined,
    { equals: ([a], [b]) => a?.host === b?.host && a?.id === b?.id },
  )
  const on = () => ({ host: params.host, id: params.id })
  const button = (label: Parameters<typeof t>[0], method: MethodName) => (
    <button type="button" disabled={row()?.staleMs !== undefined} onClick={() => void act(t(label), () => ask(method, on() as never))}>
      {t(label)}
    </button>
  )

  return (
    <>
      <div class="head">
        <h1>{plain(row()?.name ?? params.id.slice(0, 12))}</h1>
        <Show when={row()}>
          {(now) => <StateMark state={now().staleMs === undefined ? now().state : 'stale'} word={plain(now().status)} />}
        </Show>
        <A class="dim" href={`/hosts/${params.host}`}>
          {plain(row()?.hostName ?? '')}
        </A>
        <span class="grow" />
        <Switch>
          <Match when={row()?.status === 'running'}>
            {button('containers.restart', 'containers.restart')}
            {button('containers.pause', 'containers.pause')}
            {button('containers.stop', 'containers.stop')}
          </Match>
          <Match when={row()?.status === 'paused'}>{button('containers.unpause', 'containers.unpause')}</Match>
          <Match when={row() !== undefined}>{button('containers.start', 'containers.start')}</Match>
        </Switch>
        <button type="button" class="danger" onClick={() => setAsking(true)}>
          {t('containers.remove')}
        </button>
      </div>
      <Show when={asking()}>
        <ConfirmByName
          name={row()?.name ?? ''}
          question={t('containers.removeAsk')}
          action={t('containers.remove')}
          onCancel={() => setAsking(false)}
          onConfirm={() =>
            void act(t('containers.remove'), () => ask('containers.remove', { ...on(), force: true })).then(() => navigate('/containers'))
          }
        />
      </Show>
      <nav class="tabs">
        <For each={tabs}>
          {(tab) => (
            <A href={`/containers/${params.host}/${params.id}${tab === 'overview' ? '' : `/${tab}`}`} end>
              {t(`tab.${tab}`)}
            </A>
          )}
        </For>
      </nav>
      <Switch>
        <Match when={params.tab === 'logs'}>
          <Show when={state.ready} fallback={<Skeleton lines={12} />}>
            <Logs sources={source()} />
          </Show>
        </Match>
        <Match when={params.tab === 'terminal'}>
          <TerminalTab host={params.host} id={params.id} />
        </Match>
        <Match when={params.tab === 'stats'}>
          <LiveStats host={params.host} id={params.id} />
        </Match>
        <Match when={params.tab === 'inspect'}>
          <Inspect host={params.host} id={params.id} />
        </Match>
        <Match when={row()} keyed>
          {(now) => (
            <div class="box">
              <dl>
                <dt>Id</dt>
                <dd class="mono">{now.id}</dd>
                <dt>{t('containers.state')}</dt>
                <dd>{plain(now.detail)}</dd>
                <For each={Object.entries(now.facts ?? {})}>
                  {([name, value]) => (
                    <>
                      <dt>{plain(name)}</dt>
                      <dd class="mono">{plain(String(value))}</dd>
                    </>
                  )}
                </For>
                <dt>{t('containers.cpu')}</dt>
                <dd>{cores(now.cpu)}</dd>
                <dt>{t('containers.memory')}</dt>
                <dd>{bytes(now.memoryBytes)}</dd>
                <dt>{t('activity.when')}</dt>
                <dd>{time(now.createdMs ?? 0)}</dd>
              </dl>
            </div>
          )}
        </Match>
        <Match when={!state.ready}>
          <Skeleton />
        </Match>
      </Switch>
    </>
  )
}

function LiveStats(props: { readonly host: string; readonly id: string }): JSX.Element {
  const [stats, setStats] = createSignal<Stats>()
  const { error, retry } = createStream(
    () => `${props.host}/${props.id}`,
    async (_key, signal) => {
      for await (const now of follow('containers.stats', { host: props.host, id: props.id }, signal)) setStats(now)
    },
  )
  const or = (value: number | null | undefined, show: (value: number) => string) =>
    value === null || value === undefined ? t('stats.na') : show(value)
  return (
    <Show when={!error()} fallback={<ErrorBox error={error()} onRetry={retry} />}>
      <Show when={stats()} fallback={<Skeleton />}>
        {(now) => (
          <dl class="box">
            <dt>{t('containers.cpu')}</dt>
            <dd>{or(now().cpu, cores)}</dd>
            <dt>{t('containers.memory')}</dt>
            <dd>
              {or(now().memoryBytes, bytes)} / {or(now().memoryLimitBytes, bytes)}
            </dd>
            <dt>RX / TX</dt>
            <dd>
              {or(now().netRxBytes, bytes)} / {or(now().netTxBytes, bytes)}
            </dd>
            <dt>I/O</dt>
            <dd>
              {or(now().blockReadBytes, bytes)} / {or(now().blockWriteBytes, bytes)}
            </dd>
            <dt>PIDs</dt>
            <dd>{or(now().pids, String)}</dd>
          </dl>
        )}
      </Show>
    </Show>
  )
}

function Inspect(props: { readonly host: string; readonly id: string }): JSX.Element {
  const [answer, { refetch }] = createResource(() => ask('containers.inspect', { host: props.host, id: props.id }))
  return (
    <Show when={answer.error === undefined} fallback={<ErrorBox error={answer.error} onRetry={() => void refetch()} />}>
      <Show when={answer()} fallback={<Skeleton />}>
        {(now) => <pre class="box">{plain(JSON.stringify(now().document, null, 2))}</pre>}
      </Show>
    </Show>
  )
}
