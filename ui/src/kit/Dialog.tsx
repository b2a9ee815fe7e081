import { createUniqueId, onCleanup, onMount, type JSX, type ParentProps } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { createKeys } from './keys.ts'

/** A sheet over the page. Focus goes in, stays in, and goes back to where it was. */
export function Dialog(props: ParentProps<{ readonly title: string; readonly onClose: () => void; readonly wide?: boolean }>): JSX.Element {
  const id = createUniqueId()
  const before = document.activeElement as HTMLElement | null
  let box!: HTMLDivElement
  createKeys([{ combo: 'Escape', label: 'keys.close', run: () => props.onClose() }])
  onMount(() => (box.querySelector<HTMLElement>('[data-first]') ?? box).focus())
  onCleanup(() => before?.focus())

  function keepInside(event: KeyboardEvent): void {
    if (event.key !== 'Tab') {
      if (event.key !== 'Escape') return
      // Of two, one over the other, only this one: the keys of the page ask no further.
      event.preventDefault()
      props.onClose()
      return
    }
    const stops = [...box.querySelectorAll<HTMLElement>('button:not(:disabled), a[href], input:not(:disabled), select, [tabindex="0"]')]
    const [firstStop, lastStop] = [stops[0], stops.at(-1)]
    if (event.shiftKey && (document.activeElement === firstStop || document.activeElement === box)) lastStop?.focus()
    else if (!event.shiftKey && document.activeElement === lastStop) firstStop?.focus()
    else return
    event.preventDefault()
  }

  return (
    <div class="veil" onClick={(event) => event.target === event.currentTarget && props.onClose()} role="presentation">
      <div
        class="dialog"
        classList={{ wide: props.wide === true }}
        role="dialog"
        aria-modal="true"
        aria-labelledby={id}
        tabindex="-1"
        ref={(element) => (box = element)}
        onKeyDown={keepInside}
      >
        <div class="head">
          <h2 id={id} class="grow">
            {props.title}
          </h2>
          <button type="button" class="quiet" aria-label={t('keys.close')} onClick={() => props.onClose()}>
            ×
          </button>
        </div>
        {props.children}
      </div>
    </div>
  )
}

/** Under a form of a dialog: what it does, what else may be done, and the way out. */
export function DialogButtons(
  props: ParentProps<{ readonly action: string; readonly disabled?: boolean; readonly onCancel: () => void }>,
): JSX.Element {
  return (
    <div class="row">
      <button type="submit" class="primary" disabled={props.disabled === true}>
        {props.action}
      </button>
      {props.children}
      <button type="button" onClick={() => props.onCancel()}>
        {t('cancel')}
      </button>
    </div>
  )
}
