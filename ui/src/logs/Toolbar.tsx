import { createSignal, For, Show, type JSX } from 'solid-js'
import { language, t } from '../i18n/i18n.ts'
import { messageOf } from '../i18n/said.ts'
import { say, type Observed } from '../i18n/observe.ts'
import { ErrorBox, tell } from '../kit/kit.tsx'
import { DownloadMenu } from './DownloadMenu.tsx'
import type { Reader } from './reader.ts'
import type { SourceRef } from './sources.ts'

const clocks = ['local', 'utc', 'relative'] as const
const arounds = [0, 3, 10] as const

/** The line that filters, and what is wrong with it. */
export function Toolbar(props: { readonly reader: Reader }): JSX.Element {
  const { view, logs } = props.reader
  return (
    <>
      <div class="log-bar">
        <div class="log-query">
          <input
            data-filter
            type="search"
            spellcheck={false}
            autocomplete="off"
            aria-label={say('logs.filter')}
            aria-invalid={view.broken() !== undefined}
            placeholder={say('logs.filter')}
            value={view.query()}
            onInput={(event) => view.put({ q: event.currentTarget.value || undefined })}
            onKeyDown={(event) => {
              if (event.key === 'Enter') props.reader.toHit(event.shiftKey ? -1 : 1)
              else if (event.key === 'Escape') event.currentTarget.blur()
            }}
          />
          <Count reader={props.reader} />
        </div>
        <Show when={view.filtering() !== ''}>
          <div class="row tight">
            <button
              type="button"
              aria-label={t('logs.previous')}
              title={`${t('logs.previous')} (N)`}
              onClick={() => props.reader.toHit(-1)}
            >
              ↑
            </button>
            <button type="button" aria-label={t('logs.next')} title={`${t('logs.next')} (n)`} onClick={() => props.reader.toHit(1)}>
              ↓
            </button>
            <button
              type="button"
              aria-pressed={view.highlight()}
              onClick={() => view.put({ mode: view.highlight() ? undefined : 'highlight' })}
            >
              {say('logs.highlight')}
            </button>
            <Show when={!view.highlight()}>
              <select
                aria-label={say('logs.around')}
                value={String(view.around())}
                onChange={(event) => view.put({ around: event.currentTarget.value === '0' ? undefined : event.currentTarget.value })}
              >
                <For each={arounds}>{(n) => <option value={n}>{n === 0 ? say('logs.around0') : say('logs.aroundN', { n })}</option>}</For>
              </select>
            </Show>
          </div>
        </Show>
        <button
          type="button"
          class="follow"
          classList={{ new: props.reader.unseen() > 0 }}
          aria-pressed={props.reader.following()}
          title={say('logs.followKeys')}
          onClick={() => props.reader.toggleFollow()}
        >
          {props.reader.unseen() > 0
            ? say('logs.new', { n: props.reader.unseen().toLocaleString(language()), count: props.reader.unseen() })
            : say('logs.follow')}
        </button>
        <button type="button" class="only-phone" aria-expanded={props.reader.options()} onClick={() => props.reader.turnOptions()}>
          {say('logs.options')}
        </button>
      </div>
      <Show when={view.broken()}>
        {(error) => (
          <p class="log-note bad" role="alert">
            {say(`logs.broken.${error().why}` as Observed, { word: error().word })}
          </p>
        )}
      </Show>
      <Show when={logs.slow()}>
        <p class="log-note bad" role="alert">
          {say('logs.broken.slow')}
        </p>
      </Show>
      <Show when={logs.broken()}>
        {(error) => <ErrorBox what={t('error.what.filter')} error={error()} onRetry={() => logs.lookAgain()} />}
      </Show>
    </>
  )
}

/** How the lines are shown, and what can be done with all of them. */
export function Options(props: { readonly reader: Reader; readonly sources: readonly SourceRef[] }): JSX.Element {
  const { view } = props.reader
  return (
    <>
      <div class="log-options" classList={{ open: props.reader.options() }}>
        <button type="button" aria-pressed={view.wrap()} onClick={() => view.put({ wrap: view.wrap() ? '0' : '1' })}>
          {say('logs.wrap')}
        </button>
        <button
          type="button"
          aria-pressed={view.raw()}
          title={say('logs.rawHint')}
          onClick={() => view.put({ raw: view.raw() ? undefined : '1' })}
        >
          {say('logs.raw')}
        </button>
        <select
          aria-label={say('logs.clock')}
          value={view.clock()}
          onChange={(event) => view.put({ clock: event.currentTarget.value === 'local' ? undefined : event.currentTarget.value })}
        >
          <For each={clocks}>{(clock) => <option value={clock}>{say(`logs.clock.${clock}` as Observed)}</option>}</For>
        </select>
        <button type="button" title={`${say('logs.toTime')} (t)`} onClick={() => props.reader.askTime()}>
          {t('logs.jump')}
        </button>
        <Older reader={props.reader} />
        <DownloadMenu reader={props.reader} sources={props.sources} />
      </div>
    </>
  )
}

function Count(props: { readonly reader: Reader }): JSX.Element {
  const { logs } = props.reader
  const hits = () => (logs.pulse(), logs.rows.hits)
  return (
    <span class="dim count" role="status">
      {(logs.pulse(), logs.rows.scanning && props.reader.view.filtering() !== '' ? '… ' : '')}
      {say('logs.lines', { n: hits().toLocaleString(language()), count: hits() })}
    </span>
  )
}

function Older(props: { readonly reader: Reader }): JSX.Element {
  const [busy, setBusy] = createSignal(false)
  async function more(): Promise<void> {
    setBusy(true)
    try {
      const count = await props.reader.logs.older()
      tell(count === 0 ? say('logs.noOlder') : say('logs.olderRead', { n: count.toLocaleString(language()), count }))
    } catch (error) {
      tell(messageOf(error), true)
    } finally {
      setBusy(false)
    }
  }
  return (
    <button type="button" disabled={busy()} onClick={() => void more()}>
      {say('logs.older')}
    </button>
  )
}
