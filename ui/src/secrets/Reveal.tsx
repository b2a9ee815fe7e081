import { createSignal, onCleanup, Show, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { CopyButton, ErrorBox, tell } from '../kit/kit.tsx'
import { say } from './words.ts'

interface Which {
  readonly name: string
  readonly environment?: string
}

export interface Value {
  readonly version: number
  readonly value: string
}

/** Long enough to type it somewhere, short enough that nobody passing by finds it. */
const shownSeconds = 30

/** A value on the screen for a short time, or in the clipboard without ever having been there. */
export function createReveal(which: () => Which) {
  const [shown, setShown] = createSignal<Value | { readonly error: unknown }>()
  const [leftSeconds, setLeftSeconds] = createSignal(0)
  let timer: ReturnType<typeof setInterval> | undefined
  const hide = () => {
    clearInterval(timer)
    setShown(undefined)
  }
  onCleanup(hide)
  const read = (version: number | undefined) => ask('secrets.reveal', { ...which(), ...(version === undefined ? {} : { version }) })
  return {
    shown,
    leftSeconds,
    hide,
    async show(version: number | undefined): Promise<void> {
      hide()
      const now = await read(version).catch((error: unknown) => ({ error }))
      setShown(now)
      if ('error' in now) return
      setLeftSeconds(shownSeconds)
      timer = setInterval(() => (setLeftSeconds((n) => n - 1) <= 0 ? hide() : undefined), 1000)
    },
    async copy(version: number | undefined): Promise<void> {
      try {
        const { name, value } = await read(version)
        await navigator.clipboard.writeText(value)
        tell(say('copied', { name }))
      } catch (error) {
        setShown({ error })
      }
    },
  }
}

export function Revealed(props: {
  readonly name: string
  readonly shown: Value | { readonly error: unknown }
  readonly leftSeconds: number
  readonly onClose: () => void
}): JSX.Element {
  const value = () => ('value' in props.shown ? props.shown : undefined)
  const error = () => ('error' in props.shown ? props.shown.error : undefined)
  return (
    <Dialog
      title={value() === undefined ? props.name : say('reveal.title', { name: props.name, n: value()!.version })}
      onClose={props.onClose}
    >
      <Show
        when={value()}
        fallback={
          <>
            <ErrorBox what={say('reveal.failed')} error={error()} />
            <Show when={codeOf(error()) === 'internal'}>
              <p>{say('reveal.sealed')}</p>
            </Show>
          </>
        }
      >
        {(now) => (
          <>
            <div class="line-box" tabindex="0">
              {now().value}
            </div>
            <p class="dim" role="timer">
              {say('reveal.left', { n: props.leftSeconds })}
            </p>
          </>
        )}
      </Show>
      <p class="row">
        <Show when={value()}>{(now) => <CopyButton primary text={now().value} label={t('error.copy')} />}</Show>
        <button type="button" data-first onClick={() => props.onClose()}>
          {t('keys.close')}
        </button>
      </p>
    </Dialog>
  )
}
