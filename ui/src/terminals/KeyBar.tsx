import { For, type JSX } from 'solid-js'
import { say } from '../i18n/observe.ts'
import type { TerminalFace } from './terminal.ts'

const keys = [
  ['Esc', '\u001B'],
  ['Tab', '\t'],
  ['^C', '\u0003'],
  ['^D', '\u0004'],
  ['↑', '\u001B[A'],
  ['↓', '\u001B[B'],
  ['←', '\u001B[D'],
  ['→', '\u001B[C'],
  ['|', '|'],
  ['/', '/'],
  ['-', '-'],
  ['~', '~'],
] as const

/** Keys that a phone's keyboard lacks. They leave the focus where it is, so that the keyboard stays. */
export function KeyBar(props: { readonly terminal: TerminalFace; readonly onPaste: () => void }): JSX.Element {
  const stay = (event: PointerEvent) => event.preventDefault()
  return (
    <div class="keys" role="toolbar" aria-label={say('terminal.keys')} onPointerDown={stay}>
      <button type="button" aria-pressed={props.terminal.ctrl()} onClick={() => props.terminal.turnCtrl()}>
        Ctrl
      </button>
      <For each={keys}>
        {([label, text]) => (
          <button type="button" onClick={() => props.terminal.type(text)}>
            {label}
          </button>
        )}
      </For>
      <button type="button" onClick={() => props.onPaste()}>
        {say('terminal.pasteKey')}
      </button>
    </div>
  )
}
