import { fork, type ChildProcess } from 'node:child_process'
import type { TestEngine } from '../../engine.ts'
import { openFaultProxy, type FaultProxy, type Faults } from '../../fleet/faultproxy.ts'
import type { Namespace } from '../../fleet/net.ts'
import { ask } from '../measure/ask.ts'
import type { AgentState } from './agent.ts'

export type Mode = 'plain' | 'tls' | 'sealed'

/** A hub and an agent, two processes, joined in one of the three ways. */
export interface LinkPair {
  hub<T>(name: string, input?: unknown): Promise<T>
  agentState(): Promise<AgentState>
  /** In between, when the link was to be shaped. */
  readonly proxy: FaultProxy | undefined
  stop(): Promise<void>
}

export interface PairOptions {
  readonly mode: Mode
  readonly engine: TestEngine
  /** A TCP relay of ours shapes the link; it runs in this process. */
  readonly faults?: Partial<Faults>
  /** Real namespaces with a real queue between. */
  readonly where?: { readonly hub: Namespace; readonly agent: Namespace }
  readonly hurry?: boolean
}

export async function openPair({ mode, engine, faults, where, hurry = false }: PairOptions): Promise<LinkPair> {
  const agent = start('agent.ts', where?.agent)
  const hub = start('hub.ts', where?.hub)
  const [neverSeal, address] = [mode === 'plain', where?.hub.address ?? '127.0.0.1']
  const keys = [await ask<string>(agent, 'key')]
  const listen = { keys, neverSeal, engine: engine.socket, address }
  const ports = await ask<{ httpPort: number; httpsPort: number; hubKey: string }>(hub, 'listen', listen)
  const port = mode === 'tls' ? ports.httpsPort : ports.httpPort
  const proxy = faults === undefined ? undefined : await openFaultProxy({ host: address, port }, faults)
  const url = `${mode === 'tls' ? 'https' : 'http'}://${address}:${proxy?.port ?? port}`
  await ask(agent, 'connect', { address: url, hubKey: ports.hubKey, neverSeal, engine: engine.socket, hurry })
  await ask(hub, 'connected')
  if (where === undefined) await ask(hub, 'relay', { port: await ask<number>(agent, 'relay', { engine: engine.socket }) })
  return {
    hub: (name, input) => ask(hub, name, input),
    agentState: () => ask<AgentState>(agent, 'state'),
    proxy,
    async stop() {
      for (const child of [agent, hub]) child.kill('SIGTERM')
      await proxy?.close()
    },
  }
}

function start(file: string, where: Namespace | undefined): ChildProcess {
  const path = `${import.meta.dirname}/${file}`
  const given = (process.env[file === 'hub.ts' ? 'BENCH_HUB_OPTIONS' : 'BENCH_AGENT_OPTIONS'] ?? '')
    .split(' ')
    .filter((part) => part !== '')
  const execArgv = ['--expose-gc', ...given]
  if (where === undefined) return fork(path, { execArgv })
  return where.spawn(process.execPath, [...execArgv, path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}
