import { createEffect, createSignal, createMemo } from 'solid-js'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { createHosts } from './live.ts'

/** A host that is up while its engine does not answer: of its containers, only what was so before is known. */
interface SilentEngine {
  readonly host: string
  readonly name: string
  readonly problem: string
}

const [silent, setSilent] = createSignal<readonly SilentEngine[]>([])

export const silentEngines = silent
export const silentEngine = (host: string): SilentEngine | undefined => silent().find((one) => one.host === host)

export const silentAmong = (hosts: readonly Host[]): readonly SilentEngine[] =>
  hosts
    .filter(({ online, facts }) => online && facts?.engine.up === false)
    .map(({ id, name, facts }) => ({ host: id, name, problem: facts!.engine.problem }))

/** From here on the rows of such hosts are shown as old. `hosts`: as they are now, live. */
export function followEngines(hosts: () => readonly Host[]): void {
  // Figures of hosts change all the time; rows are drawn anew only when an engine comes or goes.
  const now = createMemo(() => silentAmong(hosts()), [], { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) })
  createEffect(() => setSilent(now()))
}

/** The same for a page that has no hosts of its own. Answers how many hosts there are; undefined: not known yet. */
export function createEngines(): () => number | undefined {
  const { state } = createHosts()
  followEngines(() => state.hosts)
  return () => (state.ready ? state.hosts.length : undefined)
}
