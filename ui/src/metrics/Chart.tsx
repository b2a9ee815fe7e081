import { createEffect, createMemo, createSignal, For, onCleanup, onMount, Show, untrack, type JSX } from 'solid-js'
import uPlot from 'uplot'
import type { Key } from '../i18n/en.ts'
import { bytes, decimal, locale, share, t } from '../i18n/i18n.ts'
import { gapsOf, type ChartData, type ChartSpec, type Unit } from './charts.ts'

const strokes = ['--s1', '--s2', '--s3'] as const
const height = 168

export function write(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (unit === 'bytes') return bytes(value)
  if (unit === 'rate') return `${bytes(value)}/s`
  if (unit === 'percent') return share(value / 100)
  return decimal(value)
}

export const seriesName = (name: string): string => t(`metrics.name.${name}` as Key)

/** One or more figures over time. Gaps stay gaps; a figure that the host has not is said in words. Pointers move together. */
export function Chart(props: { readonly spec: ChartSpec; readonly data: ChartData; readonly spanMs: number }): JSX.Element {
  const [index, setIndex] = createSignal<number | null>(null)
  const known = createMemo(() => props.data.series.filter((one) => one.known).map(({ name }) => name), undefined, { equals: same })
  const latest = (at: number) => {
    const one = props.data.series[at]!
    const where = index()
    if (where === null) return one.latest
    return one.avg[where] ?? undefined
  }
  // Under the pointer a gap is called one; without a pointer a figure that is too old is no figure of now.
  const say = (at: number) => (latest(at) === undefined && index() !== null ? t('metrics.gap') : write(props.spec.unit, latest(at)))
  const gaps = createMemo(() => gapsOf(props.data))
  return (
    <figure class="chart">
      <figcaption class="row">
        <h3 class="grow">{t(props.spec.title)}</h3>
        <For each={props.data.series}>
          {(one, at) => (
            <span class="key" classList={{ dim: !one.known }}>
              <i style={{ background: one.known ? `var(${strokes[at()]})` : 'none' }} aria-hidden="true" />
              <Show when={props.data.series.length > 1}>{seriesName(one.name)} </Show>
              <strong>{one.known ? say(at()) : t('stats.na')}</strong>
            </span>
          )}
        </For>
        <Show when={props.data.limit !== undefined && props.data.limit > 0}>
          <span class="dim">/ {write(props.spec.unit, props.data.limit)}</span>
        </Show>
      </figcaption>
      <Show
        when={known().length > 0}
        fallback={
          <p class="plot none" style={{ height: `${height}px` }}>
            {t('stats.na')}
          </p>
        }
      >
        <Plot {...props} names={known()} onIndex={setIndex} label={t(props.spec.title)} />
      </Show>
      <Show when={gaps().length > 0}>
        <p class="visually-hidden">
          {t('metrics.gap')}:{' '}
          {gaps()
            .map(({ from, to }) => `${stamp(from, props.spanMs)} – ${stamp(to, props.spanMs)}`)
            .join(', ')}
        </p>
      </Show>
    </figure>
  )
}

const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join()

/** A time on the axis, as long as the span needs it. */
export function stamp(seconds: number, spanMs: number): string {
  const options: Intl.DateTimeFormatOptions =
    spanMs > 2 * 86_400_000 ? { month: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  return new Intl.DateTimeFormat(locale(), options).format(seconds * 1000)
}

function Plot(props: {
  readonly spec: ChartSpec
  readonly data: ChartData
  readonly spanMs: number
  readonly names: readonly string[]
  readonly label: string
  readonly onIndex: (index: number | null) => void
}): JSX.Element {
  let box!: HTMLDivElement
  const [theme, setTheme] = createSignal(0)
  onMount(() => {
    // Colours live in the style sheet; a canvas has to be told when they change.
    const again = () => setTheme((n) => n + 1)
    const watch = new MutationObserver(again)
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'lang'] })
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', again)
    onCleanup(() => {
      watch.disconnect()
      dark.removeEventListener('change', again)
    })
  })
  const aligned = createMemo(() => {
    const shown = props.data.series.filter(({ name }) => props.names.includes(name))
    const columns: unknown[] = [props.data.times]
    for (const { avg, max } of shown) columns.push(avg, max)
    return columns as unknown as uPlot.AlignedData
  })

  createEffect(() => {
    theme()
    const names = props.names
    const span = props.spanMs
    const plot = untrack(() => make(box, props.spec, props.data, names, span, props.onIndex, aligned()))
    createEffect(() => plot.setData(aligned()))
    const resize = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height }))
    resize.observe(box)
    onCleanup(() => {
      resize.disconnect()
      plot.destroy()
    })
  })
  return <div class="plot" role="img" aria-label={props.label} ref={(element) => (box = element)} style={{ height: `${height}px` }} />
}

