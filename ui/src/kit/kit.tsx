import { createSignal, For, onCleanup, Show, type JSX, type ParentProps } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { State } from '@fairlead/protocol/features/inventory.ts'
import { t } from '../i18n/i18n.ts'
import { messageOf, sentenceOf } from '../i18n/said.ts'
import { plain } from './plain.ts'

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

export { plain }

// What a person can do about each kind of failure; the rest is told to try again.
const nextSteps = [
  'host_offline',
  'forbidden',
  'unauthenticated',
  'rate_limited',
  'deadline_exceeded',
  'expired',
  'unknown',
  'lost',
  'not_found',
  'bad_upstream',
  'internal',
] as const

/** What failed, where, why and what next; the raw cause is one click away and can be copied. */
export function ErrorBox(props: {
  readonly error: unknown
  /** What could not be done: "The hosts could not be loaded." */
  readonly what?: string
  readonly onRetry?: () => void
  /** What each code tells a person to do; where nobody is signed in yet, most of it is beside the point. */
  readonly next?: boolean
}): JSX.Element {
  const [open, setOpen] = createSignal(false)
  const message = () => plain(messageOf(props.error))
  const code = () => codeOf(props.error)
  const next = () => (props.next === false ? undefined : nextSteps.find((one) => one === code()))
  const raw = () =>
    JSON.stringify({
      what: props.what,
      code: code(),
      message: plain(sentenceOf(props.error)),
      page: location.pathname,
      time: new Date().toISOString(),
    })
  return (
    <div class="box error" role="alert">
      <p>
        <span class="state-critical" aria-hidden="true">
          ■{' '}
        </span>
        <Show when={props.what}>
          <strong>{props.what} </strong>
        </Show>
        {message()}
      </p>
      <Show when={next()}>{(key) => <p>{t(`error.next.${key()}`)}</p>}</Show>
      <div class="row">
        <Show when={props.onRetry}>
          <button type="button" onClick={() => props.onRetry?.()}>
            {t('error.retry')}
          </button>
        </Show>
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{t('error.details')}</summary>
          <Show when={open()}>
            <pre>{raw()}</pre>
            <CopyButton text={raw()} label={t('error.copy')} />
          </Show>
        </details>
      </div>
    </div>
  )
}

/** Something one should know of what is shown: it is old, or only a part. */
export function Note(props: ParentProps<{ readonly state: State | 'stale' }>): JSX.Element {
  return (
    <div class={`note note-${props.state}`} role="status">
      <span class={`state-${props.state}`} aria-hidden="true">
        {shapes[props.state]}
      </span>
      <div class="grow">{props.children}</div>
    </div>
  )
}

/** Not for this person; who can change that. */
export function NoPermission(props: { readonly permission: string }): JSX.Element {
  return (
    <div class="box empty">
      <p>{t('denied.text')}</p>
      <p class="dim">
        {t('denied.who')} <code>{props.permission}</code>
      </p>
    </div>
  )
}

export function Empty(props: ParentProps<{ readonly text: string }>): JSX.Element {
  return (
    <div class="box empty">
      <p class="intro">{props.text}</p>
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
    <div class="skeleton" role="group" aria-busy="true" aria-label={t('loading')} style={{ visibility: shown() ? 'visible' : 'hidden' }}>
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
          placeholder={plain(props.name)}
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

export function CopyButton(props: { readonly text: string; readonly label: string; readonly primary?: boolean }): JSX.Element {
  const [done, setDone] = createSignal(false)
  return (
    <button
      type="button"
      classList={{ primary: props.primary === true }}
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

interface Notice {
  readonly id: number
  readonly text: string
  readonly bad: boolean
  readonly undo?: (() => void) | undefined
  /** Of which action it tells; the next try of it takes its place. */
  readonly of: string
}

const mostNotices = 3
const noticeMs = 6000
const [notices, setNotices] = createSignal<readonly Notice[]>([])
let lastNotice = 0

/** The result of the person's own action. It goes by itself; an error stays until it is put away. */
export function tell(text: string, bad = false, undo?: () => void, of = ''): void {
  const id = ++lastNotice
  setNotices((before) => [...before, { id, text, bad, undo, of }].slice(-mostNotices))
  if (!bad) setTimeout(() => forget(id), noticeMs)
}

function forget(id: number): void {
  setNotices((before) => before.filter((one) => one.id !== id))
}

export function Notices(): JSX.Element {
  return (
    <div class="notices" aria-live="polite">
      <For each={notices()}>
        {({ id, text, bad, undo }) => (
          <div class="notice" classList={{ bad }}>
            <span class="grow">{plain(text)}</span>
            <Show when={undo}>
              <button
                type="button"
                onClick={() => {
                  forget(id)
                  undo?.()
                }}
              >
                {t('undo')}
              </button>
            </Show>
            <button type="button" class="quiet" aria-label={t('keys.close')} onClick={() => forget(id)}>
              ×
            </button>
          </div>
        )}
      </For>
    </div>
  )
}

/** Runs an action of the person's and says how it went; `quiet`: only if it went wrong. `undo` is offered when it went well. */
export async function act(label: string, run: () => Promise<unknown>, quiet = false, undo?: () => void): Promise<boolean> {
  // What went wrong the last time is tried again: it is no news any more.
  if (label !== '') setNotices((before) => before.filter(({ bad, of }) => !bad || of !== label))
  try {
    await run()
    if (!quiet) tell(t('containers.done', { action: label }), false, undo)
    return true
  } catch (error) {
    tell(label === '' ? messageOf(error) : `${label}: ${messageOf(error)}`, true, undefined, label)
    return false
  }
}
