import { createEffect, createSignal, on, untrack } from 'solid-js'
import { ask, link } from '../api/api.ts'
import { may, me } from '../kit/me.ts'

export interface Loaded<T> {
  /** undefined: not known yet. What was known stays while it is asked again, and after a failure. */
  readonly now: () => T | undefined
  readonly error: () => unknown
  readonly load: () => Promise<void>
}

/**
 * Asks now, whenever what this person may do changes, and when the link is back after a failure. `empty` stands for what this person
 * may not see: it is not asked for.
 */
export function createLoaded<T>(permission: string, empty: T, run: () => Promise<T>): Loaded<T> {
  const [now, setNow] = createSignal<T>()
  const [error, setError] = createSignal<unknown>()
  let turn = 0
  async function load(): Promise<void> {
    const own = ++turn
    try {
      const found = may(permission) ? await run() : empty
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

/** All that the pages of access tell and choose from; asked again after everything that is changed here. */
export function createBook() {
  const accounts = createLoaded('accounts:read', [], () => ask('accounts.list', {}))
  const invitations = createLoaded('accounts:read', [], () => ask('accounts.invitations', {}))
  const teams = createLoaded('teams:read', [], () => ask('teams.list', {}))
  const roles = createLoaded('roles:read', { roles: [], permissions: [] }, () => ask('roles.list', {}))
  const grants = createLoaded('roles:read', [], () => ask('roles.grants', {}))
  const environments = createLoaded('hosts:read', [], () => ask('environments.list', {}))
  const all = [accounts, invitations, teams, roles, grants, environments]
  return {
    accounts,
    invitations,
    teams,
    roles,
    grants,
    environments,
    reload: async () => void (await Promise.all(all.map(({ load }) => load()))),
  }
}

export type Book = ReturnType<typeof createBook>
