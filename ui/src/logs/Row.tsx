import { createMemo, For, Show, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { plain } from '../kit/kit.tsx'
import type { Address } from './address.ts'
import type { Span } from './ansi.ts'
import { cellText } from './fields.ts'
import { JsonTree } from './JsonTree.tsx'
import { levelNames } from './level.ts'
import type { Logs } from './logs.ts'
import { showLine } from './shown.ts'
import { colorOf } from './sources.ts'
import { markSpans, type Piece } from './spans.ts'
import { stamp } from './stamp.ts'

/** One line. Everything in it that others wrote is a text node. */
export function Row(props: {
  readonly id: number
  readonly logs: Logs
  readonly view: Address
  readonly nowMs: number
  readonly named: boolean
  readonly current: boolean
  readonly open: boolean
  readonly away: boolean
  readonly marks: readonly number[]
  readonly onToggle: () => void
  readonly onPick: () => void
}): JSX.Element {
  // A line never changes, and it may be gone from the store while this row still stands for a moment.
  const { store, sources } = props.logs
  const id = props.id
  const text = store.text(id)
  const stream = store.stream(id)
  const level = levelNames[store.level(id)]!
  const timeMs = store.time(id)
  const source = store.source(id)
  const shown = createMemo(() => showLine(text, props.view.raw() || stream === 2))
  const fields = () => (stream === 2 ? undefined : shown().fields)
  const pieces = createMemo(() => markSpans(shown().spans, props.marks))
  const picked = (event: MouseEvent) => {
    // The end of a selection is no click, and a link is a link.
    if (getSelection()?.isCollapsed === false || (event.target as HTMLElement).closest('a, button') !== null) return
    props.onPick()
  }

  return (
    <div
      class={`line l-${level}`}
      classList={{ ours: stream === 2, stderr: stream === 1, current: props.current, away: props.away, hit: props.marks.length > 0 }}
      data-id={id}
      onClick={picked}
    >
      <Show when={fields()} fallback={<span class="fold" />}>
        <button
          type="button"
          class="fold"
          tabindex="-1"
          aria-expanded={props.open}
          aria-label={t('logs.unfold')}
          onClick={() => props.onToggle()}
        >
          {props.open ? '▾' : '▸'}
        </button>
      </Show>
      <time class="when" title={Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : ''}>
        {stamp(timeMs, props.view.clock(), props.nowMs)}
      </time>
      <Show when={props.named}>
        <span class={`who c${colorOf(source)}`} title={`${sources[source]?.ref.name} · ${sources[source]?.ref.hostName}`}>
          {plain(sources[source]?.ref.name ?? '')}
          <Show when={props.logs.manyHosts()}>
            <span class="dim">@{plain(sources[source]?.ref.hostName ?? '')}</span>
          </Show>
        </span>
      </Show>
      <For each={props.view.columns()}>
        {(name) => (
          <span class="cell" title={name}>
            {plain(cellText(fields(), name))}
          </span>
        )}
      </For>
      <span class="said">
        <For each={pieces()}>{(piece) => <Said piece={piece} />}</For>
        <Show when={props.open && fields()}>
          {(value) => <JsonTree value={value()} onFilter={props.view.narrow} onColumn={props.view.turnColumn} />}
        </Show>
      </span>
    </div>
  )
}

function Said(props: { readonly piece: Piece }): JSX.Element {
  const { piece } = props
  const style = piece.color === undefined ? {} : { color: piece.color }
  if (piece.hit)
    return (
      <mark class={piece.style} style={style}>
        <Linked span={piece} />
      </mark>
    )
  if (piece.style === '' && piece.color === undefined) return <Linked span={piece} />
  return (
    <span class={piece.style} style={style}>
      <Linked span={piece} />
    </span>
  )
}

/** Where a link of a program goes is said before it is followed. */
function Linked(props: { readonly span: Span }): JSX.Element {
  return (
    <Show when={props.span.href} fallback={props.span.text}>
      {(href) => (
        <a href={href()} target="_blank" rel="noopener noreferrer" tabindex="-1" title={href()}>
          {props.span.text}
          <span class="dim"> ({new URL(href()).host})</span>
        </a>
      )}
    </Show>
  )
}
