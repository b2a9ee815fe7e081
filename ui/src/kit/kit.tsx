import { createSignal, onCleanup, Show, type JSX, type ParentProps } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { State } from '@fairlead/protocol/features/inventory.ts'
import { t } from '../i18n/i18n.ts'

const shapes: Readonly<Record<State | 'stale', string>> = {
  ok: '●',
  busy: '◐',
  warn: '▲',
  critical: '■',
  off: '○',
  unknown: '?',
  stale: '◌',
}

/** Shape, colour and word: never colour alone. */
export function StateMark(props: { readonly state: State | 'stale'; readonly word?: string }): JSX.Element {
  return (
    <span class={`state state-${props.state}`} title={t(`state.${props.state}`)}>
      <span aria-hidden="true">{shapes[props.state]}</span> {props.word ?? t(`state.${props.state}`)}
    </span>
  )
}

// Controls that turn a line around or hide in it, from whatever a host or an image calls itself.
const hidden = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g

/** Other people's text, with what it hides made visible. */
export function plain(text: string): string {
  return text.replaceAll(hidden, (char) => `‹U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}›`)
}

/** What failed, where, why and what next; the raw cause can be copied. */
export function ErrorBox(props: { readonly error: unknown; readonly onRetry?: () => void }): JSX.Element {
  const message = () => (props.error instanceof Error ? props.error.message : String(props.error))
  return (
    <div class="box error" role="alert">
      <p>{plain(message())}</p>
      <p class="dim">
        <code>{codeOf(props.error)}</code>
        <Show when={props.onRetry}>
          {' '}
          <button type="button" onClick={() => props.onRetry?.()}>
            {t('error.retry')}
          </button>
        </Show>
      </p>
    </div>
  )
}

export function Empty(props: ParentProps<{ readonly text: string }>): JSX.Element {
  return (
    <div class="box empty">
      <p>{props.text}</p>
      {props.children}
    </div>
  )
}

/** A line of the final size, shown only when the wait is long enough to be seen. */
export function Skeleton(props: { readonly lines?: number }): JSX.Element {
  const [shown, setShown] = createSignal(false)
  const timer = setTimeout(() => setShown(true), 150)
  onCleanup(() => clearTimeout(timer))
  return (
    <div class="skeleton" aria-busy="true" aria-label={t('loading')} style={{ visibility: shown() ? 'visible' : 'hidden' }}>
      {Array.from({ length: props.lines ?? 6 }, () => (
        <div />
      ))}
    </div>
  )
}

/** Danger is slow: the name has to be typed. */
export function ConfirmByName(props: {
  readonly name: string
  readonly question: string
  readonly action: string
  readonly onConfirm: () => void
  readonly onCancel: () => void
}): JSX.Element {
  const [typed, setTyped] = createSignal('')
  return (
    <div class="box danger" role="alertdialog" aria-label={props.action}>
      <p>
        {props.question} <strong>{plain(props.name)}</strong>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (typed() === props.name) props.onConfirm()
        }}
      >
        <input
          aria-label={props.name}
          value={typed()}
          onInput={(event) => setTyped(event.currentTarget.value)}
          ref={(input) => queueMicrotask(() => input.focus())}
        />
        <button type="submit" class="danger" disabled={typed() !== props.name}>
          {props.action}
        </button>
        <button type="button" onClick={() => props.onCancel()}>
          {t('cancel')}
        </button>
      </form>
    </div>
  )
}

export function CopyButton(props: { readonly text: string; readonly label: string }): JSX.Element {
  const [done, setDone] = createSignal(false)
  return (
    <button
      type="button"
      onClick={async () => {
        await navigator.clipboard.writeText(props.text)
        setDone(true)
        setTimeout(() => setDone(false), 2000)
      }}
    >
      {done() ? t('copied') : props.label}
    </button>
  )
}

const [notice, setNotice] = createSignal<{ readonly text: string; readonly bad: boolean } | undefined>()
let noticeTimer: ReturnType<typeof setTimeout> | undefined

/** The result of the person's own action; errors stay until the next one. */
export function tell(text: string, bad = false): void {
  clearTimeout(noticeTimer)
  setNotice({ text, bad })
  if (!bad) noticeTimer = setTimeout(() => setNotice(undefined), 6000)
}

export function Notices(): JSX.Element {
  return (
    <div class="notices" aria-live="polite">
      <Show when={notice()}>
        {(now) => (
          <button type="button" class={now().bad ? 'notice bad' : 'notice'} onClick={() => setNotice(undefined)}>
            {plain(now().text)}
          </button>
        )}
      </Show>
    </div>
  )
}

/** Runs an action of the person's and says how it went; `quiet`: only if it went wrong. */
export async function act(label: string, run: () => Promise<unknown>, quiet = false): Promise<void> {
  try {
    await run()
    if (!quiet) tell(t('containers.done', { action: label }))
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error), true)
  }
}
