import { createMemo, createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { openRaw } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { Empty, ErrorBox, Skeleton } from '../kit/kit.tsx'
import { createStream } from '../kit/live.ts'
import { mostLines, parseLogFilter, readLines, type LogLine } from './lines.ts'

const lineHeight = 18
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
})

/** A container's log: follows until one scrolls up, filters as one types, draws only what is seen. */
export function LogView(props: { readonly host: string; readonly id: string }): JSX.Element {
  const all: LogLine[] = []
  const [version, setVersion] = createSignal(0)
  const [filter, setFilter] = createSignal('')
  const [following, setFollowing] = createSignal(true)
  const [unseen, setUnseen] = createSignal(0)
  const [top, setTop] = createSignal(0)
  const [height, setHeight] = createSignal(600)
  const [open, setOpen] = createSignal(false)
  let pane: HTMLDivElement | undefined
  let frame = 0

  /** A flood becomes one drawing a frame. */
  function drawn(count: number): void {
    if (!following()) setUnseen((n) => n + count)
    frame ||= requestAnimationFrame(() => {
      frame = 0
      setVersion((n) => n + 1)
      if (following() && pane !== undefined) pane.scrollTop = pane.scrollHeight
    })
  }
  onCleanup(() => cancelAnimationFrame(frame))

  const { error, retry } = createStream(
    () => `${props.host}/${props.id}`,
    async (_key, signal) => {
      all.length = 0
      for (let after: { timeMs: number; lines: number } | undefined; ;) {
        try {
          const stream = await openRaw(
            'containers.logs',
            { host: props.host, id: props.id, tail: 2000, ...(after === undefined ? {} : { after }) },
            { priority: 3 },
          )
          signal.addEventListener('abort', () => stream.reset('canceled'))
          setOpen(true)
          for await (const payload of stream) {
            // A tab that nobody sees pulls nothing; the window then stops the host.
            while (document.hidden && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 250))
            const lines = readLines(payload)
            all.push(...lines)
            if (all.length > mostLines) all.splice(0, all.length - mostLines)
            drawn(lines.length)
          }
          return
        } catch (reason) {
          if (signal.aborted) return
          if (codeOf(reason) !== 'lost' && codeOf(reason) !== 'host_offline') throw reason
          const last = all.at(-1)?.timeMs
          after = last === undefined ? undefined : { timeMs: last, lines: all.filter(({ timeMs }) => timeMs === last).length }
          await new Promise((resolve) => setTimeout(resolve, 1000))
        }
      }
    },
  )

  const test = createMemo(() => parseLogFilter(filter()))
  const shown = createMemo(() => {
    version()
    const fits = test()
    return filter() === '' || fits === undefined ? all.slice() : all.filter(fits)
  })
  const first = () => Math.max(0, Math.floor(top() / lineHeight) - 10)
  const visible = () => shown().slice(first(), first() + Math.ceil(height() / lineHeight) + 20)

  function scrolled(): void {
    setTop(pane!.scrollTop)
    const atEnd = pane!.scrollTop + pane!.clientHeight >= pane!.scrollHeight - lineHeight
    if (atEnd) setUnseen(0)
    setFollowing(atEnd)
  }
  function toEnd(): void {
    setFollowing(true)
    setUnseen(0)
    if (pane !== undefined) pane.scrollTop = pane.scrollHeight
  }
  onMount(() => {
    const watcher = new ResizeObserver(() => pane !== undefined && setHeight(pane.clientHeight))
    queueMicrotask(() => pane !== undefined && watcher.observe(pane))
    const onKey = (event: KeyboardEvent) => {
      if (/^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName)) return
      if (event.key === 'End' || event.key === 'f') toEnd()
      else if (event.key === 'p') setFollowing(false)
    }
    document.addEventListener('keydown', onKey)
    onCleanup(() => {
      watcher.disconnect()
      document.removeEventListener('keydown', onKey)
    })
  })

  return (
    <>
      <div class="head">
        <input
          data-filter
          class="grow"
          aria-label={t('logs.filter')}
          placeholder={t('logs.filter')}
          value={filter()}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <span class="dim">{test() === undefined ? t('logs.badRegex') : t('logs.lines', { n: shown().length })}</span>
        <button type="button" aria-pressed={following()} onClick={() => (following() ? setFollowing(false) : toEnd())}>
          {unseen() > 0 ? t('logs.new', { n: unseen() }) : t('logs.follow')}
        </button>
        <a
          href={URL.createObjectURL(new Blob([]))}
          download={`${props.id.slice(0, 12)}.log`}
          onClick={(event) => (event.currentTarget.href = URL.createObjectURL(new Blob(shown().map(({ text }) => `${text}\n`))))}
        >
          {t('logs.download')}
        </a>
      </div>
      <Show when={error()}>{(now) => <ErrorBox error={now()} onRetry={retry} />}</Show>
      <Show when={open()} fallback={<Skeleton lines={12} />}>
        <Show when={version() > 0} fallback={<Empty text={t('logs.empty')} />}>
          <div
            class="logs"
            role="log"
            aria-live="off"
            aria-label={t('logs.label')}
            tabindex="0"
            ref={(element) => (pane = element)}
            onScroll={scrolled}
          >
            <div style={{ height: `${shown().length * lineHeight}px` }} />
            <For each={visible()}>
              {(line, index) => (
                <div
                  class={`line l${line.level} ${line.source === 2 ? 'gap' : ''}`}
                  style={{ top: `${(first() + index()) * lineHeight}px` }}
                >
                  <span class="t">{clock.format(line.timeMs)} </span>
                  {line.text}
                </div>
              )}
            </For>
          </div>
        </Show>
      </Show>
    </>
  )
}
