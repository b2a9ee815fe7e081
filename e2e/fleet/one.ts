import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { createOwner, invite, type Person } from './console.ts'
import { openGate } from './gate.ts'
import type { Net } from './net.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from './programs.ts'
import { until } from './until.ts'

type Env = Readonly<Record<string, string>>
interface Started {
  stop(): Promise<void>
}

/** A hub that belongs to somebody. */
export interface OwnedHub extends Started {
  readonly hub: HubProcess
  readonly owner: Person
  /** Under which hosts reach it. */
  readonly address: string
}

interface HubOptions {
  readonly env?: Env
  /** See `startHub`. */
  readonly tree?: string
  /** On the internet of these networks; its owner comes in through a gate of this process. */
  readonly net?: Net
  /** What stands before it: everybody comes through there. */
  readonly through?: (hub: HubProcess) => Promise<{ readonly port: number; close(): Promise<void> }>
}

export function startOwnedHub({ env = {}, tree, net, through }: HubOptions = {}): Promise<OwnedHub> {
  return all(async (add) => {
    const hub = add(await startHub({ env, tree, ...(net === undefined ? {} : { where: net.hub }) }))
    const before = through === undefined ? net && (await openGate(net.hub, hub.httpsPort)) : await through(hub)
    if (before !== undefined) add({ stop: () => before.close() })
    const base = `https://127.0.0.1:${before?.port ?? hub.httpsPort}`
    const owner = await createOwner(base, hub.code)
    return { hub, owner, address: net === undefined ? base : `https://${net.hub.address}:${hub.httpsPort}` }
  })
}

/** A fleet of one: a hub, its owner, and a host with an engine; real programs, the test's own. */
export interface One extends OwnedHub {
  readonly engine: TestEngine
  readonly agent: AgentProcess
  hosts(): Promise<Host[]>
  /** Resolves once a host is online: the one, when none is named. */
  back(name?: string): Promise<void>
}

interface OneOptions extends Omit<HubOptions, 'env'> {
  /** Of the host; `alpha` otherwise. */
  readonly name?: string
  /** More settings of the hub, and of the agent. */
  readonly hub?: Env
  readonly agent?: Env
  /** See `startAgent`. */
  readonly program?: readonly string[]
}

/** With `net`, the host is the machine of its first site. */
export function startOne({ name = 'alpha', hub: env = {}, agent: agentEnv = {}, program, ...rest }: OneOptions = {}): Promise<One> {
  return all(async (add) => {
    const where = rest.net?.sites[0]
    const owned = add(await startOwnedHub({ env, ...rest }))
    const engine = add(await startEngine(where))
    const hosts = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as Host[]
    // Whoever missed its hub for long waits up to a minute before it tries again.
    const back = (wanted = name) => until(async () => (await hosts()).some((host) => host.name === wanted && host.online), 120)
    const join = await invite(owned.owner, owned.address)
    const agent = add(await startAgent(join, engine.socket, { name, env: agentEnv, ...(where && { where }), ...(program && { program }) }))
    await back()
    return { ...owned, engine, agent, hosts, back }
  })
}

/** Starts programs that are stopped together, last first; also when one of them cannot start. */
async function all<T extends object>(start: (add: <P extends Started>(program: P) => P) => Promise<T>): Promise<T & Started> {
  const started: Started[] = []
  const stop = async () => {
    for (const program of started.toReversed()) await program.stop()
  }
  try {
    const made = await start((program) => {
      started.push(program)
      return program
    })
    return { ...made, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
