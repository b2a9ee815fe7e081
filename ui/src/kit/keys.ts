import { createSignal, onCleanup } from 'solid-js'
import type { Key } from '../i18n/en.ts'

/** One key of a screen. `combo`: `x`, `Shift+x`, `Mod+a` (Ctrl or Cmd), `Enter`, `Space`, `g o`. */
export interface KeyAction {
  readonly combo: string
  readonly label: Key
  /** Answers false when it had nothing to do, so that the key goes on. */
  readonly run: () => unknown
}

const layers: (readonly KeyAction[])[] = []
const [single, setSingle] = createSignal(globalThis.localStorage?.getItem('single-keys') !== 'off')
/** Whether single letters act: they can be turned off (WCAG 2.1.4). */
export { single }

export function turnSingle(on: boolean): void {
  localStorage.setItem('single-keys', on ? 'on' : 'off')
  setSingle(on)
}

/** Keys for as long as the component lives; what was added last is asked first. */
export function createKeys(actions: readonly KeyAction[]): void {
  if (layers.length === 0) document.addEventListener('keydown', onKey)
  layers.push(actions)
  onCleanup(() => {
    layers.splice(layers.indexOf(actions), 1)
    if (layers.length === 0) document.removeEventListener('keydown', onKey)
  })
}

/** Everything that a key does now, the innermost first: the help of `?`. */
export function activeKeys(): readonly KeyAction[] {
  const seen = new Set<string>()
  return layers
    .toReversed()
    .flat()
    .filter(({ combo }) => !seen.has(combo) && seen.add(combo))
}

/** Where letters are text: fields, editors, terminals. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !/^(checkbox|radio|button|range)$/.test(target.type)
  return /^(TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable || target.closest('.terminal, .xterm') !== null
}

let prefix = ''
let prefixMs = 0

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return
  const mod = event.ctrlKey || event.metaKey
  const named =
    event.key === ' '
      ? 'Space'
      : event.key.length === 1 && event.shiftKey && /[A-Z]/.test(event.key)
        ? `Shift+${event.key.toLowerCase()}`
        : event.key
  const one = mod ? `Mod+${event.key.toLowerCase()}` : named
  if (isTyping(event.target) && one !== 'Mod+k') return
  // A button or a link is pressed by these itself.
  if (
    (one === 'Space' || one === 'Enter') &&
    event.target instanceof HTMLElement &&
    event.target.closest('button, a, summary, input') !== null
  )
    return
  const combo = prefix !== '' && event.timeStamp - prefixMs < 1500 ? `${prefix} ${one}` : one
  prefix = ''
  if (!single() && !mod && /^(Shift\+)?.$/.test(one) && one !== '?') return
  const modal = document.querySelector('[aria-modal=true]') !== null
  for (const actions of modal ? layers.slice(-1) : layers.toReversed()) {
    const action = actions.find((candidate) => candidate.combo === combo)
    if (action === undefined || action.run() === false) continue
    event.preventDefault()
    return
  }
  if (layers.flat().some((candidate) => candidate.combo.startsWith(`${one} `))) {
    prefix = one
    // When it was pressed: a busy page hears of it later.
    prefixMs = event.timeStamp
  }
}
