import { A } from '@solidjs/router'
import { createMemo, createSignal, For, onCleanup, Show, type JSX } from 'solid-js'
import { language } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { Empty, ErrorBox, plain, Skeleton } from '../kit/kit.tsx'
import { createHosts } from '../kit/live.ts'
import { Bars } from './Bars.tsx'
import { LineBar } from './LineBar.tsx'
import { Pane } from './Pane.tsx'
import { buckets, createReader, type Reader } from './reader.ts'
import { SourceChips } from './SourceChips.tsx'
import { keyOf, type SourceRef } from './sources.ts'
import { TimeDialog } from './TimeDialog.tsx'
import { Options, Toolbar } from './Toolbar.tsx'

const hourMs = 3_600_000

/** Logs of some containers, merged by time: followed, filtered, searched, kept. The address holds the whole view. */
export function LogView(props: {
  readonly sources: readonly SourceRef[]
  /** Takes a source out of the view; absent where the sources are given. */
  readonly onRemove?: (key: string) => void
  readonly removable?: (key: string) => boolean
}): JSX.Element {
  const reader = createReader(() => props.sources)
  const { view, logs } = reader
  const shown = () => logs.sources.filter(({ ref }) => props.sources.some((wanted) => keyOf(wanted) === keyOf(ref)))
  const hosts = createHosts()
  // A host may be away long before its stream is given up; what it wrote meanwhile comes when it is back.
  const away = createMemo(() => new Set(hosts.state.hosts.filter(({ online }) => !online).flatMap(({ id, name }) => [id, name])))
  const chips = () =>
    shown().map(({ ref, index, state }) => ({ ref, index, state: state === 'live' && away().has(ref.host) ? ('waiting' as const) : state }))
  const silent = createMemo(() => (logs.version(), logs.store.order.length === 0))
  const toggleSource = (key: string) => {
    const off = new Set(view.off())
    if (!off.delete(key)) off.add(key)
    view.put({ off: off.size === 0 ? undefined : [...off].join(',') })
  }

  return (
    <div class="logview">
      <Toolbar reader={reader} />
      <div class="log-second">
        <SourceChips
          sources={chips()}
          off={view.off()}
          single={props.onRemove === undefined && props.sources.length === 1}
          onToggle={toggleSource}
          {...(props.onRemove === undefined ? {} : { onRemove: props.onRemove })}
          {...(props.removable === undefined ? {} : { removable: props.removable })}
        />
        <Show when={props.onRemove === undefined}>
          <A class="dim" href={`/logs?on=${props.sources.map(keyOf).join(',')}`}>
            {say('logs.workspace')}
          </A>
        </Show>
        <Options reader={reader} sources={shown().map(({ ref }) => ref)} />
      </div>
      <Show when={view.badAt() !== ''}>
        <p class="log-note bad" role="alert">
          {say('logs.badAt', { at: plain(view.badAt()) })}
        </p>
      </Show>
      <Show when={reader.missed()}>
        <p class="log-note" role="status">
          {say('logs.notFound')}
        </p>
      </Show>
      <For each={shown().filter(({ state }) => state === 'failed')}>
        {(source) => <ErrorBox error={source.error} onRetry={() => logs.retry(source)} />}
      </For>
      <Show
        when={!silent()}
        fallback={
          <Show when={shown().every(({ state }) => state === 'opening')} fallback={<Empty text={say('logs.empty')} />}>
            <Skeleton lines={12} />
          </Show>
        }
      >
        <Lines reader={reader} named={props.sources.length > 1} />
      </Show>
      <Show when={reader.current() !== undefined}>
        <LineBar
          id={reader.current()!}
          store={logs.store}
          refs={logs.sources.map(({ ref }) => ref)}
          filtering={view.filtering() !== '' && !view.highlight()}
          onContext={reader.showAround}
          onClose={reader.unpick}
        />
      </Show>
      <Show when={reader.asking()}>
        <TimeDialog
          startMs={reader.seenTimes()?.[0] ?? Date.now()}
          onGo={(timeMs) => {
            reader.askedTime()
            void reader.jump(timeMs)
          }}
          onClose={reader.askedTime}
        />
      </Show>
    </div>
  )
}

function Lines(props: { readonly reader: Reader; readonly named: boolean }): JSX.Element {
  const { view, logs, ...reader } = props.reader
  const { store, rows } = logs
  const [nowMs, setNowMs] = createSignal(Date.now())
  const ticking = setInterval(() => setNowMs(Date.now()), 1000)
  onCleanup(() => clearInterval(ticking))
  /** The filter that no line fits; it stays while lines that just came are looked through: what is clicked is not taken away for a moment. */
  const fitsNone = createMemo<string>((before) => {
    const filter = view.filtering()
    if (logs.slow() || logs.broken() !== undefined || (logs.version(), rows.hits > 0)) return ''
    return rows.scanning && before !== filter ? '' : filter
  }, '')
  // Only relative times change by the second; the others need to know the day.
  const rowNowMs = createMemo(() => (view.clock() === 'relative' ? nowMs() : Math.floor(nowMs() / hourMs) * hourMs))

  return (
    <>
      <Bars
        counts={reader.counts()}
        buckets={buckets}
        clock={view.clock()}
        nowMs={rowNowMs()}
        seen={reader.seenTimes()}
        onJump={(timeMs) => void reader.jump(timeMs)}
      />
      <Show when={(logs.version(), store.dropped > 0)}>
        <p class="log-note" role="status">
          {say('logs.dropped', { n: (logs.version(), store.dropped).toLocaleString(language()) })}
        </p>
      </Show>
      <Show when={view.columns().length > 0}>
        <ul class="chips">
          <For each={view.columns()}>
            {(name) => (
              <li class="chip">
                <span class="chip-text mono">{name}</span>
                <button
                  type="button"
                  class="drop"
                  aria-label={say('logs.columnOff', { name })}
                  title={say('logs.columnOff', { name })}
                  onClick={() => view.turnColumn(name)}
                >
                  ✕
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={fitsNone() !== ''}>
        <p class="log-note" role="status">
          {say('logs.none', { n: (logs.version(), store.order.length).toLocaleString(language()) })}{' '}
          <button type="button" onClick={() => view.put({ q: undefined })}>
            {say('logs.clear')}
          </button>
        </p>
      </Show>
      <Pane
        ref={reader.attach}
        logs={logs}
        following={reader.following()}
        view={view}
        nowMs={rowNowMs()}
        named={props.named}
        current={reader.current()}
        unfolded={reader.unfolded()}
        marks={reader.marks}
        onFollow={reader.follow}
        onDrawn={reader.drawn}
        onPick={reader.pick}
        onToggle={reader.toggle}
      />
    </>
  )
}
