import type { SearchAddon } from '@xterm/addon-search'
import { createSignal, onCleanup, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'

/** Finds text in what the terminal showed. */
export function FindBar(props: { readonly search: SearchAddon; readonly onClose: () => void }): JSX.Element {
  const [found, setFound] = createSignal(true)
  let text = ''
  const find = (step: 1 | -1) => {
    if (text === '') return void setFound(true)
    setFound(step === 1 ? props.search.findNext(text) : props.search.findPrevious(text))
  }
  onCleanup(() => props.search.clearDecorations())
  return (
    <div class="row find" role="search">
      <input
        type="search"
        aria-label={say('terminal.find')}
        placeholder={say('terminal.find')}
        aria-invalid={!found()}
        onInput={(event) => {
          text = event.currentTarget.value
          find(-1)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find(event.shiftKey ? 1 : -1)
          if (event.key === 'Escape') props.onClose()
        }}
        ref={(input) => queueMicrotask(() => input.focus())}
      />
      <span class="dim" role="status">
        {found() ? '' : say('terminal.notFound')}
      </span>
      <button type="button" onClick={() => find(-1)} aria-label={t('logs.previous')}>
        ↑
      </button>
      <button type="button" onClick={() => find(1)} aria-label={t('logs.next')}>
        ↓
      </button>
      <button type="button" onClick={() => props.onClose()} aria-label={say('logs.close')}>
        ✕
      </button>
    </div>
  )
}
