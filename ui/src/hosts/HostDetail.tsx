import { A, useParams } from '@solidjs/router'
import { For, lazy, Match, Show, Suspense, Switch, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { ContainerTable } from '../containers/ContainerTable.tsx'
import { ago, bytes, decimal, share, span, t, time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { writeTerm } from '../kit/filter.ts'
import { Command } from '../kit/Command.tsx'
import { Empty, ErrorBox, Note, plain, Skeleton } from '../kit/kit.tsx'
import { TabStrip } from '../kit/Tabs.tsx'
import { createHosts } from '../kit/live.ts'
import { may } from '../kit/me.ts'
import { hostCharts } from '../metrics/charts.ts'
import { HostState, Meter, part, whyLost } from './columns.tsx'
import { containersOf } from './counts.ts'
import { HostEvents } from './HostEvents.tsx'
import { HostPolicy } from './HostPolicy.tsx'
import { HostSettings } from './HostSettings.tsx'

const HostFiles = lazy(async () => ({ default: (await import('../files/HostFiles.tsx')).HostFiles }))
const HostJournal = lazy(async () => ({ default: (await import('./HostJournal.tsx')).HostJournal }))
const HostLink = lazy(async () => ({ default: (await import('./HostLink.tsx')).HostLink }))
const MetricsPanel = lazy(async () => ({ default: (await import('../metrics/MetricsPanel.tsx')).MetricsPanel }))

const HostRules = lazy(async () => ({ default: (await import('../rules/HostRules.tsx')).HostRules }))
const HostUpdate = lazy(async () => ({ default: (await import('../updates/HostUpdate.tsx')).HostUpdate }))

const tabs = ['overview', 'containers', 'metrics', 'events', 'files', 'rules', 'policy', 'journal', 'link', 'agent', 'settings'] as const
const labels = {
  overview: 'tab.overview',
  containers: 'hosts.containers',
  metrics: 'tab.metrics',
  events: 'hosts.events',
  files: 'tab.files',
  rules: 'tab.rules',
  policy: 'tab.policy',
  journal: 'tab.journal',
  link: 'tab.link',
  agent: 'hosts.agent',
  settings: 'tab.settings',
} as const

/** One host: what it is, what runs there, what happened, what can be changed. A dead host is data, not an error. */
export function HostDetail(): JSX.Element {
  const params = useParams<{ host: string; tab?: string }>()
  const { state, error, retry } = createHosts()
  const host = () => state.hosts.find(({ id, name }) => id === params.host || name === params.host)
  const old = () => (host()!.online ? undefined : host()!.lastSeenMs)
  return (
    <Show when={host() !== undefined} fallback={<NoHost name={params.host} ready={state.ready} error={error()} onRetry={retry} />}>
      <div class="head">
        <h1>{plain(host()!.name)}</h1>
        <HostState host={host()!} />
        <For each={host()!.tags}>
          {(tag) => (
            <span class="tag" title={plain(tag)}>
              {plain(tag)}
            </span>
          )}
        </For>
      </div>
      <Troubles host={host()!} />
      <TabStrip>
        <For each={tabs}>
          {(tab) => (
            <A href={`/hosts/${params.host}${tab === 'overview' ? '' : `/${tab}`}`} end>
              {t(labels[tab])}
            </A>
          )}
        </For>
      </TabStrip>
      <Suspense fallback={<Skeleton lines={10} />}>
        <Switch fallback={<Facts host={host()!} />}>
          <Match when={params.tab === 'containers'}>
            <ContainerTable scope={`host:${host()!.id}`} />
          </Match>
          <Match when={params.tab === 'metrics'}>
            <MetricsPanel host={host()!.id} hostName={host()!.name} kind="host" subject="" charts={hostCharts} staleMs={old()} />
          </Match>
          <Match when={params.tab === 'events'}>
            <HostEvents host={host()!.id} offline={!host()!.online} />
          </Match>
          <Match when={params.tab === 'files'}>
            <HostFiles host={host()!.id} offline={!host()!.online} />
          </Match>
          <Match when={params.tab === 'rules'}>
            <HostRules host={host()!.id} hostName={host()!.name} offline={!host()!.online} />
          </Match>
          <Match when={params.tab === 'policy'}>
            <HostPolicy host={host()!.id} offline={!host()!.online} />
          </Match>
          <Match when={params.tab === 'journal'}>
            <HostJournal host={host()!.id} offline={!host()!.online} />
          </Match>
          <Match when={params.tab === 'link'}>
            <HostLink host={host()!.id} offline={!host()!.online} />
          </Match>
          <Match when={params.tab === 'agent'}>
            <HostUpdate host={host()!.id} offline={!host()!.online} />
          </Match>
          <Match when={params.tab === 'settings'}>
            <HostSettings {...host()!} />
          </Match>
        </Switch>
      </Suspense>
    </Show>
  )
}

function NoHost(props: {
  readonly name: string
  readonly ready: boolean
  readonly error: unknown
  readonly onRetry: () => void
}): JSX.Element {
  return (
    <Switch fallback={<Skeleton lines={10} />}>
      <Match when={props.error !== undefined}>
        <ErrorBox what={t('error.what.hosts')} error={props.error} onRetry={props.onRetry} />
      </Match>
      <Match when={props.ready}>
        <Empty text={t('hosts.noSuch', { name: plain(props.name) })}>
          <A class="button" href="/hosts">
            {t('hosts.toList')}
          </A>
        </Empty>
      </Match>
    </Switch>
  )
}

/** What is wrong with it, since when, why, and what to type on the machine itself. */
export function Troubles(props: { readonly host: Host }): JSX.Element {
  const engine = () => props.host.facts?.engine
  return (
    <Switch>
      <Match when={props.host.status === 'quarantined'}>
        <Note state="critical">
          <p>
            <strong>{t('hosts.quarantined')}</strong>
          </p>
          <p>{t('hosts.quarantinedHint')}</p>
          <Show when={may('hosts:enrol')}>
            <p>
              <A class="button" href={`/hosts/enrol?host=${props.host.id}`}>
                {t('hosts.anew')}
              </A>
            </p>
          </Show>
        </Note>
      </Match>
      <Match when={!props.host.online}>
        <Note state="stale">
          <p>
            <strong>
              {props.host.lastSeenMs === 0
                ? t('hosts.never')
                : t('hosts.stale', { age: ago(props.host.lastSeenMs), time: time(props.host.lastSeenMs) })}
            </strong>{' '}
            <Show when={whyLost(props.host) !== ''}>{t('hosts.reason', { reason: whyLost(props.host) })}</Show>
          </p>
          <p>
            {t('hosts.staleHint')} <Command text="systemctl status fairlead-agent" /> <Command text="journalctl -u fairlead-agent -n 50" />
          </p>
        </Note>
      </Match>
      <Match when={engine()?.up === false}>
        <Note state="warn">
          <p>
            <strong>{t('hosts.engineDown')}</strong> {plain(said(engine()?.problem ?? ''))}
          </p>
          <p>
            {t('hosts.staleHint')} <Command text="systemctl status docker" />
          </p>
        </Note>
      </Match>
    </Switch>
  )
}

function Facts(props: { readonly host: Host }): JSX.Element {
  const facts = () => props.host.facts
  const usage = (name: string) => props.host.usage[name]
  const cpu = () => part(props.host, 'cpu', 'cpuCount')
  const loads = () => ['load1', 'load5', 'load15'].map((name) => (usage(name) == null ? t('stats.na') : decimal(usage(name)!)))
  return (
    <div class="columns" classList={{ old: !props.host.online }}>
      <section class="box">
        <h2>{props.host.online ? t('metrics.now') : t('hosts.then')}</h2>
        <dl class="figures">
          <dt>{t('hosts.cpu')}</dt>
          <dd>
            <Meter
              missing={t('stats.na')}
              part={cpu()}
              text={`${share(cpu())} · ${decimal(usage('cpu') ?? 0)} / ${usage('cpuCount') ?? '–'}`}
            />
          </dd>
          <dt>{t('hosts.memory')}</dt>
          <dd>
            <Meter
              missing={t('stats.na')}
              part={part(props.host, 'memoryBytes', 'memoryTotalBytes')}
              text={`${bytes(usage('memoryBytes'))} / ${bytes(usage('memoryTotalBytes'))}`}
            />
          </dd>
          <dt>{t('hosts.disk')}</dt>
          <dd>
            <Meter missing={t('stats.na')} part={usage('diskFullest') ?? undefined} text={share(usage('diskFullest'))} />
          </dd>
          <dt>{t('hosts.load')}</dt>
          <dd>{usage('load1') == null ? t('stats.na') : loads().join(' · ')}</dd>
          <dt>{t('hosts.containers')}</dt>
          <dd>
            <A href={`/hosts/${props.host.id}/containers`}>{containersOf(props.host) ?? '–'}</A>
          </dd>
        </dl>
      </section>
      <section class="box">
        <h2>{t('hosts.machine')}</h2>
        <dl>
          <dt>{t('hosts.os')}</dt>
          <dd>
            {plain(facts()?.os ?? t('stats.na'))}
            <span class="dim">
              {' '}
              {plain(facts()?.kernel ?? '')} {facts()?.arch}
            </span>
          </dd>
          <dt>{t('hosts.engine')}</dt>
          <dd>
            <Show when={facts()?.engine} fallback={t('stats.na')}>
              {(engine) => (
                <Show when={engine().up} fallback={<span class="state-warn">▲ {t('status.engine down')}</span>}>
                  {engine().name} {plain(engine().version)}{' '}
                  <span class="dim">
                    API {engine().apiVersion}, {plain(engine().storageDriver)}, cgroup {plain(engine().cgroup)}
                  </span>
                </Show>
              )}
            </Show>
          </dd>
          <dt>{t('hosts.up')}</dt>
          <dd>{facts() === null || !props.host.online ? t('stats.na') : span(Date.now() - facts()!.bootMs)}</dd>
          <dt>{t('hosts.agent')}</dt>
          <dd>
            {plain(facts()?.agentVersion ?? t('stats.na'))}{' '}
            <span class="dim">{facts() === null ? '' : t('hosts.since', { time: time(facts()!.agentStartMs) })}</span>
          </dd>
          <dt>{t('hosts.latency')}</dt>
          <dd>{props.host.latencyMs === null ? t('stats.na') : `${decimal(props.host.latencyMs)} ms`}</dd>
          <dt>{t('hosts.skew')}</dt>
          <dd classList={{ 'state-warn': Math.abs(props.host.clockSkewMs) > 5000 }}>{span(Math.abs(props.host.clockSkewMs))}</dd>
          <dt>{t('hosts.addresses')}</dt>
          <dd class="mono">{plain(facts()?.addresses.join('  ') || '–')}</dd>
          <dt>{t('hosts.environment')}</dt>
          <dd>
            <A href={`/hosts?filter=${encodeURIComponent(writeTerm('environment', props.host.environment))}`}>
              {plain(props.host.environment)}
            </A>
          </dd>
          <dt>{t('hosts.enrolled')}</dt>
          <dd>{time(props.host.enrolledMs)}</dd>
        </dl>
      </section>
    </div>
  )
}
