import { A } from '@solidjs/router'
import { Show, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { ago, bytes, cores, t } from '../i18n/i18n.ts'
import { plain, StateMark } from '../kit/kit.tsx'

/** One host at a glance. */
export function HostCard(props: { readonly host: Host }): JSX.Element {
  const usage = () => props.host.usage
  const share = (part: number | null | undefined, whole: number | null | undefined) => (part && whole ? Math.min(1, part / whole) : 0)
  return (
    <A class="card" href={`/hosts/${props.host.id}`}>
      <span class="row">
        <strong class="grow">{plain(props.host.name)}</strong>
        <StateMark state={props.host.state} word={props.host.status} />
      </span>
      <Show when={props.host.online} fallback={<span class="dim">{ago(props.host.lastSeenMs)}</span>}>
        <Meter
          label={t('hosts.cpu')}
          value={cores(share(usage()['cpu'], usage()['cpuCount']))}
          share={share(usage()['cpu'], usage()['cpuCount'])}
        />
        <Meter
          label={t('hosts.memory')}
          value={bytes(usage()['memoryBytes'])}
          share={share(usage()['memoryBytes'], usage()['memoryTotalBytes'])}
        />
        <span class="dim">
          {t('hosts.containers')}: {props.host.counts['container'] ?? 0}
        </span>
      </Show>
    </A>
  )
}

function Meter(props: { readonly label: string; readonly value: string; readonly share: number }): JSX.Element {
  return (
    <span>
      <span class="row">
        <span class="grow dim">{props.label}</span>
        <span>{props.value}</span>
      </span>
      <span class="meter" style={{ display: 'block' }}>
        <i style={{ width: `${Math.round(props.share * 100)}%` }} />
      </span>
    </span>
  )
}
