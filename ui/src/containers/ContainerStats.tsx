import { createSignal, lazy, Show, Suspense, type JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Stats } from '@fairlead/protocol/features/containers.ts'
import { follow } from '../api/api.ts'
import { bytes, cores, t } from '../i18n/i18n.ts'
import { ErrorBox, Skeleton } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { containerCharts } from '../metrics/charts.ts'

const MetricsPanel = lazy(async () => ({ default: (await import('../metrics/MetricsPanel.tsx')).MetricsPanel }))

/** What it uses now, straight from its host, and what it used, from the hub. */
export function ContainerStats(props: { readonly host: string; readonly id: string; readonly row: FleetRow | undefined }): JSX.Element {
  const runs = () => props.row?.staleMs === undefined && (props.row?.status === 'running' || props.row?.status === 'paused')
  return (
    <>
      <Show
        when={runs()}
        fallback={<p class="note note-off">{t(props.row?.staleMs === undefined ? 'stats.notRunning' : 'stats.offline')}</p>}
      >
        <Now host={props.host} id={props.id} />
      </Show>
      <Suspense fallback={<Skeleton lines={10} />}>
        <MetricsPanel
          host={props.host}
          hostName={props.row?.hostName ?? props.host}
          kind="container"
          subject={props.id}
          charts={containerCharts}
          staleMs={props.row?.staleMs}
        />
      </Suspense>
    </>
  )
}

function Now(props: { readonly host: string; readonly id: string }): JSX.Element {
  const [stats, setStats] = createSignal<Stats>()
  const { error, retry } = createStream(
    () => `${props.host}/${props.id}`,
    async (_key, signal) => {
      for await (const now of follow('containers.stats', { host: props.host, id: props.id }, signal)) setStats(now)
    },
  )
  const or = (value: number | null | undefined, show: (value: number) => string) =>
    stats() === undefined ? '…' : value === null || value === undefined ? t('stats.na') : show(value)
  return (
    <Show when={!error()} fallback={<ErrorBox what={t('error.what.stats')} error={error()} onRetry={retry} />}>
      <dl class="tiles" aria-label={t('metrics.now')}>
        <div>
          <dt>{t('containers.cpu')}</dt>
          <dd>{or(stats()?.cpu, cores)}</dd>
        </div>
        <div>
          <dt>{t('containers.memory')}</dt>
          <dd>
            <Pair first={stats()?.memoryBytes} second={stats()?.memoryLimitBytes} ready={stats() !== undefined} />
          </dd>
        </div>
        <div>
          <dt>{t('stats.net')}</dt>
          <dd>
            <Pair first={stats()?.netRxBytes} second={stats()?.netTxBytes} ready={stats() !== undefined} />
          </dd>
        </div>
        <div>
          <dt>{t('stats.block')}</dt>
          <dd>
            <Pair first={stats()?.blockReadBytes} second={stats()?.blockWriteBytes} ready={stats() !== undefined} />
          </dd>
        </div>
        <div>
          <dt>{t('metrics.pids')}</dt>
          <dd>{or(stats()?.pids, String)}</dd>
        </div>
      </dl>
    </Show>
  )
}

/** Two figures that belong together; one word when neither is there. */
function Pair(props: {
  readonly first: number | null | undefined
  readonly second: number | null | undefined
  readonly ready: boolean
}): JSX.Element {
  const known = (value: number | null | undefined) => value !== null && value !== undefined
  return (
    <Show when={known(props.first) || known(props.second)} fallback={props.ready ? t('stats.na') : '…'}>
      {bytes(props.first)} <small>/ {bytes(props.second)}</small>
    </Show>
  )
}