function make(
  box: HTMLElement,
  spec: ChartSpec,
  data: ChartData,
  names: readonly string[],
  spanMs: number,
  onIndex: (index: number | null) => void,
  aligned: uPlot.AlignedData,
): uPlot {
  const colour = (name: string) => {
    box.style.color = `var(${name})`
    const found = getComputedStyle(box).color
    box.style.color = ''
    return found
  }
  const line = colour('--line')
  const dim = colour('--dim')
  const font = `11px ${getComputedStyle(box).fontFamily}`
  const series: uPlot.Series[] = [{}]
  const bands: uPlot.Band[] = []
  for (const [at, { name }] of data.series.entries()) {
    if (!names.includes(name)) continue
    const stroke = colour(strokes[at]!)
    bands.push({ series: [series.length + 1, series.length], fill: fade(stroke, 0.18) })
    series.push({
      stroke,
      width: 1.5,
      points: { show: true, size: 5, filter: alone },
      ...(data.series.length === 1 ? { fill: fade(stroke, 0.08) } : {}),
    })
    series.push({ stroke: 'transparent', width: 0, points: { show: false } })
  }
  const whole = spec.whole === true && data.limit !== undefined ? data.limit : undefined
  return new uPlot(
    {
      width: box.clientWidth,
      height,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      cursor: { sync: { key: 'metrics' }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
      scales: {
        x: { range: () => [Date.now() / 1000 - spanMs / 1000, Date.now() / 1000] },
        y: { range: (_plot, _low, high) => [0, whole ?? (high > 0 ? high * 1.1 : 1)] },
      },
      axes: [
        {
          stroke: dim,
          font,
          size: 28,
          space: 64,
          grid: { show: false },
          ticks: { stroke: line, width: 1, size: 4 },
          values: (_plot, splits) => splits.map((at) => stamp(at, spanMs)),
        },
        {
          stroke: dim,
          font,
          size: 72,
          space: 36,
          ...(spec.unit === 'bytes' || spec.unit === 'rate' ? { incrs: binary } : {}),
          grid: { stroke: line, width: 1 },
          ticks: { show: false },
          values: (_plot, splits) => splits.map((value) => write(spec.unit, value)),
        },
      ],
      series,
      bands,
      hooks: { setCursor: [(plot) => onIndex(plot.cursor.idx ?? null)] },
    },
    aligned,
    box,
  )
}

/** Steps of a scale of bytes: 1, 2, 5 and so on of each unit, so that lines stand at round figures. */
const binary: number[] = [0, 1, 2, 3, 4].flatMap((unit) => [1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * 1024 ** unit))

/** A point between two gaps has no line to be seen by: it is a dot. */
const alone: uPlot.Series.Points.Filter = (plot, series) => {
  const values = plot.data[series] ?? []
  const missing = (index: number) => values[index] === null || values[index] === undefined
  return [...values.keys()].filter((index) => !missing(index) && missing(index - 1) && missing(index + 1))
}

function fade(colour: string, alpha: number): string {
  const [r, g, b] = colour.match(/[\d.]+/g) ?? ['0', '0', '0']
  return `rgba(${r}, ${g}, ${b}, ${alpha})`
}
