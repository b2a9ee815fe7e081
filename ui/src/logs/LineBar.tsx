import { createMemo, Show, type JSX } from 'solid-js'
import { number } from '../i18n/i18n.ts'
import { say, type Observed } from '../i18n/observe.ts'
import { CopyButton, plain } from '../kit/kit.tsx'
import { plainLine } from './ansi.ts'
import { lineRecord, saveLine, streamNames } from './download.ts'
import { levelNames } from './level.ts'
import { mostDrawn, showLine } from './shown.ts'
import { keyOf, type SourceRef } from './sources.ts'
import type { LogStore } from './store.ts'

/** Everything known of the picked line, and what can be done with it. */
export function LineBar(props: {
  readonly id: number
  readonly store: LogStore
  readonly refs: readonly SourceRef[]
  readonly filtering: boolean
  readonly onContext: () => void
  readonly onClose: () => void
}): JSX.Element {
  const there = () => props.store.has(props.id)
  const source = () => props.refs[props.store.source(props.id)]
  const timeMs = () => props.store.time(props.id)
  const left = createMemo(() => (there() ? showLine(props.store.text(props.id), false).left : 0))
  const link = () => {
    const url = new URL(location.href)
    url.searchParams.set('at', String(timeMs()))
    url.searchParams.set('in', keyOf(source()!))
    return url.href
  }
  return (
    <div class="line-bar" role="region" aria-label={say('logs.line')}>
      <Show when={there()} fallback={<span class="grow dim">{say('logs.lineGone')}</span>}>
        <span class="mono">{Number.isFinite(timeMs()) ? new Date(timeMs()).toISOString() : '–'}</span>
        <bdi class="dim">
          {plain(source()?.name ?? '')} · {plain(source()?.hostName ?? '')}
        </bdi>
        <span class={`tag l-${levelNames[props.store.level(props.id)]}`}>
          {say(`logs.level.${levelNames[props.store.level(props.id)]!}` as Observed)}
        </span>
        <span class="tag">{streamNames[props.store.stream(props.id)]}</span>
        <span class="grow dim left-here">
          <Show when={left() > 0}>{say('logs.leftHere', { shown: number(mostDrawn), all: number(mostDrawn + left()) })}</Show>
        </span>
        <Show when={left() > 0}>
          <button type="button" onClick={() => saveLine(props.store, props.id, props.refs)}>
            {say('logs.saveLine')}
          </button>
        </Show>
        <CopyButton text={plainLine(props.store.text(props.id))} label={say('logs.copyLine')} />
        <CopyButton text={JSON.stringify(lineRecord(props.store, props.id, props.refs))} label={say('logs.copyJson')} />
        <CopyButton text={link()} label={say('logs.copyLink')} />
        <Show when={props.filtering}>
          <button type="button" onClick={() => props.onContext()}>
            {say('logs.showAround')}
          </button>
        </Show>
      </Show>
      <button type="button" aria-label={say('logs.close')} title={say('logs.close')} onClick={() => props.onClose()}>
        ✕
      </button>
    </div>
  )
}
