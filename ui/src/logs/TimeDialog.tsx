import { createSignal, onMount, Show, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { parseTime } from './stamp.ts'

/** Asks for a time of the reader's own zone. */
export function TimeDialog(props: {
  readonly startMs: number
  readonly onGo: (timeMs: number) => void
  readonly onClose: () => void
}): JSX.Element {
  const [bad, setBad] = createSignal(false)
  const before = document.activeElement as HTMLElement | null
  let dialog: HTMLDialogElement | undefined
  let input: HTMLInputElement | undefined
  const local = (ms: number) => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ')
  onMount(() => {
    dialog?.showModal()
    input?.focus()
    input?.select()
  })
  const closed = () => {
    props.onClose()
    before?.focus()
  }
  return (
    <dialog ref={(box) => (dialog = box)} aria-label={t('logs.toTime')} onClose={closed}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const timeMs = parseTime(input!.value, Date.now())
          if (timeMs === undefined) return void setBad(true)
          props.onGo(timeMs)
          before?.focus()
        }}
      >
        <label class="field">
          {t('logs.toTime')}
          <input
            type="text"
            class="mono"
            autocomplete="off"
            spellcheck={false}
            aria-invalid={bad()}
            aria-describedby="bad-time"
            value={local(props.startMs)}
            onInput={() => setBad(false)}
            ref={(box) => (input = box)}
          />
        </label>
        <div id="bad-time" role="alert">
          <Show when={bad()}>
            <p class="log-note bad">{t('logs.badTime')}</p>
          </Show>
        </div>
        <div class="row">
          <button type="submit" class="primary">
            {t('logs.go')}
          </button>
          <button type="button" onClick={() => dialog?.close()}>
            {t('cancel')}
          </button>
        </div>
      </form>
    </dialog>
  )
}
