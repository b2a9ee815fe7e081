// A fleet of made-up hosts in one process: real agents over made-up engines. `{ "dir": …, "joins": […] }` comes on standard
// input; hosts that joined before are there again without one. Ends with SIGTERM, or when whoever started it is gone.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enrol } from '@fairlead/agent/enrol.ts'
import { readPin } from '@fairlead/agent/pin.ts'
import { readProxies } from '@fairlead/agent/proxy.ts'
import { runAgent, type Agent } from '@fairlead/agent/run.ts'
import { openFakeEngine } from '../fakes/engine.ts'
import { openWorld } from '../fakes/world.ts'
import { demoHosts, type DemoHost } from './fleet.ts'

const awayMs = 8000
const { dir, joins } = JSON.parse(readFileSync(0, 'utf8')) as { dir: string; joins: string[] }
mkdirSync(dir, { recursive: true })
const sockets = mkdtempSync(join(tmpdir(), 'fairlead-demo-'))
chmodSync(sockets, 0o700)
const agents = new Map<string, Agent>()

const known = readdirSync(dir).filter((name) => readPin(join(dir, name)) !== undefined)
const hosts = demoHosts(Math.max(known.length, 0) + joins.length)
await Promise.all(hosts.map(async (host, index) => startHost(host, index)))

async function startHost(host: DemoHost, index: number): Promise<void> {
  const engine = await openFakeEngine(join(sockets, `${index}.sock`), openWorld(host.seeds), host.engineVersion)
  const stateDir = join(dir, host.name)
  mkdirSync(stateDir, { recursive: true })
  const config = {
    stateDir,
    engineSocket: engine.socket,
    metricsMs: 10_000,
    joinFile: undefined,
    name: host.name,
    compileWhenBusy: false,
    policyFile: join(stateDir, 'policy.json'),
    proxies: readProxies({}),
  }
  try {
    const line = readPin(stateDir) === undefined ? joins.shift() : undefined
    if (line !== undefined) await enrol(config, line, () => undefined)
    if (readPin(stateDir) === undefined) return
    const run = async () => agents.set(host.name, await runAgent(config, () => undefined))
    await run()
    if (host.awayEverySeconds === undefined) return
    setInterval(() => {
      void agents.get(host.name)?.stop()
      setTimeout(() => void run(), awayMs)
    }, host.awayEverySeconds * 1000)
  } catch (error) {
    console.error(`demo: ${host.name} could not join: ${(error as Error).message}`)
  }
}

process.once('disconnect', stop)
process.once('SIGTERM', stop)
process.once('SIGINT', stop)

async function stop(): Promise<void> {
  await Promise.all([...agents.values()].map((agent) => agent.stop()))
  rmSync(sockets, { recursive: true, force: true })
  process.exit(0)
}
