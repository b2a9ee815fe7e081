import { createEffect, createMemo, createSignal, onCleanup } from 'solid-js'
import type { Terminal } from '@fairlead/protocol/features/terminals.ts'
import { ask } from '../api/api.ts'
import { createHosts } from '../kit/live.ts'
import type { TerminalRef } from './ref.ts'

export interface HeldTerminal extends TerminalRef {
  readonly hostName: string
  readonly about: Terminal
}

const lookAgainMs = 4000

export function keyOf({ host, id }: TerminalRef): string {
  return `${host}/${id}`
}

/** What one host holds. */
export function listHeld(host: string): Promise<readonly Terminal[]> {
  // The contract takes nothing but the host, which the type of an empty input does not show.
  return ask('terminals.list', { host } as never)
}

/** Terminals that the hosts hold, whoever opened them; hosts that do not answer are named. */
export function createHeld() {
  const { state } = createHosts()
  const [held, setHeld] = createSignal<readonly HeldTerminal[]>([])
  const [silent, setSilent] = createSignal<readonly string[]>([])
  const [ready, setReady] = createSignal(false)
  const online = createMemo(() => new Set(state.hosts.filter(({ online }) => online).map(({ id }) => id)))
  let looking = false

  async function look(): Promise<void> {
    if (looking || !state.ready) return
    looking = true
    const failed: string[] = []
    const lists = await Promise.all(
      state.hosts.map(async ({ id: host, name: hostName, online }) => {
        if (!online) return (failed.push(hostName), [])
        const list = await listHeld(host).catch(() => (failed.push(hostName), []))
        return list.map((about): HeldTerminal => ({ host, hostName, id: about.id, about }))
      }),
    )
    looking = false
    // What a host that went away held is remembered: its tab keeps its name.
    const now = new Map(lists.flat().map((one) => [keyOf(one), one]))
    for (const old of held()) if (failed.includes(old.hostName) && !now.has(keyOf(old))) now.set(keyOf(old), old)
    setHeld([...now.values()])
    setSilent(failed)
    setReady(true)
  }
  createEffect(() => {
    online()
    void look()
  })
  const timer = setInterval(() => !document.hidden && void look(), lookAgainMs)
  onCleanup(() => clearInterval(timer))

  return {
    held,
    silent,
    ready,
    look,
    find: (key: string) => held().find((one) => keyOf(one) === key),
    isOnline: (host: string) => !state.ready || online().has(host),
    hostName: (host: string) => state.hosts.find(({ id }) => id === host)?.name ?? '',
  }
}
