import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import { useSearchParams } from '@solidjs/router'
import type { MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import { ask } from '../api/api.ts'
import { ago, span, t, time } from '../i18n/i18n.ts'
import { Empty, ErrorBox, plain, Skeleton } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { Chart, seriesName, write } from './Chart.tsx'
import { dataOf, namesOf, ranges, type ChartSpec } from './charts.ts'

/** So many points are drawn at most: a chart is about this wide. */
const points = 400

interface Props {
  readonly host: string
  readonly kind: 'host' | 'container'
  readonly subject: string
  readonly charts: readonly ChartSpec[]
  /** The host is offline since then. */
  readonly staleMs?: number | undefined
  readonly hostName: string
}

/** What was measured, over the time chosen in the address (`?range=`); asked anew as new points come. */
export function MetricsPanel(props: Props): JSX.Element {
  const [search, setSearch] = useSearchParams<{ range?: string; as?: string }>()
  const range = createMemo(() => ranges.find(({ key }) => key === search.range) ?? ranges[0]!)
  const [answer, setAnswer] = createSignal<{ readonly of: string; readonly answer: MetricsAnswer }>()
  const key = createMemo(() => `${props.host} ${props.kind} ${props.subject} ${range().key}`)
  const stream = createStream(key, async (of, signal) => {
    const { spanMs, everyMs } = range()
    while (!signal.aborted) {
      const toMs = Date.now()
      const input = { host: props.host, kind: props.kind, subject: props.subject, names: namesOf(props.charts), points }
      const found = await ask('metrics.query', { ...input, fromMs: toMs - spanMs, toMs })
      if (signal.aborted) return
      setAnswer({ of, answer: found })
      do await pause(everyMs, signal)
      while (document.hidden && !signal.aborted)
    }
  })
  // Another range: the old lines would lie about their time.
  const shown = () => (answer()?.of === key() ? answer()!.answer : undefined)
  const measured = () => shown()!.series.some(({ avg }) => avg.some((value) => value !== null))

  return (
    <>
      <div class="ranges" role="group" aria-label={t('metrics.range')}>
        <For each={ranges}>
          {({ key }) => (
            <button type="button" aria-pressed={range().key === key} onClick={() => setSearch({ range: key }, { replace: true })}>
              {t(`range.${key}`)}
            </button>
          )}
        </For>
        <span class="grow" />
        <button
          type="button"
          aria-pressed={search.as === 'table'}
          onClick={() => setSearch({ as: search.as === 'table' ? undefined : 'table' }, { replace: true })}
        >
          {t('metrics.table')}
        </button>
      </div>
      <Show when={props.staleMs}>
        {(since) => <p class="note">◌ {t('metrics.stale', { host: plain(props.hostName), age: ago(since()) })}</p>}
      </Show>
      <Show when={stream.error()}>{(error) => <ErrorBox what={t('error.what.metrics')} error={error()} onRetry={stream.retry} />}</Show>
      <Show when={shown()} fallback={stream.error() === undefined ? <Waiting count={props.charts.length} /> : undefined}>
        {(now) => (
          <Show when={measured()} fallback={<Empty text={t('metrics.empty')} />}>
            <Show when={search.as === 'table'} fallback={<Charts {...props} answer={now()} spanMs={range().spanMs} />}>
              <Table charts={props.charts} answer={now()} />
            </Show>
            <Show when={now().stepMs > 10_000}>
              <p class="dim">{t('metrics.downsampled', { step: span(now().stepMs) })}</p>
            </Show>
          </Show>
        )}
      </Show>
    </>
  )
}

/** As large as the charts will be: nothing jumps when they come. */
function Waiting(props: { readonly count: number }): JSX.Element {
  return (
    <div class="charts">
      <For each={Array.from({ length: props.count })}>
        {() => (
          <div class="chart">
            <Skeleton lines={7} />
          </div>
        )}
      </For>
    </div>
  )
}

function Charts(props: Props & { readonly answer: MetricsAnswer; readonly spanMs: number }): JSX.Element {
  return (
    <div class="charts">
      <For each={props.charts}>{(spec) => <Chart spec={spec} data={dataOf(props.answer, spec)} spanMs={props.spanMs} />}</For>
    </div>
  )
}

/** The same figures to read, to select and to copy. The newest first. */
function Table(props: { readonly charts: readonly ChartSpec[]; readonly answer: MetricsAnswer }): JSX.Element {
  const columns = createMemo(() =>
    props.charts.flatMap((spec) => dataOf(props.answer, spec).series.map((one) => ({ ...one, unit: spec.unit, title: spec.title }))),
  )
  const rows = createMemo(() => [...props.answer.times.keys()].reverse())
  return (
    <div class="table tall" tabindex="0" role="region" aria-label={t('metrics.table')}>
      <table>
        <thead>
          <tr>
            <th>{t('metrics.time')}</th>
            <For each={columns()}>
              {({ name, title }) => (
                <th class="num">
                  {t(title)} {seriesName(name)}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={rows()}>
            {(row) => (
              <tr>
                <td class="dim">{time(props.answer.times[row]!)}</td>
                <For each={columns()}>
                  {({ avg, known, unit }) => (
                    <td class="num">
                      {!known ? t('stats.na') : avg[row] === null || avg[row] === undefined ? t('metrics.gap') : write(unit, avg[row])}
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
