import { createMemo, Show, type JSX } from 'solid-js'
import { say } from '../i18n/observe.ts'
import { barsPath, type Histogram } from './histogram.ts'
import { stamp, type Clock } from './stamp.ts'

/** How many lines when: bars by level. A click, a drag or the arrow keys go to that time. */
export function Bars(props: {
  readonly counts: Histogram | undefined
  readonly buckets: number
  readonly clock: Clock
  readonly nowMs: number
  /** The time at the top of what is seen, and at its bottom. */
  readonly seen: readonly [number, number] | undefined
  readonly onJump: (timeMs: number) => void
}): JSX.Element {
  const share = (timeMs: number) => {
    const { fromMs, toMs } = props.counts!
    return Math.max(0, Math.min(1, (timeMs - fromMs) / (toMs - fromMs)))
  }
  const paths = createMemo(() => {
    const now = props.counts
    if (now === undefined) return undefined
    const { others, warnings, errors, most } = now
    return [barsPath(others, [], most), barsPath(warnings, [others], most), barsPath(errors, [others, warnings], most)] as const
  })
  const clockNow = () => (props.clock === 'relative' ? 'local' : props.clock)
  const at = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const { fromMs, toMs } = props.counts!
    props.onJump(fromMs + Math.max(0, Math.min(1, (event.clientX - left) / width)) * (toMs - fromMs))
  }
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0 || props.counts === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const { fromMs, toMs } = props.counts
    props.onJump(Math.max(fromMs, Math.min(toMs, (props.seen?.[0] ?? toMs) + (step * (toMs - fromMs)) / 20)))
  }

  return (
    <div class="bars" classList={{ none: props.counts === undefined }}>
      <Show when={props.counts}>
        {(now) => (
          <>
            <div
              class="plot"
              role="slider"
              tabindex="0"
              aria-label={say('logs.histogram')}
              aria-valuemin={0}
              aria-valuemax={100}
              aria-valuenow={Math.round(100 * share(props.seen?.[0] ?? now().toMs))}
              aria-valuetext={stamp(props.seen?.[0] ?? now().toMs, clockNow(), props.nowMs)}
              onKeyDown={onKey}
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId)
                at(event)
              }}
              onPointerMove={(event) => event.buttons === 1 && at(event)}
            >
              <svg viewBox={`0 0 ${props.buckets} 100`} preserveAspectRatio="none" aria-hidden="true">
                <path class="others" d={paths()?.[0]} />
                <path class="warnings" d={paths()?.[1]} />
                <path class="errors" d={paths()?.[2]} />
              </svg>
              <Show when={props.seen}>
                {(seen) => (
                  <i
                    class="seen"
                    style={{
                      left: `${(100 * share(seen()[0])).toFixed(2)}%`,
                      width: `${(100 * Math.max(0.002, share(seen()[1]) - share(seen()[0]))).toFixed(2)}%`,
                    }}
                  />
                )}
              </Show>
            </div>
            <div class="scale" aria-hidden="true">
              <span>{stamp(now().fromMs, clockNow(), props.nowMs)}</span>
              <span>{stamp((now().fromMs + now().toMs) / 2, clockNow(), props.nowMs)}</span>
              <span>{stamp(now().toMs, clockNow(), props.nowMs)}</span>
            </div>
          </>
        )}
      </Show>
    </div>
  )
}
