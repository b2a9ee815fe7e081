import { useSearchParams } from '@solidjs/router'
import { createMemo } from 'solid-js'
import { ask } from '../api/api.ts'
import { createHeld, keyOf } from './held.ts'
import type { TerminalRef } from './ref.ts'
import { parseTabs, refOf } from './address.ts'

const text = (value: string | string[] | undefined) => (typeof value === 'string' ? value : '')

/** Tabs of one page: which terminals, and which of them is shown, are the address: `?on=host/id,host/id&show=host/id`. */
export function createTerminalTabs() {
  const [search, setSearch] = useSearchParams<{ on: string; show: string }>()
  const hosts = createHeld()
  const parsed = createMemo(() => parseTabs(text(search.on)))
  const tabs = createMemo<readonly string[]>(() => parsed().tabs, [], { equals: (a, b) => a.join() === b.join() })
  const shown = () => (tabs().includes(text(search.show)) ? text(search.show) : tabs()[0])
  const put = (keys: readonly string[], show: string | undefined, replace = false) =>
    setSearch({ on: keys.length === 0 ? undefined : keys.join(','), show: keys.length === 0 ? undefined : show }, { replace })

  function detach(key: string): void {
    const at = tabs().indexOf(key)
    const left = tabs().filter((other) => other !== key)
    put(left, shown() === key ? left[Math.min(at, left.length - 1)] : shown())
  }
  const attach = (ref: TerminalRef) => put([...new Set([...tabs(), keyOf(ref)])], keyOf(ref))
  return {
    hosts,
    tabs,
    shown,
    /** Words of the address that name no terminal. */
    bad: () => parsed().bad,
    attach,
    /** The terminal goes on. */
    detach,
    show: (key: string) => put(tabs(), key),
    turn(by: 1 | -1): void {
      const at = tabs().indexOf(shown() ?? '')
      if (at >= 0) put(tabs(), tabs()[(at + by + tabs().length) % tabs().length], true)
    },
    async open(host: string, container: string): Promise<void> {
      const { id } = await ask('terminals.open', { host, container })
      void hosts.look()
      attach({ host, id })
    },
    /** Another one in the same container, in the place of one that ended. */
    async again(key: string): Promise<void> {
      const { host } = refOf(key)
      const old = hosts.find(key)
      if (old === undefined) return detach(key)
      const { id } = await ask('terminals.open', { host, container: old.about.container })
      void ask('terminals.close', refOf(key)).catch(() => undefined)
      await hosts.look()
      put(
        tabs().map((other) => (other === key ? keyOf({ host, id }) : other)),
        keyOf({ host, id }),
      )
    },
    async end(key: string): Promise<void> {
      await ask('terminals.close', refOf(key)).catch(() => undefined)
      detach(key)
      void hosts.look()
    },
    async rename(key: string, name: string): Promise<void> {
      await ask('terminals.rename', { ...refOf(key), name })
      await hosts.look()
    },
  }
}

export type TerminalTabs = ReturnType<typeof createTerminalTabs>
