import { A } from '@solidjs/router'
import { Show, type JSX } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { ago, bytes, share, t } from '../i18n/i18n.ts'
import { plain } from '../kit/kit.tsx'
import { Spark } from '../metrics/Spark.tsx'
import { HostState, Meter, part } from './columns.tsx'
import { containersOf } from './counts.ts'

/** One host at a glance: how it is, what it does, its last hour. */
export function HostCard(props: { readonly host: Host }): JSX.Element {
  const cpu = () => part(props.host, 'cpu', 'cpuCount')
  const containers = () => containersOf(props.host)
  const memory = () => part(props.host, 'memoryBytes', 'memoryTotalBytes')
  return (
    <A class="card" classList={{ stale: !props.host.online }} href={`/hosts/${props.host.id}`}>
      <span class="row">
        <strong class="grow clip">{plain(props.host.name)}</strong>
        <HostState host={props.host} />
      </span>
      <Spark
        host={props.host.id}
        name="cpu"
        ceiling={props.host.usage['cpuCount'] ?? undefined}
        label={t('metrics.spark', { name: plain(props.host.name) })}
      />
      <span class="card-figures">
        <span class="dim">{t('hosts.cpu')}</span>
        <Meter part={cpu()} text={share(cpu())} />
        <span class="dim">{t('hosts.memory')}</span>
        <Meter part={memory()} text={`${bytes(props.host.usage['memoryBytes'])} / ${bytes(props.host.usage['memoryTotalBytes'])}`} />
      </span>
      <span class="dim">
        <Show when={props.host.online} fallback={t('hosts.seenAgo', { age: ago(props.host.lastSeenMs) })}>
          {containers() === undefined ? t('hosts.countUnknown') : t('hosts.count', { n: containers()! })}
        </Show>
      </span>
    </A>
  )
}
