// Thousands of agents and one hub: what an idle one costs, what their figures cost, and how they return when the hub dies.
import { startBareHub } from './fleet/bare.ts'
import { measureFloor } from './fleet/floor.ts'
import { startBenchHub, type BenchHub } from './measure/hub.ts'
import { round, sleep, wallMs } from './measure/numbers.ts'
import type { BenchOptions } from './measure/options.ts'
import { startSimulators, type Simulators } from './simulator/simulators.ts'

/** Where row 7 is measured under TLS. */
const tlsIdle = 5000
const metricsMs = 10_000
const perProcess = 2500
/** Time for buffers of handshakes to go, and for the collector to see it. */
const settleMs = 8000

/**
 * `plain` and `tls` measure the hub as people run it, with its database; `load` measures links and decoding alone, before
 * any database, since 10,000 hosts' figures are more than a database on two shared cores can take in.
 */
export async function run({ agents, seconds, only }: BenchOptions): Promise<Record<string, unknown>> {
  const wanted = (part: string) => only === undefined || only.includes(part)
  const figures: Record<string, unknown> = { agents }
  if (wanted('floor')) Object.assign(figures, await measureFloor(agents, seconds, { perProcess, everyMs: metricsMs, settleMs }))
  if (wanted('load')) Object.assign(figures, await measureLoad(agents, seconds))
  if (wanted('plain')) {
    const { idleKiB, seconds: reconnectSeconds, cpuMs, attempts, loopP99Ms } = await measureReturn(agents, 'plain', agents)
    Object.assign(figures, { rssPerIdleAgentKiB: idleKiB, reconnectSeconds, connectCpuMs: cpuMs, attemptsPerAgent: attempts })
    Object.assign(figures, { reconnectLoopP99Ms: loopP99Ms })
  }
  if (wanted('tls')) {
    const { idleKiB, seconds: tlsSeconds, cpuMs, attempts } = await measureReturn(agents, 'tls', Math.min(agents, tlsIdle))
    Object.assign(figures, { rssPerIdleAgentTlsKiB: idleKiB, reconnectTlsSeconds: tlsSeconds })
    Object.assign(figures, { connectTlsCpuMs: cpuMs, attemptsPerAgentTls: attempts })
  }
  return figures
}

async function measureLoad(agents: number, seconds: number): Promise<Record<string, unknown>> {
  const simulators = await startSimulators(agents, Math.ceil(agents / perProcess))
  const hub = await startBareHub(simulators.keys)
  try {
    const empty = await hub.probe(true)
    await simulators.connect({ address: hub.address, hubKey: hub.hubKey, neverSeal: true }, 400)
    await simulators.allOnline(240_000)
    await sleep(settleMs)
    const idle = await hub.probe(true)
    await simulators.live(0, metricsMs)
    await sleep(metricsMs * 1.5)
    const [before, startMs] = [await hub.probe(), performance.now()]
    await sleep(seconds * 1000)
    const after = await hub.probe()
    const corePercent = ((after.cpuMs - before.cpuMs) / (performance.now() - startMs)) * 100
    return {
      rssMB: round(after.rssBytes / 2 ** 20),
      cpuCorePercent: round(corePercent),
      cpuCorePercentPer1000: round((corePercent / agents) * 1000),
      loopP99Ms: round(after.loopP99Ms),
      loopMaxMs: round(after.loopMaxMs),
      rssPerIdleLinkKiB: round((idle.rssBytes - empty.rssBytes) / agents / 1024),
      heapPerIdleLinkKiB: round((idle.heapBytes - empty.heapBytes) / agents / 1024),
    }
  } finally {
    simulators.stop()
    hub.stop()
  }
}

interface Return {
  /** RSS of the hub per idle agent, at `idleAt` agents. */
  readonly idleKiB: number
  /** From the moment the hub that was killed listens again until the last agent was welcomed. */
  readonly seconds: number
  /** Of the hub, per agent, in that time. */
  readonly cpuMs: number
  readonly attempts: number
  readonly loopP99Ms: number
}

async function measureReturn(agents: number, mode: 'plain' | 'tls', idleAt: number): Promise<Return> {
  const simulators = await startSimulators(agents, Math.ceil(agents / perProcess))
  const bench = await startBenchHub(simulators.keys).catch((error: unknown) => {
    simulators.stop()
    throw error
  })
  try {
    const address = mode === 'tls' ? bench.httpsAddress : bench.httpAddress
    const empty = await bench.probe(true)
    const target = { address, hubKey: bench.hubKey }
    await simulators.connect(target, mode === 'tls' ? 150 : 300, idleAt)
    await simulators.allOnline(240_000, idleAt)
    await sleep(settleMs)
    const idle = await bench.probe(true)
    if (idleAt < agents) {
      await simulators.connect(target, 150, agents)
      await simulators.allOnline(240_000)
    }
    return { idleKiB: round((idle.rssBytes - empty.rssBytes) / idleAt / 1024), ...(await killed(bench, simulators, agents)) }
  } finally {
    simulators.stop()
    await bench.hub.stop()
  }
}

async function killed(bench: BenchHub, simulators: Simulators, agents: number): Promise<Omit<Return, 'idleKiB'>> {
  await bench.hub.restart('SIGKILL')
  const sinceMs = wallMs()
  const before = await bench.probe()
  await simulators.allOnline(240_000, agents)
  const { lastLinkMs, attempts } = await simulators.state(sinceMs)
  const after = await bench.probe()
  return {
    seconds: round((lastLinkMs - sinceMs) / 1000),
    cpuMs: round((after.cpuMs - before.cpuMs) / agents),
    attempts: round(attempts / agents),
    loopP99Ms: round(after.loopP99Ms),
  }
}
