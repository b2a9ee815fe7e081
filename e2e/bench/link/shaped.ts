import type { Site } from '../../fleet/net.ts'
import { openNet } from '../../fleet/net.ts'
import { median, percentile, round, sleep } from '../measure/numbers.ts'
import type { LinkPair } from './pair.ts'
import type { Figures } from './rows.ts'
import type { World } from './world.ts'

const slowBytesPerSecond = 2_500_000
const gigabitBytesPerSecond = 125_000_000

interface Typed {
  readonly idle: readonly number[]
  readonly bulk: readonly number[]
  /** Payload of bulk per second, as a share of what the link is said to carry. */
  readonly share: number
}

/** Keys alone, then beside three streams that take all they can get. */
async function typeBesideBulk({ hub }: LinkPair, id: string, bytesPerSecond: number, count: number): Promise<Typed> {
  const keys = async () => (await hub<number[][]>('keys', { id, count, pauseMs: 40, ways: ['link'] }))[0]!
  const idle = await keys()
  await hub('bulkStart', { streams: 3 })
  await sleep(3000)
  const before = await hub<{ bytes: number; atMs: number }>('bulkBytes')
  const bulk = await keys()
  const after = await hub<{ bytes: number; atMs: number }>('bulkBytes')
  await hub('bulkStop')
  return { idle, bulk, share: (after.bytes - before.bytes) / ((after.atMs - before.atMs) / 1000) / bytesPerSecond }
}

/** 20 Mbit/s of a real token bucket of the kernel, hub and agent in namespaces of their own. */
export async function measureKeys({ pair, idleContainer }: World): Promise<Figures> {
  const net = openNet(1)
  try {
    const site = net.sites[0]!
    narrow(site)
    const link = await pair({ where: { hub: net.hub, agent: site } })
    const { idle, bulk, share } = await typeBesideBulk(link, idleContainer, slowBytesPerSecond, 300)
    await link.stop()
    return {
      keyAddedP50Ms: round(median(bulk) - median(idle)),
      keyAddedP99Ms: round(percentile(bulk, 0.99) - median(idle)),
      bulkLinkShare: round(share),
      keyIdleP50Ms: round(median(idle)),
      keyIdleP99Ms: round(percentile(idle, 0.99)),
      keyBulkP50Ms: round(median(bulk)),
      keyBulkP99Ms: round(percentile(bulk, 0.99)),
    }
  } finally {
    net.close()
  }
}

function narrow(site: Site): void {
  const bucket = ['root', 'tbf', 'rate', '20mbit', 'burst', '64kb', 'latency', '200ms']
  site.run('tc', 'qdisc', 'add', 'dev', 'eth0', ...bucket)
  site.gateway.run('tc', 'qdisc', 'add', 'dev', 'lan0', ...bucket)
}

/** The same over a longer way: a relay of ours, since this kernel cannot delay. */
export async function measureDelays({ pair, idleContainer }: World): Promise<Figures> {
  const figures: Record<string, number> = {}
  for (const rttMs of [40, 80]) {
    const link = await pair({ faults: { bytesPerSecond: slowBytesPerSecond, delayMs: rttMs / 2 } })
    const { idle, bulk, share } = await typeBesideBulk(link, idleContainer, slowBytesPerSecond, 200)
    await link.stop()
    figures[`key${rttMs}Ratio`] = round(percentile(bulk, 0.99) / median(idle))
    figures[`bulk${rttMs}LinkShare`] = round(share)
    figures[`key${rttMs}IdleP50Ms`] = round(median(idle))
    figures[`key${rttMs}BulkP50Ms`] = round(median(bulk))
    figures[`key${rttMs}BulkP99Ms`] = round(percentile(bulk, 0.99))
  }
  return figures
}

const cuts = 100
const cutsBytesPerSecond = 6_250_000

/** 50 Mbit/s, and the link torn at a hundred random places of the transfer. */
export async function measureCuts({ pair, bigContainer }: World): Promise<Figures> {
  const id = await bigContainer()
  const link = await pair({ faults: { bytesPerSecond: cutsBytesPerSecond }, hurry: true })
  const { hub, agentState } = link
  const proxy = link.proxy!
  interface Read {
    readonly sha256: string
    readonly bytes: number
    readonly ms: number
    readonly opened: number
  }
  const wanted = await hub<string>('archiveHash', { id })
  const whole = await hub<Read>('archiveThroughCuts', { id })
  await agentState()
  const places = Array.from({ length: cuts }, () => proxy.bytesUp + Math.random() * whole.bytes * 0.97).sort((a, b) => a - b)
  let made = 0
  const timer = setInterval(() => {
    if (made >= places.length || proxy.bytesUp < places[made]!) return
    made++
    proxy.cut()
  }, 2)
  const torn = await hub<Read>('archiveThroughCuts', { id })
  clearInterval(timer)
  const { mostRetainedBytes } = await agentState()
  await link.stop()
  return {
    cutsIdentical: torn.sha256 === wanted && whole.sha256 === wanted,
    cutsRetainedBytes: mostRetainedBytes,
    cutsTimeRatio: round(torn.ms / whole.ms),
    cutsMade: made,
    cutsMegabytes: round(whole.bytes / 1e6),
  }
}

/** How soon the link is used, from the first byte: 1 Gbit/s, 40 ms there and back. Bulk comes out of the agent's memory. */
export async function measureStartup({ pair }: World): Promise<Figures> {
  const { hub, stop } = await pair({ faults: { bytesPerSecond: gigabitBytesPerSecond, delayMs: 20 } })
  // The link is found as a person would find it, quiet for a while.
  await sleep(1000)
  const seen: { bytes: number; atMs: number }[] = [await hub('bulkBytes')]
  await hub('bulkStart', { streams: 3 })
  for (let n = 0; n < 100; n++) {
    await sleep(50)
    seen.push(await hub<{ bytes: number; atMs: number }>('bulkBytes'))
  }
  await hub('bulkStop')
  await stop()
  const rates = seen.slice(1).map(({ bytes, atMs }, n) => (bytes - seen[n]!.bytes) / ((atMs - seen[n]!.atMs) / 1000))
  // The machine may not carry a gigabit through three processes: then what it does carry is the measure, and is said.
  const settled = median(rates.slice(-40))
  const smooth = rates.map((_, n) => (rates[Math.max(0, n - 1)]! + rates[n]!) / 2)
  const reached = smooth.findIndex((rate) => rate >= 0.9 * Math.min(settled, gigabitBytesPerSecond))
  return {
    startupSeconds: round(reached < 0 ? Number.POSITIVE_INFINITY : (seen[reached + 1]!.atMs - seen[0]!.atMs) / 1000),
    gigabitShare: round(settled / gigabitBytesPerSecond),
  }
}
