import { createSignal, Show, untrack, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'
import { parseTime } from './stamp.ts'

/** Asks for a time of the reader's own zone. */
export function TimeDialog(props: {
  readonly startMs: number
  readonly onGo: (timeMs: number) => void
  readonly onClose: () => void
}): JSX.Element {
  const [bad, setBad] = createSignal(false)
  let input: HTMLInputElement | undefined
  const local = (ms: number) => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ')
  // Only what it was at first: a log that is followed moves on, and would write over what somebody types here.
  const start = untrack(() => local(props.startMs))
  return (
    <Dialog title={t('logs.jump')} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const timeMs = parseTime(input!.value, Date.now())
          if (timeMs === undefined) return void setBad(true)
          props.onGo(timeMs)
        }}
      >
        <label class="field">
          {say('logs.toTime')}
          <input
            type="text"
            data-first
            class="mono"
            autocomplete="off"
            spellcheck={false}
            aria-invalid={bad()}
            aria-describedby="bad-time"
            value={start}
            onInput={() => setBad(false)}
            ref={(box) => (input = box)}
          />
        </label>
        <div id="bad-time" role="alert">
          <Show when={bad()}>
            <p class="log-note bad">{say('logs.badTime')}</p>
          </Show>
        </div>
        <DialogButtons action={say('logs.go')} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  )
}
