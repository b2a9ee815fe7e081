import { untrack, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'

/** A name for a terminal, seen by everyone who finds it on its host. */
export function Rename(props: {
  readonly name: string
  readonly onDone: (name: string) => void
  readonly onClose: () => void
}): JSX.Element {
  // Only what it was at first: the list it comes from is looked at again and again, while somebody types here.
  const before = untrack(() => props.name)
  let input: HTMLInputElement | undefined
  return (
    <Dialog title={say('terminal.rename')} onClose={props.onClose}>
      <form
        class="picker"
        onSubmit={(event) => {
          event.preventDefault()
          props.onDone(input!.value.trim())
        }}
      >
        <input data-first aria-label={say('terminal.rename')} maxlength={64} value={before} ref={(box) => (input = box)} />
        <DialogButtons action={t('hosts.save')} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  )
}
