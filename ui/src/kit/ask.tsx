import { createSignal, createUniqueId, For, Show, untrack, type JSX, type ParentProps } from 'solid-js'
import { askEn } from '../i18n/ask-en.ts'
import { askFr } from '../i18n/ask-fr.ts'
import { createWords } from '../i18n/i18n.ts'
import { Dialog, DialogButtons } from './Dialog.tsx'
import { ErrorBox, plain, Skeleton } from './kit.tsx'
import type { Loaded } from './loaded.ts'
import { may } from './me.ts'

const say = createWords<keyof typeof askEn>(askEn, askFr)

/** What was asked for, its wait and its failure; what was known before stays below the failure. */
export function Part<T>(props: {
  readonly of: Loaded<T>
  readonly what: string
  readonly lines?: number
  readonly children: (now: () => T) => JSX.Element
}): JSX.Element {
  return (
    <>
      <Show when={props.of.error()}>{(error) => <ErrorBox what={props.what} error={error()} onRetry={() => void props.of.load()} />}</Show>
      <Show
        when={props.of.now() !== undefined}
        fallback={props.of.error() === undefined ? <Skeleton lines={props.lines ?? 8} /> : undefined}
      >
        {props.children(() => props.of.now()!)}
      </Show>
    </>
  )
}

/** Why the buttons of a page cannot be pressed, and who can change that; nothing when they can. */
export function Locked(props: { readonly permission: string; readonly id?: string }): JSX.Element {
  return (
    <Show when={!may(props.permission)}>
      <p class="dim" id={props.id}>
        {say('locked')} <code>{props.permission}</code>.
      </p>
    </Show>
  )
}

/** A form over the page that asks the hub for something. What was typed stays when the hub refuses; why, stands below it. */
export function AskDialog(
  props: ParentProps<{
    readonly title: string
    readonly action: string
    readonly disabled?: boolean
    readonly wide?: boolean
    /** What was refused, before it is shown below; true: it is said at its field. `undefined`: it is asked anew. */
    readonly atField?: (error: unknown) => boolean
    /** Closes the dialog itself, when it went well. */
    readonly send: () => Promise<unknown>
    readonly onClose: () => void
  }>,
): JSX.Element {
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy() || props.disabled === true) return
    setBusy(true)
    setError(undefined)
    props.atField?.(undefined)
    await props.send().catch((reason: unknown) => props.atField?.(reason) === true || setError(reason))
    setBusy(false)
  }
  return (
    <Dialog title={props.title} wide={props.wide === true} onClose={props.onClose}>
      <form onSubmit={(event) => void submit(event)} onInput={() => setError(undefined)}>
        {props.children}
        <Show when={error()}>{(now) => <ErrorBox error={now()} />}</Show>
        <DialogButtons action={props.action} disabled={busy() || props.disabled === true} onCancel={props.onClose} />
      </form>
    </Dialog>
  )
}

/** One name, for something new or for something that has another one. */
export function NameDialog(props: {
  readonly title: string
  readonly action: string
  readonly before?: string
  readonly send: (name: string) => Promise<unknown>
  readonly onClose: () => void
}): JSX.Element {
  const [name, setName] = createSignal(untrack(() => props.before ?? ''))
  return (
    <AskDialog
      title={props.title}
      action={props.action}
      disabled={name().trim() === '' || name().trim() === props.before}
      send={() => props.send(name().trim())}
      onClose={props.onClose}
    >
      <label class="field">
        {say('name')}
        <input data-first maxlength="64" autocomplete="off" value={name()} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
    </AskDialog>
  )
}

/** What goes for good, one by one; and the name that has to be typed. */
export function RemoveDialog(props: {
  readonly title: string
  readonly question: string
  readonly goes: readonly string[]
  readonly name: string
  readonly send: () => Promise<unknown>
  readonly onClose: () => void
}): JSX.Element {
  const id = createUniqueId()
  const [typed, setTyped] = createSignal('')
  return (
    <AskDialog
      title={props.title}
      action={props.title}
      disabled={typed().trim() !== props.name.trim()}
      send={props.send}
      onClose={props.onClose}
    >
      <Show when={props.goes.length > 0}>
        <p id={id}>{props.question}</p>
        <ul class="listed" tabindex="0" aria-labelledby={id}>
          <For each={props.goes}>{(one) => <li>{one}</li>}</For>
        </ul>
      </Show>
      <label class="field">
        {say('remove.type', { name: plain(props.name) })}
        <input data-first autocomplete="off" value={typed()} onInput={(event) => setTyped(event.currentTarget.value)} />
      </label>
    </AskDialog>
  )
}
