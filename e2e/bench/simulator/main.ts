// One process of many simulated agents. Started by `startSimulators`, asked over IPC.
import { setTimeout as wait } from 'node:timers/promises'
import { toBase64Url, fromBase64Url } from '@fairlead/protocol/join.ts'
import { answerParent } from '../measure/ask.ts'
import { wallMs } from '../measure/numbers.ts'
import { makeAgent, type SimulatedAgent } from './agent.ts'

const agents: SimulatedAgent[] = []
let containerOf = 0
let connected = 0

interface Connect {
  readonly address: string
  readonly hubKey: string
  readonly neverSeal: boolean
  readonly perSecond: number
  /** Of all agents here, those already connected included. */
  readonly share: number
}

export interface FleetState {
  readonly online: number
  /** The last welcome, wall clock ms. */
  readonly lastLinkMs: number
  /** Attempts to connect since the moment asked for. */
  readonly attempts: number
}

answerParent({
  make({ from, count }: { from: number; count: number }): string[] {
    for (let i = 0; i < count; i++) agents.push(makeAgent(from + i))
    return agents.map(({ identity }) => toBase64Url(identity.publicKey))
  },
  async connect({ address, hubKey, neverSeal, perSecond, share }: Connect): Promise<void> {
    const target = { address, hubKey: fromBase64Url(hubKey), neverSeal }
    const startMs = performance.now()
    const told = agents.slice(connected, Math.round(agents.length * share))
    connected += told.length
    for (const [index, agent] of told.entries()) {
      const dueMs = (index / perSecond) * 1000 - (performance.now() - startMs)
      if (dueMs > 1) await wait(dueMs)
      agent.connect(target)
    }
  },
  live({ containers, metricsMs }: { containers: number; metricsMs: number }): void {
    containerOf = containers
    for (const agent of agents) agent.live(containers, metricsMs)
  },
  /** Answers when the change left, wall clock ms. */
  change({ token }: { token: string }): number {
    const agent = agents[Math.floor(Math.random() * agents.length)]!
    const atMs = wallMs()
    agent.change(Math.floor(Math.random() * containerOf), token)
    return atMs
  },
  state({ sinceMs }: { sinceMs: number }): FleetState {
    return {
      online: agents.filter(({ online }) => online).length,
      lastLinkMs: Math.max(0, ...agents.map(({ linkedMs }) => linkedMs)),
      attempts: agents.reduce((sum, { attemptsMs }) => sum + attemptsMs.filter((atMs) => atMs >= sinceMs).length, 0),
    }
  },
  stop(): void {
    for (const agent of agents) agent.stop()
  },
})
