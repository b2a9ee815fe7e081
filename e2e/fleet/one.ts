import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { createOwner, invite, type Person } from './console.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from './programs.ts'
import { until } from './until.ts'

/** A fleet of one: a hub, its owner, and the host `alpha` with an engine; real programs, the test's own. */
export interface One {
  readonly hub: HubProcess
  readonly engine: TestEngine
  readonly owner: Person
  readonly agent: AgentProcess
  hosts(): Promise<Host[]>
  /** Resolves once `alpha` is online. */
  back(): Promise<void>
  stop(): Promise<void>
}

type Env = Readonly<Record<string, string>>

export async function startOne(env: { readonly hub?: Env; readonly agent?: Env } = {}): Promise<One> {
  const started: { stop(): Promise<void> }[] = []
  const add = <T extends { stop(): Promise<void> }>(program: T): T => {
    started.push(program)
    return program
  }
  const stop = async () => {
    for (const program of started.toReversed()) await program.stop()
  }
  try {
    const hub = add(await startHub({ env: env.hub ?? {} }))
    const engine = add(await startEngine())
    const base = `https://127.0.0.1:${hub.httpsPort}`
    const owner = await createOwner(base, hub.code)
    const hosts = async () => JSON.parse((await owner.ask('GET', '/api/v1/hosts')).text) as Host[]
    const back = () => until(async () => (await hosts())[0]?.online === true)
    const agent = add(await startAgent(await invite(owner, base), engine.socket, { name: 'alpha', env: env.agent ?? {} }))
    await back()
    return { hub, engine, owner, agent, hosts, back, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
