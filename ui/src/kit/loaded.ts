import { createEffect, createSignal, on, untrack } from 'solid-js'
import { link } from '../api/api.ts'
import { may, me } from './me.ts'

export interface Loaded<T> {
  /** undefined: not known yet. What was known stays while it is asked again, and after a failure. */
  readonly now: () => T | undefined
  readonly error: () => unknown
  readonly load: () => Promise<void>
}

/**
 * Asks now, whenever what this person may do changes, and when the link is back after a failure. `empty` stands for what this person
 * may not see: it is not asked for. Without a permission it is their own.
 */
export function createLoaded<T>(permission: string | undefined, empty: T, run: () => Promise<T>): Loaded<T> {
  const [now, setNow] = createSignal<T>()
  const [error, setError] = createSignal<unknown>()
  let turn = 0
  async function load(): Promise<void> {
    const own = ++turn
    try {
      const found = permission === undefined || may(permission) ? await run() : empty
      if (own !== turn) return
      setNow(() => found)
      setError(undefined)
    } catch (reason) {
      if (own === turn) setError(reason)
    }
  }
  createEffect(on(me, () => void load()))
  createEffect(() => link().state === 'up' && untrack(error) !== undefined && void load())
  return { now, error, load }
}
