import { fork, type ChildProcess } from 'node:child_process'
import { fromBase64Url, toBase64Url } from '@fairlead/protocol/join.ts'
import { ask } from '../measure/ask.ts'
import { sleep } from '../measure/numbers.ts'
import type { Target } from './agent.ts'
import type { FleetState } from './main.ts'

/** A fleet of simulated agents in a few processes. */
export interface Simulators {
  /** Public keys of all agents, in order. */
  readonly keys: readonly Uint8Array[]
  /** Those among the first `first` agents that were not yet told to. */
  connect(target: Target, perSecond: number, first?: number): Promise<void>
  live(containers: number, metricsMs: number): Promise<void>
  /** One container somewhere changes; answers when, wall clock ms. */
  change(token: string): Promise<number>
  state(sinceMs?: number): Promise<FleetState>
  /** Throws when not so many are online in time; without a number, all. */
  allOnline(timeoutMs: number, wanted?: number): Promise<void>
  stop(): void
}

export async function startSimulators(count: number, processes: number): Promise<Simulators> {
  const children: ChildProcess[] = []
  const keys: Uint8Array[] = []
  for (let n = 0; n < processes; n++) {
    const from = Math.floor((count * n) / processes)
    const child = fork(`${import.meta.dirname}/main.ts`, { execArgv: ['--max-old-space-size=4096'] })
    children.push(child)
    const own = await ask<string[]>(child, 'make', { from, count: Math.floor((count * (n + 1)) / processes) - from })
    keys.push(...own.map(fromBase64Url))
  }
  const all = <T>(name: string, input: unknown) => Promise.all(children.map((child) => ask<T>(child, name, input)))

  async function state(sinceMs = 0): Promise<FleetState> {
    const states = await all<FleetState>('state', { sinceMs })
    return {
      online: states.reduce((sum, { online }) => sum + online, 0),
      lastLinkMs: Math.max(...states.map(({ lastLinkMs }) => lastLinkMs)),
      attempts: states.reduce((sum, { attempts }) => sum + attempts, 0),
    }
  }

  return {
    keys,
    async connect({ address, hubKey, neverSeal = false }, perSecond, first = count) {
      const input = { address, neverSeal, hubKey: toBase64Url(hubKey), perSecond: perSecond / processes, share: first / count }
      await all('connect', input)
    },
    live: async (containers, metricsMs) => void (await all('live', { containers, metricsMs })),
    change: (token) => ask(children[Math.floor(Math.random() * processes)]!, 'change', { token }),
    state,
    async allOnline(timeoutMs, wanted = count) {
      const untilMs = performance.now() + timeoutMs
      for (;;) {
        const { online } = await state()
        if (online >= wanted) return
        if (performance.now() > untilMs) throw new Error(`only ${online} of ${wanted} agents were online after ${timeoutMs} ms`)
        await sleep(100)
      }
    },
    stop() {
      for (const child of children) child.kill('SIGKILL')
    },
  }
}
