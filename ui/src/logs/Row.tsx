import { createMemo, For, Index, Match, Show, Switch, type JSX } from 'solid-js'
import { number, t } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { plain } from '../kit/kit.tsx'
import type { Address } from './address.ts'
import type { Span } from './ansi.ts'
import { saveLine } from './download.ts'
import { cellText } from './fields.ts'
import { JsonTree } from './JsonTree.tsx'
import { levelNames } from './level.ts'
import type { Logs } from './logs.ts'
import { mostDrawn, showLine } from './shown.ts'
import type { Line } from './slots.ts'
import { colorOf } from './sources.ts'
import { markSpans, type Piece } from './spans.ts'
import { stamp } from './stamp.ts'

/** One line, and then another: the row stays. Everything in it that others wrote is a text node. */
export function Row(props: {
  readonly line: Line
  readonly logs: Logs
  readonly view: Address
  readonly nowMs: number
  readonly named: boolean
  readonly current: boolean
  readonly open: boolean
  readonly away: boolean
  readonly marks: readonly number[]
  readonly onToggle: () => void
}): JSX.Element {
  const ours = () => props.line.stream === 2
  const source = () => props.logs.sources[props.line.source]?.ref
  const refs = () => props.logs.sources.map(({ ref }) => ref)
  const shown = createMemo(() => showLine(props.line.text, props.view.raw() || ours()))
  const fields = createMemo(() => (ours() ? undefined : shown().fields))
  const pieces = createMemo(() => markSpans(shown().spans, props.marks))
  // Most lines are one piece of plain text: it takes the place of the one before.
  const bare = createMemo(() => {
    const [first, second] = pieces()
    if (first === undefined) return ''
    return second === undefined && !first.hit && first.style === '' && first.color === undefined && first.href === undefined
      ? first.text
      : undefined
  })
  return (
    <div
      class={`line l-${levelNames[props.line.level]!}`}
      classList={{
        ours: ours(),
        stderr: props.line.stream === 1,
        current: props.current,
        away: props.away,
        hit: props.marks.length > 0,
      }}
      data-id={props.line.id}
    >
      <Show when={fields() !== undefined} fallback={<span class="fold" />}>
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
      <time class="when" title={Number.isFinite(props.line.timeMs) ? new Date(props.line.timeMs).toISOString() : ''}>
        {stamp(props.line.timeMs, props.view.clock(), props.nowMs)}
      </time>
      <Show when={props.named}>
        <span class={`who c${colorOf(props.line.source)}`} title={`${source()?.name} · ${source()?.hostName}`}>
          {plain(source()?.name ?? '')}
          <Show when={props.logs.manyHosts()}>
            <span class="dim">@{plain(source()?.hostName ?? '')}</span>
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
        <Show when={shown().left > 0}>
          <button
            type="button"
            class="left"
            tabindex="-1"
            title={say('logs.leftHint', { shown: number(mostDrawn), left: number(shown().left) })}
            onClick={() => saveLine(props.logs.store, props.line.id, refs())}
          >
            {say('logs.left', { n: number(shown().left) })}
          </button>
        </Show>
        <Show when={bare() === undefined} fallback={bare()}>
          <Index each={pieces()}>{(piece) => <Said piece={piece()} />}</Index>
        </Show>
        <Show when={props.open && fields()} keyed>
          {(value) => <JsonTree value={value} onFilter={props.view.narrow} onColumn={props.view.turnColumn} />}
        </Show>
      </span>
    </div>
  )
}

function Said(props: { readonly piece: Piece }): JSX.Element {
  const style = () => (props.piece.color === undefined ? {} : { color: props.piece.color })
  const bare = () => props.piece.style === '' && props.piece.color === undefined
  return (
    <Switch fallback={<Linked span={props.piece} />}>
      <Match when={props.piece.hit}>
        <mark class={props.piece.style} style={style()}>
          <Linked span={props.piece} />
        </mark>
      </Match>
      <Match when={!bare()}>
        <span class={props.piece.style} style={style()}>
          <Linked span={props.piece} />
        </span>
      </Match>
    </Switch>
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
