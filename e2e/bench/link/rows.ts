import { drift, median, percentile, round, sleep } from '../measure/numbers.ts'
import type { World } from './world.ts'

/** Each measures one row of the table of goals, in one mode; the names are those of the answer's keys. */
export type Figures = Record<string, number | boolean>

interface Measured {
  readonly bytes: number
  readonly ms: number
  readonly cpuMs: number
}

const megabyte = 1e6
/** Direct and over the link take turns so often. */
const turns = 5
const warmTurns = 2

export async function measureList({ pair }: World): Promise<Figures> {
  const { hub, stop } = await pair({})
  const { direct, relay, link } = await hub<{ direct: number[]; relay: number[]; link: number[] }>('list', { times: 1500 })
  await stop()
  return {
    listP50Ratio: round(median(link) / median(direct)),
    listP99Ratio: round(percentile(link, 0.99) / percentile(direct, 0.99)),
    listRelayP50Ratio: round(median(relay) / median(direct)),
    listRelayP99Ratio: round(percentile(relay, 0.99) / percentile(direct, 0.99)),
    listDirectP50Ms: round(median(direct)),
    listLinkP50Ms: round(median(link)),
    listDirectP99Ms: round(percentile(direct, 0.99)),
    listLinkP99Ms: round(percentile(link, 0.99)),
    listDirectDrift: round(drift(direct)),
  }
}

export async function measureLogs({ pair, logContainer, logTextBytes }: World): Promise<Figures> {
  const { hub, stop } = await pair({})
  const id = await logContainer()
  const [direct, link]: [Measured[], Measured[]] = [[], []]
  // A hub runs for weeks: as with lists, how code runs the first few times is not what is measured.
  for (let n = -warmTurns; n < turns; n++) {
    const [directly, tunnelled] = [await hub<Measured>('logsDirect', { id }), await hub<Measured>('logsLink', { id })]
    if (n < 0) continue
    direct.push(directly)
    link.push(tunnelled)
  }
  await stop()
  const rate = (runs: Measured[]) => median(runs.map(({ ms }) => logTextBytes / megabyte / (ms / 1000)))
  return {
    logsThroughputRatio: round(rate(link) / rate(direct)),
    logsHubCpuMsPerMB: round(median(link.map(({ cpuMs }) => cpuMs / (logTextBytes / megabyte)))),
    logsDirectMBps: round(rate(direct)),
    logsLinkMBps: round(rate(link)),
    logsDirectCpuMsPerMB: round(median(direct.map(({ cpuMs }) => cpuMs / (logTextBytes / megabyte)))),
  }
}

export async function measureArchive({ pair, bigContainer }: World): Promise<Figures> {
  const { hub, agentState, stop } = await pair({})
  const id = await bigContainer()
  const [direct, relay, link]: [Measured[], Measured[], Measured[]] = [[], [], []]
  /** With the CPU of the agent's process. */
  const both = async (name: string): Promise<Measured> => {
    const before = await agentState()
    const run = await hub<Measured>(name, { id })
    return { ...run, cpuMs: run.cpuMs + (await agentState()).cpuMs - before.cpuMs }
  }
  for (let n = 0; n < turns; n++) {
    direct.push(await hub<Measured>('archiveDirect', { id }))
    relay.push(await both('archiveRelay'))
    link.push(await both('archiveLink'))
  }
  await stop()
  const rate = (runs: Measured[]) => median(runs.map(({ bytes, ms }) => bytes / megabyte / (ms / 1000)))
  const cpu = (runs: Measured[]) => median(runs.map(({ cpuMs }) => cpuMs))
  const perMB = (runs: Measured[]) => round(cpu(runs) / (direct[0]!.bytes / megabyte))
  return {
    archiveCpuRatio: round(cpu(link) / cpu(direct)),
    archiveRelayCpuRatio: round(cpu(relay) / cpu(direct)),
    archiveThroughputRatio: round(rate(link) / rate(direct)),
    archiveRelayThroughputRatio: round(rate(relay) / rate(direct)),
    archiveDirectMBps: round(rate(direct)),
    archiveLinkMBps: round(rate(link)),
    archiveDirectCpuMsPerMB: perMB(direct),
    archiveBothCpuMsPerMB: perMB(link),
  }
}

export async function measureEcho({ pair, idleContainer: id }: World): Promise<Figures> {
  const { hub, stop } = await pair({})
  const keys = () => hub<number[][]>('keys', { id, count: 200, pauseMs: 15, ways: ['direct', 'relay', 'link'] })
  const [idleDirect, idleRelay, idleLink] = await keys()
  await hub('bulkStart', { streams: 3 })
  await sleep(1000)
  const [bulkDirect, bulkRelay, bulkLink] = await keys()
  await hub('bulkStop')
  await stop()
  return {
    execEchoIdleRatio: round(median(idleLink!) / median(idleDirect!)),
    execEchoBulkRatio: round(median(bulkLink!) / median(bulkDirect!)),
    execEchoIdleRelayRatio: round(median(idleRelay!) / median(idleDirect!)),
    execEchoBulkRelayRatio: round(median(bulkRelay!) / median(bulkDirect!)),
    execEchoIdleDirectMs: round(median(idleDirect!)),
    execEchoIdleLinkMs: round(median(idleLink!)),
    execEchoBulkDirectMs: round(median(bulkDirect!)),
    execEchoBulkLinkMs: round(median(bulkLink!)),
  }
}

export async function measureStalled({ pair }: World): Promise<Figures> {
  const { hub, agentState, stop } = await pair({})
  const lists = async () => percentile((await hub<{ link: number[] }>('list', { times: 600 })).link, 0.99)
  const [alone, beside]: [number[], number[]] = [[], []]
  let received: number[] = []
  await agentState()
  // In turn, since the machine does other things too.
  for (let n = 0; n < 3; n++) {
    alone.push(await lists())
    received = await hub<number[]>('stall', { streams: 20 })
    beside.push(await lists())
    await hub('unstall')
    await sleep(300)
  }
  const { mostQueuedBytes } = await agentState()
  await stop()
  return {
    stalledReadersP99Ratio: round(median(beside) / median(alone)),
    stalledAloneP99Ms: round(median(alone)),
    stalledBesideP99Ms: round(median(beside)),
    stalledHubBytesPerStream: Math.max(...received),
    stalledAgentBytesPerStream: mostQueuedBytes,
  }
}
