import { createSignal, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { sparkHeight, sparkPath, sparkWidth } from './charts.ts'

const everyMs = 60_000
const hourMs = 3_600_000
const points = 60

/** The last hour of one figure of a host, small. Asked for only while it is in sight; a gap stays a gap. */
export function Spark(props: {
  readonly host: string
  readonly name: string
  readonly ceiling: number | undefined
  readonly label: string
}): JSX.Element {
  const [values, setValues] = createSignal<readonly (number | null)[]>()
  let box!: HTMLSpanElement
  onMount(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    async function look(): Promise<void> {
      const toMs = Date.now()
      const input = { host: props.host, kind: 'host', subject: '', names: [props.name], fromMs: toMs - hourMs, toMs, points }
      // A spark that does not come is no news: the figures beside it say what is wrong.
      const found = await ask('metrics.query', input).catch(() => undefined)
      if (found !== undefined) setValues(found.series[0]?.avg ?? [])
      timer = setTimeout(() => void look(), everyMs)
    }
    const seen = new IntersectionObserver(([entry]) => {
      clearTimeout(timer)
      if (entry?.isIntersecting === true) void look()
    })
    seen.observe(box)
    onCleanup(() => {
      seen.disconnect()
      clearTimeout(timer)
    })
  })
  return (
    <span class="spark" ref={(element) => (box = element)}>
      <Show
        when={(values() ?? []).some((value) => value !== null)}
        fallback={<span class="dim">{values() === undefined ? '' : t('metrics.sparkNone')}</span>}
      >
        <svg viewBox={`0 0 ${sparkWidth} ${sparkHeight}`} preserveAspectRatio="none" role="img" aria-label={props.label}>
          <path d={sparkPath(values()!, props.ceiling)} vector-effect="non-scaling-stroke" />
        </svg>
      </Show>
    </span>
  )
}
