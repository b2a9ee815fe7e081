import type { Terminal as Screen } from '@xterm/xterm'
import { createSignal, onCleanup, type Accessor } from 'solid-js'

/** What the console itself does from inside a terminal; every other key goes to the shell. */
export interface PrefixActions {
  readonly create?: () => void
  readonly close?: () => void
  readonly find?: () => void
  readonly turn?: (by: 1 | -1) => void
  /** Out of the terminal, for those who have no mouse. */
  readonly leave?: () => void
}

const patienceMs = 3000

/** Ctrl+Shift+Space, then a letter. Answers whether the letter is waited for. */
export function createPrefix(screen: Screen, actions: PrefixActions): Accessor<boolean> {
  const [waiting, setWaiting] = createSignal(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  const then: Readonly<Record<string, () => void>> = {
    t: () => actions.create?.(),
    w: () => actions.close?.(),
    f: () => actions.find?.(),
    ArrowLeft: () => actions.turn?.(-1),
    ArrowRight: () => actions.turn?.(1),
    Escape: () => (screen.blur(), actions.leave?.()),
  }
  screen.attachCustomKeyEventHandler((event) => {
    if (event.ctrlKey && event.key === 'Insert') {
      if (event.type === 'keydown' && screen.hasSelection()) void navigator.clipboard.writeText(screen.getSelection())
      return false
    }
    if (event.ctrlKey && event.shiftKey && event.code === 'Space') {
      if (event.type === 'keydown') {
        event.preventDefault()
        setWaiting(true)
        clearTimeout(timer)
        timer = setTimeout(() => setWaiting(false), patienceMs)
      }
      return false
    }
    // Ctrl+Shift+V pastes: the browser's own event brings the text.
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyV') return false
    if (!waiting()) return true
    if (/^(Control|Shift|Alt|Meta)$/.test(event.key)) return false
    if (event.type === 'keydown') {
      event.preventDefault()
      setWaiting(false)
      then[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.()
    }
    return false
  })
  return waiting
}
