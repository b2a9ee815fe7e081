import { A } from '@solidjs/router'
import { Show, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { ago, bytes, decimal, share, t, time } from '../i18n/i18n.ts'
import { nowMs } from '../i18n/now.ts'
import { said } from '../i18n/said.ts'
import type { GridColumn } from '../kit/Grid.tsx'
import { plain, StateMark } from '../kit/kit.tsx'
import { containersOf } from './counts.ts'
import { isLocked } from './filter.ts'
import { isFresh } from './fresh.ts'

export interface HostColumn extends GridColumn<Host> {
  /** By this it is sorted; NaN: not known. */
  readonly value: (host: Host) => string | number
}

/** A part of a whole, 0..1; undefined where either is not measured. */
export function part(host: Host, used: string, whole: string): number | undefined {
  const [a, b] = [host.usage[used], host.usage[whole]]
  return a === null || a === undefined || b === null || b === undefined || b <= 0 ? undefined : Math.min(1, a / b)
}

export function HostState(props: { readonly host: Host }): JSX.Element {
  return (
    <>
      <Show when={isFresh(props.host, nowMs())} fallback={<StateMark state={props.host.state} word={t(statusKey(props.host.status))} />}>
        <StateMark state="unknown" word={t('status.fresh')} />
      </Show>
      <Show when={isLocked(props.host)}>
        {' '}
        <span class="state-off">{t('status.locked')}</span>
      </Show>
    </>
  )
}

/** Why a link was lost, behind the code that it was closed with. */
export const lossWords = (loss: string): string => {
  const [code = ''] = /^\d{4} /.exec(loss) ?? []
  return plain(code + said(loss.slice(code.length)))
}

export const whyLost = ({ lastLoss }: Host): string => plain(said(lastLoss.replace(/^\d{4} ?/, '')))

const statuses = ['online', 'offline', 'engine down', 'never seen', 'quarantined'] as const
const statusKey = (status: string) => `status.${statuses.find((one) => one === status) ?? 'unknown'}` as const

/** A figure with a bar under it. Old figures of a host that is gone are dim, not missing. */
export function Meter(props: {
  readonly part: number | undefined
  readonly text: string
  readonly title?: string
  readonly missing?: string
}): JSX.Element {
  return (
    <span class="metered" title={props.title}>
      <span>{props.part === undefined ? (props.missing ?? '–') : props.text}</span>
      <span class="meter" classList={{ full: (props.part ?? 0) > 0.9 }} aria-hidden="true">
        <i style={{ width: `${Math.round((props.part ?? 0) * 100)}%` }} />
      </span>
    </span>
  )
}

const engine = ({ facts }: Host) =>
  facts === null ? '–' : facts.engine.up ? `${facts.engine.name} ${plain(facts.engine.version)}` : t('status.engine down')
const or = (value: number | null | undefined) => value ?? Number.NaN

export const columns: readonly HostColumn[] = [
  {
    key: 'name',
    label: 'containers.name',
    width: 200,
    least: 130,
    cell: (host) => (
      <A href={`/hosts/${host().id}`} tabindex="-1" title={plain(host().name)}>
        {plain(host().name)}
      </A>
    ),
    text: (host) => host.name,
    value: (host) => host.name,
  },
  {
    key: 'state',
    label: 'containers.state',
    width: 140,
    least: 124,
    cell: (host) => (
      <span title={host().facts?.engine.problem === undefined ? lossWords(host().lastLoss) : plain(said(host().facts!.engine.problem!))}>
        <HostState host={host()} />
      </span>
    ),
    text: (host) => host.status,
    value: (host) => ['critical', 'warn', 'unknown', 'busy', 'off', 'ok'].indexOf(host.state),
  },
  {
    key: 'tags',
    label: 'hosts.tags',
    width: 150,
    least: 70,
    cell: (host) => <span class="dim">{plain(host().tags.join(' '))}</span>,
    text: (host) => host.tags.join(' '),
    value: (host) => host.tags.join(' '),
  },
  {
    key: 'environment',
    label: 'hosts.environment',
    width: 130,
    least: 90,
    shown: false,
    cell: (host) => <span class="dim">{plain(host().environment)}</span>,
    text: (host) => host.environment,
    value: (host) => host.environment,
  },
  {
    key: 'cpu',
    label: 'hosts.cpu',
    width: 110,
    least: 78,
    cell: (host) => {
      const now = () => part(host(), 'cpu', 'cpuCount')
      return <Meter part={now()} text={share(now())} title={`${decimal(host().usage['cpu'] ?? 0)} / ${host().usage['cpuCount'] ?? '–'}`} />
    },
    text: (host) => String(host.usage['cpu'] ?? ''),
    value: (host) => part(host, 'cpu', 'cpuCount') ?? Number.NaN,
  },
  {
    key: 'memory',
    label: 'hosts.memory',
    width: 120,
    least: 88,
    cell: (host) => (
      <Meter
        part={part(host(), 'memoryBytes', 'memoryTotalBytes')}
        text={bytes(host().usage['memoryBytes'])}
        title={`${bytes(host().usage['memoryBytes'])} / ${bytes(host().usage['memoryTotalBytes'])}`}
      />
    ),
    text: (host) => String(host.usage['memoryBytes'] ?? ''),
    value: (host) => part(host, 'memoryBytes', 'memoryTotalBytes') ?? Number.NaN,
  },
  {
    key: 'disk',
    label: 'hosts.disk',
    width: 124,
    least: 116,
    cell: (host) => <Meter part={host().usage['diskFullest'] ?? undefined} text={share(host().usage['diskFullest'])} />,
    text: (host) => String(host.usage['diskFullest'] ?? ''),
    value: (host) => or(host.usage['diskFullest']),
  },
  {
    key: 'containers',
    label: 'hosts.containers',
    width: 112,
    least: 112,
    number: true,
    cell: (host) => <>{containersOf(host()) ?? '–'}</>,
    text: (host) => String(containersOf(host) ?? ''),
    value: (host) => or(containersOf(host)),
  },
  {
    key: 'engine',
    label: 'hosts.engine',
    width: 150,
    least: 124,
    cell: (host) => <>{engine(host())}</>,
    text: engine,
    value: engine,
  },
  {
    key: 'latency',
    label: 'hosts.latency',
    width: 90,
    least: 78,
    number: true,
    cell: (host) => <>{host().latencyMs === null ? '–' : `${decimal(host().latencyMs!)} ms`}</>,
    text: (host) => String(host.latencyMs ?? ''),
    value: (host) => or(host.latencyMs),
  },
  {
    key: 'seen',
    label: 'hosts.seen',
    width: 100,
    least: 98,
    number: true,
    cell: (host) => <span title={time(host().lastSeenMs)}>{host().online ? t('hosts.now') : ago(host().lastSeenMs)}</span>,
    text: (host) => new Date(host.lastSeenMs).toISOString(),
    value: (host) => (host.online ? Number.MAX_SAFE_INTEGER : host.lastSeenMs),
  },
  {
    key: 'load',
    label: 'hosts.load',
    width: 80,
    number: true,
    shown: false,
    cell: (host) => <>{host().usage['load1'] == null ? '–' : decimal(host().usage['load1']!)}</>,
    text: (host) => String(host.usage['load1'] ?? ''),
    value: (host) => or(host.usage['load1']),
  },
  {
    key: 'agent',
    label: 'hosts.agent',
    width: 110,
    shown: false,
    cell: (host) => <>{plain(host().facts?.agentVersion ?? '–')}</>,
    text: (host) => host.facts?.agentVersion ?? '',
    value: (host) => host.facts?.agentVersion ?? '',
  },
  {
    key: 'os',
    label: 'hosts.os',
    width: 200,
    shown: false,
    cell: (host) => <span title={plain(host().facts?.kernel ?? '')}>{plain(host().facts?.os ?? '–')}</span>,
    text: (host) => host.facts?.os ?? '',
    value: (host) => host.facts?.os ?? '',
  },
]

/** Two lines on a phone. */
export function card(host: () => Host): JSX.Element {
  return (
    <>
      <span class="card-line">
        <strong class="grow">{plain(host().name)}</strong>
        <HostState host={host()} />
      </span>
      <span class="card-line dim">
        <Show when={host().online} fallback={<span class="grow">{t('hosts.seenAgo', { age: ago(host().lastSeenMs) })}</span>}>
          <span class="grow">
            {containersOf(host()) === undefined ? t('hosts.countUnknown') : t('hosts.count', { n: containersOf(host())! })} · CPU{' '}
            {share(part(host(), 'cpu', 'cpuCount'))}
          </span>
          <span>{bytes(host().usage['memoryBytes'])}</span>
        </Show>
      </span>
    </>
  )
}
