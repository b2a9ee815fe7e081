// 200 hosts with 10,000 containers, and one person who looks at them: the real hub and database, simulated agents.
import { hostName, startBenchHub } from './measure/hub.ts'
import { percentile, round, sleep } from './measure/numbers.ts'
import type { BenchOptions } from './measure/options.ts'
import { fetchPacked, openConsole } from './list/console.ts'
import { openLive, timeChanges, timeFinds, timePages, timeSearches } from './list/rows.ts'
import { startSimulators } from './simulator/simulators.ts'

const metricsMs = 10_000

export async function run({ hosts, containers }: BenchOptions): Promise<Record<string, unknown>> {
  const simulators = await startSimulators(hosts, Math.min(2, hosts))
  const bench = await startBenchHub(simulators.keys).catch((error: unknown) => {
    simulators.stop()
    throw error
  })
  try {
    const perHost = Math.ceil(containers / hosts)
    await simulators.connect({ address: bench.httpsAddress, hubKey: bench.hubKey }, 100)
    await simulators.allOnline(60_000)
    await simulators.live(perHost, metricsMs)
    const console_ = await openConsole(bench.httpsAddress, bench.owner.cookie)
    await allRows(console_, perHost * hosts)
    // Figures of every container have come at least once.
    await sleep(metricsMs * 2)
    await timePages(console_, perHost * hosts, 20)
    const before = await bench.probe()
    const startMs = performance.now()
    const pages = await timePages(console_, perHost * hosts, 200)
    const searches = await timeSearches(console_, 200)
    const finds = await timeFinds(console_, 100)
    const changes = await timeChanges(console_, simulators.change, 200)
    const live = await openLive(console_)
    const after = await bench.probe(true)
    const page = await fetchPacked(bench.httpsAddress, '/api/v1/fleet/container?limit=200', bench.owner.cookie)
    console_.close()
    return {
      hosts,
      containers: perHost * hosts,
      p95Ms: round(percentile(pages, 0.95)),
      p50Ms: round(percentile(pages, 0.5)),
      searchP95Ms: round(percentile(searches, 0.95)),
      findP95Ms: round(percentile(finds, 0.95)),
      patchP95Ms: round(percentile(changes, 0.95)),
      patchP50Ms: round(percentile(changes, 0.5)),
      bytesPerRow: round(page.bytes / Math.min(200, perHost * hosts)),
      liveBytesPerRow: round(live.bytesPerRow),
      livePageMs: round(live.ms),
      bytesPerRowEncoding: page.encoding,
      hubCpuPercent: round(((after.cpuMs - before.cpuMs) / (performance.now() - startMs)) * 100),
      hubRssMB: round(after.rssBytes / 2 ** 20),
      loopP99Ms: round(after.loopP99Ms),
    }
  } finally {
    simulators.stop()
    await bench.hub.stop()
  }
}

async function allRows({ api }: Awaited<ReturnType<typeof openConsole>>, wanted: number): Promise<void> {
  for (let n = 0; n < 300; n++) {
    const { totals } = await api.fleet.rows({ kind: 'container', limit: 1 })
    if (totals.all === wanted) return
    await sleep(200)
  }
  throw new Error(`the hub does not know all ${wanted} containers of ${hostName(0)} and the others after a minute`)
}
