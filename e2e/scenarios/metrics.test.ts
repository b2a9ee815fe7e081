import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { MetricPoint } from '@fairlead/protocol/wire/metric-batch.ts'
import { createSampleDecoder } from '@fairlead/protocol/wire/metric-decode.ts'
import { openMetrics } from '../../agent/src/metrics/metrics.ts'
import { openRing } from '../../agent/src/metrics/ring.ts'
import { openDatabase, type Database } from '../../hub/src/base/db.ts'
import { openTestDatabase } from '../../hub/src/base/testdb.ts'
import { createOwner, invite } from '../fleet/console.ts'
import { startAgent, startHub, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { openMetricsStore, type MetricsStore } from '../../hub/src/metrics/metrics.ts'

const hourMs = 3_600_000
/** On a quarter of an hour: what is measured is on the marks of all resolutions. */
const nowMs = Math.floor(Date.now() / 900_000) * 900_000

// An agent's ring and stream, a hub's store on a real PostgreSQL; the link between them is cut by hand.
describe('metrics of a host whose hub is away', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-away-'))
  const organization = randomUUID()
  const host = randomUUID()
  before(async () => {
    test = await openTestDatabase()
  })
  after(async () => {
    await test.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const openStore = (db: Database = test.db) =>
    openMetricsStore(
      db,
      () => undefined,
      () => nowMs,
    )
  const points = (seq: number): MetricPoint[] => [{ kind: 'host', id: '', values: [seq % 6, 4] }]

  /** An agent that was started anew: what it measured before is in its ring only, and now it measures nothing. */
  async function follow(store: MetricsStore, samples: number, before?: () => Promise<void>): Promise<number> {
    const ring = openRing(folder)
    const collector = { collect: () => [] }
    const agent = openMetrics({ collector, ring, bootId: randomUUID(), everyMs: hourMs })
    const leaving = new AbortController()
    const decoder = createSampleDecoder()
    let taken = 0
    try {
      const last = await store.position(organization, host)
      const input = last === undefined ? { afterSeq: -1 } : { bootId: last.bootId, afterSeq: last.seq }
      for await (const item of agent.handlers.watch(input, { signal: leaving.signal } as never)) {
        for (const sample of decoder.decode(item as Uint8Array)) {
          await store.push(organization, host, sample)
          if (++taken === Math.floor(samples / 2)) await before?.()
          if (taken >= samples) return taken
        }
      }
      return taken
    } finally {
      leaving.abort()
      agent.stop()
    }
  }

  it('all arrive once, twenty hours late, though hub and agent die on the way', { timeout: 120_000 }, async () => {
    // Twenty hours at ten seconds, ending an hour ago, in two lives of the agent.
    const count = 7200
    const startMs = nowMs - 21 * hourMs
    for (const [boot, from, to] of [
      ['life-1', 0, 3000],
      ['life-2', 3000, count],
    ] as const) {
      const ring = openRing(folder)
      for (let n = from; n < to; n++)
        ring.push({ bootId: boot, seq: n - from, timeMs: startMs + n * 10_000, dropped: 0, points: points(n) })
    }
    // The first hub writes a part and dies with another part in its memory; the link of the second one is lost; the third stays.
    let dead = false
    const first = await openStore({ ...test.db, tx: (shown, run) => (dead ? Promise.reject(new Error('dead')) : test.db.tx(shown, run)) })
    await follow(first, 2500, () => first.flush())
    dead = true
    const second = await openStore()
    assert.deepEqual(await second.position(organization, host), { bootId: 'life-1', seq: 1249 })
    await follow(second, 3333)
    await second.flush()
    await follow(second, 1000)
    await second.close()
    const third = await openStore()
    assert.deepEqual(await third.position(organization, host), { bootId: 'life-2', seq: 5582 - 3000 })
    await follow(third, count - 5583)
    await third.close()
    await first.close()

    const stored = await test.db.tx(
      { organization },
      (sql) => sql<{ step: number; at: Date; count: number; sum: number; max: number }[]>`
        SELECT step, at, counts[1] AS count, sums[1] AS sum, maxima[1] AS max FROM metrics WHERE host_id = ${host} AND kind = 'host' ORDER BY at`,
    )
    const of = (step: number) => stored.filter((row) => row.step === step)
    const minutes = of(60)
    assert.equal(minutes.length, 1200)
    for (const [index, { at, count, sum, max }] of minutes.entries())
      assert.deepEqual([at.getTime(), count, sum, max], [startMs + index * 60_000, 6, 15, 5])
    const quarters = of(900)
    assert.equal(quarters.length, 80)
    for (const [index, { at, count, sum, max }] of quarters.entries())
      assert.deepEqual([at.getTime(), count, sum, max], [startMs + index * 900_000, 90, 225, 5])
    // The finest resolution has the last six hours before now; nothing was measured in the last one.
    assert.equal(of(10).length, 5 * 360 - 1)
    assert.ok(of(10).every(({ count }) => count === 1))
  })
})

// Real programs: the hub, and then the agent, are killed as by a power cut of one machine at a time.
describe('metrics over kills', () => {
  it('of hub and agent are counted once each, none is missing', { timeout: 180_000 }, async () => {
    const hub = await startHub()
    let agent: AgentProcess | undefined
    let second: ChildProcess | undefined
    try {
      const base = `https://127.0.0.1:${hub.httpsPort}`
      const owner = await createOwner(base, hub.code)
      const env = { FAIRLEAD_METRICS_SECONDS: '0.2' }
      agent = await startAgent(await invite(owner, base), '/nonexistent/engine.sock', { name: 'kills', env })
      const isStored = async (sinceMs: number) => {
        const path = `/api/v1/hosts/kills/metrics?names=uptimeSeconds&fromMs=${sinceMs}&toMs=${Date.now() + 1000}`
        return (await owner.ask('GET', path)).text.includes('"name":"uptimeSeconds"')
      }
      await until(() => isStored(Date.now() - 60_000))

      const hubEnded = ended(hub.process)
      hub.process.kill('SIGKILL')
      await hubEnded
      const hubEndedMs = Date.now()
      await sleep(2000)
      const agentEnded = ended(agent.process)
      agent.process.kill('SIGKILL')
      await agentEnded
      const last = openRing(join(agent.stateDir, 'metrics')).after(undefined, -1, 1e6).at(-1)
      assert.ok(last !== undefined && last.timeMs > hubEndedMs, 'the ring has what was measured after the hub was gone')
      second = spawn(process.execPath, [join(import.meta.dirname, '../../agent/src/main.ts'), 'run'], {
        env: { PATH: process.env['PATH'], FAIRLEAD_STATE_DIR: agent.stateDir, FAIRLEAD_ENGINE: '/nonexistent/engine.sock', ...env },
        stdio: 'ignore',
      })
      await sleep(3000)
      await hub.restart('SIGKILL')
      // In the next step of ten seconds: the link is up again and the ring is told.
      const nextMs = (Math.floor(Date.now() / 10_000) + 1) * 10_000
      await until(() => isStored(nextMs))
      const secondEnded = ended(second)
      second.kill('SIGKILL')
      await secondEnded
      const stopped = ended(hub.process)
      hub.process.kill('SIGTERM')
      await stopped

      const db = await openDatabase({ databaseUrl: undefined, databaseOwnerUrl: undefined, dataDir: hub.dataDir })
      try {
        const boots = await db.owner((sql) => sql<{ seq: number }[]>`SELECT seq::int FROM metric_positions ORDER BY place`)
        assert.equal(boots.length, 2)
        for (const step of [10, 60, 900]) {
          const [row] = await db.owner(
            (sql) => sql<{ count: number }[]>`SELECT sum(counts[17])::int AS count FROM metrics WHERE kind = 'host' AND step = ${step}`,
          )
          assert.equal(row!.count, boots[0]!.seq + boots[1]!.seq + 2, `${step} s`)
        }
        assert.equal(boots[0]!.seq, last.seq)
      } finally {
        await db.close()
      }
    } finally {
      second?.kill('SIGKILL')
      await agent?.stop()
      await hub.stop()
    }
  })
})

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const ended = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()))
