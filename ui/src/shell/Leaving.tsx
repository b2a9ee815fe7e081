import { useBeforeLeave } from '@solidjs/router'
import { createSignal, Show, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { isUnsaved } from '../kit/unsaved.ts'

interface LeavingPage {
  /** Does it, once nothing that was typed is lost by it, or the person says so. */
  ask(go: () => unknown): void
  readonly asked: () => (() => unknown) | undefined
  stay(): void
}

/** Stands between a page on which something is typed and the next one. The same page with another filter is no other page. */
export function createLeaving(): LeavingPage {
  const [asked, setAsked] = createSignal<() => unknown>()
  useBeforeLeave((event) => {
    const samePage = typeof event.to === 'string' && new URL(event.to, location.href).pathname === event.from.pathname
    if (samePage || !isUnsaved() || event.defaultPrevented) return
    event.preventDefault()
    setAsked(() => () => event.retry(true))
  })
  return {
    ask: (go) => (isUnsaved() ? setAsked(() => go) : go()),
    asked,
    stay: () => setAsked(undefined),
  }
}

/** Staying has the focus: whoever presses Enter without reading loses nothing. */
export function Leaving(props: { readonly leaving: LeavingPage }): JSX.Element {
  function go(run: () => unknown): void {
    props.leaving.stay()
    run()
  }
  return (
    <Show when={props.leaving.asked()}>
      {(run) => (
        <Dialog title={t('leave.title')} onClose={props.leaving.stay}>
          <p>{t('leave.text')}</p>
          <div class="row">
            <button type="button" class="primary" data-first onClick={() => props.leaving.stay()}>
              {t('leave.stay')}
            </button>
            <button type="button" class="danger" onClick={() => go(run())}>
              {t('leave.go')}
            </button>
          </div>
        </Dialog>
      )}
    </Show>
  )
}
