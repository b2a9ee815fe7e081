import { createSignal } from 'solid-js'

/** Ages are told in seconds at the finest, and nobody counts along: one clock for all of them, and a calm one. */
const everyMs = 5000

const [turn, setTurn] = createSignal(0)
let ticking: ReturnType<typeof setInterval> | undefined

/**
 * What time it is, ms since the epoch; whatever asks in a view is asked again every few seconds, so that no age stands still.
 * A page that nobody sees rests, and is right as soon as it is seen.
 */
export function nowMs(): number {
  ticking ??= begin()
  turn()
  return Date.now()
}

function begin(): ReturnType<typeof setInterval> {
  const page = globalThis.document as Document | undefined
  const tick = () => page?.hidden !== true && setTurn((n) => n + 1)
  page?.addEventListener('visibilitychange', tick)
  const timer = setInterval(tick, everyMs)
  // In a test it keeps no process alive.
  ;(timer as { unref?: () => void }).unref?.()
  return timer
}
