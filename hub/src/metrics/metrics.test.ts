import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { metricNames, type MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import type { MetricPoint, MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import type { Database } from '../base/db.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openMetricsStore, type MetricsStore } from './metrics.ts'

const hourMs = 3_600_000
const none = Number.NaN

/** On the hour, so that ranges fall on the marks of all resolutions. */
const nowMs = Math.floor(Date.now() / hourMs) * hourMs

const host = (cpu: number, memory = none): MetricPoint => ({ kind: 'host', id: '', values: [cpu, none, memory] })
const sample = (seq: number, timeMs: number, points: readonly MetricPoint[], more: Partial<MetricSample> = {}): MetricSample => ({
  bootId: 'boot-1',
  seq,
  timeMs,
  dropped: 0,
  points,
  ...more,
})

describe('the store of metrics', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let store: MetricsStore
  let clockMs = nowMs
  const logged: string[] = []
  const open = (db: Database = test.db) =>
    openMetricsStore(
      db,
      (_level, message) => void logged.push(message),
      () => clockMs,
    )
  before(async () => {
    test = await openTestDatabase()
    store = await open()
  })
  after(async () => {
    await store.close()
    await test.close()
  })

  interface Asked {
    readonly organization: string
    readonly id: string
    readonly fromMs: number
    readonly toMs: number
    readonly points?: number
    readonly names?: string[]
    readonly kind?: string
    readonly subject?: string
  }
  const ask = ({ organization, id, ...asked }: Asked): Promise<MetricsAnswer> =>
    store.handlers.query({ host: id, kind: 'host', subject: '', names: ['cpu'], points: 300, ...asked }, {
      caller: { organization },
      host: id,
    } as never) as Promise<MetricsAnswer>
  const newHost = () => ({ organization: randomUUID(), id: randomUUID() })
  /** What is stored of a host's CPU in one resolution: [time before now, average, maximum, count]. */
  const stored = ({ organization, id }: { organization: string; id: string }, step: number) =>
    test.db.tx({ organization }, async (sql) =>
      (
        await sql<{ at: Date; sum: number; count: number; max: number }[]>`
          SELECT at, sums[1] AS sum, counts[1] AS count, maxima[1] AS max FROM metrics WHERE host_id = ${id} AND step = ${step} AND kind = 'host' ORDER BY at`
      ).map(({ at, sum, count, max }) => [at.getTime() - nowMs, sum / count, max, count]),
    )

  it('keeps averages and maxima in all three resolutions', async () => {
    const one = newHost()
    for (let seq = 0; seq < 12; seq++) await store.push(one.organization, one.id, sample(seq, nowMs - 120_000 + seq * 10_000, [host(seq)]))
    await store.flush()
    assert.deepEqual(
      await stored(one, 10),
      Array.from({ length: 12 }, (_, seq) => [-120_000 + seq * 10_000, seq, seq, 1]),
    )
    assert.deepEqual(await stored(one, 60), [
      [-120_000, 2.5, 5, 6],
      [-60_000, 8.5, 11, 6],
    ])
    assert.deepEqual(await stored(one, 900), [[-900_000, 5.5, 11, 12]])
  })

  it('makes the same roll-up whatever order and whatever batches points come in', async () => {
    const figures = [1, 2, 3, 100, 5, 6]
    for (const order of [
      [0, 1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1, 0],
      [3, 0, 5, 1, 4, 2],
    ])
      for (const flushes of [1, 2, 6]) {
        const one = newHost()
        for (const [seq, index] of order.entries()) {
          await store.push(one.organization, one.id, sample(seq, nowMs - 60_000 + index * 10_000, [host(figures[index]!)]))
          if (seq % (6 / flushes) === 6 / flushes - 1) await store.flush()
        }
        assert.deepEqual(await stored(one, 60), [[-60_000, 19.5, 100, 6]])
        assert.deepEqual(await stored(one, 900), [[-900_000, 19.5, 100, 6]])
      }
  })

  it('puts late points straight into the roll-ups that still keep their time', async () => {
    const one = newHost()
    await store.push(one.organization, one.id, sample(0, nowMs - 7 * hourMs, [host(2)]))
    await store.push(one.organization, one.id, sample(1, nowMs - 20 * 24 * hourMs, [host(4)]))
    await store.push(one.organization, one.id, sample(2, nowMs - 400 * 24 * hourMs, [host(8)]))
    await store.flush()
    await store.push(one.organization, one.id, sample(3, nowMs - 7 * hourMs + 10_000, [host(10)]))
    await store.flush()
    assert.deepEqual(await stored(one, 10), [])
    assert.deepEqual(await stored(one, 60), [[-7 * hourMs, 6, 10, 2]])
    assert.deepEqual(
      (await stored(one, 900)).map(([, ...rest]) => rest),
      [
        [4, 4, 1],
        [6, 10, 2],
      ],
    )
  })

  it('counts a sample that comes twice once, also after the hub started anew', async () => {
    const one = newHost()
    const samples = [0, 1, 2].map((seq) => sample(seq, nowMs - 60_000 + seq * 10_000, [host(seq)]))
    for (const each of [...samples, ...samples]) await store.push(one.organization, one.id, each)
    await store.flush()
    await store.close()
    store = await open()
    assert.deepEqual(await store.position(one.organization, one.id), { bootId: 'boot-1', seq: 2 })
    for (const each of samples) await store.push(one.organization, one.id, each)
    await store.push(one.organization, one.id, sample(0, nowMs - 30_000, [host(5)], { bootId: 'boot-2' }))
    for (const each of samples) await store.push(one.organization, one.id, each)
    await store.flush()
    assert.deepEqual(await stored(one, 60), [[-60_000, 2, 5, 4]])
    assert.deepEqual(await store.position(one.organization, one.id), { bootId: 'boot-2', seq: 0 })
  })

  it('asks again for what was pushed and not written when it died', async () => {
    const one = newHost()
    await store.push(one.organization, one.id, sample(0, nowMs - 60_000, [host(1)]))
    await store.flush()
    await store.push(one.organization, one.id, sample(1, nowMs - 50_000, [host(1)]))
    const other = await open()
    assert.deepEqual(await other.position(one.organization, one.id), { bootId: 'boot-1', seq: 0 })
    await other.close()
  })

  it('counts once what the database took without being able to say so, and keeps what it did not take', async () => {
    const one = newHost()
    let failure: 'before' | 'after' | undefined
    const shaky = await open({
      ...test.db,
      async tx(shown, run) {
        if (failure === 'before') throw Object.assign(new Error('gone'), { code: 'CONNECTION_CLOSED' })
        const result = await test.db.tx(shown, run)
        if (failure === 'after') throw Object.assign(new Error('gone'), { code: 'CONNECTION_CLOSED' })
        return result
      },
    })
    await shaky.push(one.organization, one.id, sample(0, nowMs - 60_000, [host(1)]))
    failure = 'after'
    await assert.rejects(shaky.flush(), /gone/)
    await shaky.push(one.organization, one.id, sample(1, nowMs - 50_000, [host(3)]))
    failure = 'before'
    await assert.rejects(shaky.flush(), /gone/)
    failure = undefined
    await shaky.flush()
    await shaky.close()
    assert.deepEqual(await stored(one, 60), [[-60_000, 2, 3, 2]])
  })

  it('counts once what two hubs were told while one took over from the other', async () => {
    for (const first of ['old', 'new'] as const) {
      const one = newHost()
      const at = (seq: number) => sample(seq, nowMs - 60_000 + seq * 1000, [host(seq)])
      const push = async (hub: MetricsStore, from: number, to: number) => {
        for (let seq = from; seq < to; seq++) await hub.push(one.organization, one.id, at(seq))
      }
      const [older, newer] = [await open(), await open()]
      await push(older, 0, 2)
      await older.flush()
      await push(older, 2, 5)
      assert.deepEqual(await newer.position(one.organization, one.id), { bootId: 'boot-1', seq: 1 })
      await push(newer, 2, 9)
      const [winner, loser] = first === 'old' ? [older, newer] : [newer, older]
      await winner.flush()
      await loser.flush()
      await assert.rejects(push(loser, 9, 10), (error) => codeOf(error) === 'conflict')
      // Its stream ended with that, and the host is asked again.
      const last = await loser.position(one.organization, one.id)
      assert.deepEqual(last, { bootId: 'boot-1', seq: first === 'old' ? 4 : 8 })
      await push(loser, last!.seq + 1, 11)
      await loser.flush()
      await Promise.all([older.close(), newer.close()])
      assert.deepEqual(await stored(one, 60), [[-60_000, 5, 10, 11]])
    }
  })

  it('goes on behind figures that the database refuses', async () => {
    const one = newHost()
    let bad = true
    const strict = await open({
      ...test.db,
      tx: (shown, run) =>
        test.db.tx(shown, async (sql, orm) => {
          const result = await run(sql, orm)
          const [found] = await sql`SELECT 1 FROM metrics WHERE host_id = ${one.id} AND sums[1] = 13`
          if (bad && found !== undefined) throw Object.assign(new Error('refused'), { code: '22003' })
          return result
        }),
    })
    await strict.push(one.organization, one.id, sample(0, nowMs - 60_000, [host(1)]))
    await strict.flush()
    await strict.push(one.organization, one.id, sample(1, nowMs - 50_000, [host(13)]))
    await strict.flush()
    bad = false
    await strict.push(one.organization, one.id, sample(2, nowMs - 40_000, [host(1)]))
    await strict.flush()
    await strict.close()
    assert.deepEqual(await stored(one, 60), [[-60_000, 1, 1, 2]])
    assert.deepEqual(logged.splice(0), ['metrics of a host were refused by the database'])
  })

  it('keeps what one host may fill the memory with below a limit, by writing it', async () => {
    const one = newHost()
    const many = Array.from({ length: 500 }, (_, n) => ({ kind: 'disk', id: `/${n}`, values: [n] }))
    const rows = () =>
      test.db.tx({ organization: one.organization }, async (sql) =>
        Number((await sql<{ count: string }[]>`SELECT count(*) FROM metrics WHERE host_id = ${one.id}`)[0]!.count),
      )
    // Each sample is at another minute of another hour: 1,000 rows or more that nothing can be added to.
    for (let seq = 0; seq < 12; seq++) await store.push(one.organization, one.id, sample(seq, nowMs - (8 + seq) * hourMs, many))
    assert.ok((await rows()) >= 6000)
    await store.flush()
    assert.equal(await rows(), 12 * 1000)
  })

  it('takes nothing that is no figure, no kind, or of a time that nobody keeps', async () => {
    const one = newHost()
    const bad = [none, Number.POSITIVE_INFINITY, -1, 1e300]
    for (const [seq, value] of bad.entries()) await store.push(one.organization, one.id, sample(seq, nowMs, [host(value)]))
    await store.push(one.organization, one.id, sample(4, nowMs + hourMs, [host(1)]))
    await store.push(one.organization, one.id, sample(5, 8.64e15, [host(1)]))
    await store.push(one.organization, one.id, sample(6, -8.64e15, [host(1)]))
    await store.push(
      one.organization,
      one.id,
      sample(7, nowMs, [
        { kind: 'toString', id: '', values: [1] },
        { kind: 'disk', id: 'a\u0000b', values: [1] },
        { kind: '__proto__', id: '', values: [1] },
      ]),
    )
    await store.flush()
    assert.deepEqual(await stored(one, 900), [])
    await assert.rejects(
      store.push(one.organization, one.id, sample(8, nowMs, [], { bootId: 'a\u0000' })),
      (error) => codeOf(error) === 'invalid_input',
    )
    assert.deepEqual(logged, [])
  })

  it('answers with gaps where nothing was measured, and never with zero', async () => {
    const one = newHost()
    for (const [seq, ago] of [60, 50, 20, 10].entries())
      await store.push(one.organization, one.id, sample(seq, nowMs - ago * 1000, [host(ago === 50 ? none : ago, 4096)]))
    await store.flush()
    const answer = await ask({ ...one, fromMs: nowMs - 60_000, toMs: nowMs, names: ['cpu', 'memoryBytes', 'load1', 'unknown'] })
    assert.equal(answer.stepMs, 10_000)
    assert.deepEqual(
      answer.times,
      [60, 50, 40, 30, 20, 10].map((ago) => nowMs - ago * 1000),
    )
    const figures = new Map(answer.series.map(({ name, avg, max }) => [name, { avg, max }]))
    const cpu = [60, null, null, null, 20, 10]
    const memory = [4096, 4096, null, null, 4096, 4096]
    assert.deepEqual(figures, new Map(Object.entries({ cpu: { avg: cpu, max: cpu }, memoryBytes: { avg: memory, max: memory } })))
  })

  it('gathers a long range into at most as many points as were asked for, weighted by samples', async () => {
    const one = newHost()
    for (let seq = 0; seq < 360; seq++)
      if (seq % 60 < 30 || seq >= 90) await store.push(one.organization, one.id, sample(seq, nowMs - hourMs + seq * 10_000, [host(seq)]))
    await store.flush()
    const asked = { ...one, fromMs: nowMs - hourMs, toMs: nowMs }
    const four = await ask({ ...asked, points: 4 })
    assert.deepEqual([four.stepMs, four.times.length], [900_000, 4])
    assert.deepEqual(four.series[0]?.avg, [44.5, 134.5, 224.5, 314.5])
    assert.deepEqual(four.series[0]?.max, [89, 179, 269, 359])
    // 60 samples in the first quarter, 90 in the second: an average of averages would be 89.5.
    assert.deepEqual((await ask({ ...asked, points: 2 })).series[0]?.avg, [98.5, 269.5])
    for (const points of [2, 7, 100, 2000])
      assert.ok((await ask({ ...one, fromMs: nowMs - hourMs + 1, toMs: nowMs + 1, points })).times.length <= points)
  })

  it('takes the finest resolution that still has the range', async () => {
    const one = newHost()
    const stepOf = async (agoMs: number, points: number) => (await ask({ ...one, fromMs: nowMs - agoMs, toMs: nowMs, points })).stepMs
    assert.equal(await stepOf(hourMs, 360), 10_000)
    assert.equal(await stepOf(7 * hourMs, 2000), 60_000)
    assert.equal(await stepOf(20 * 24 * hourMs, 2000), 900_000)
  })

  it('answers for all subjects of a kind, or one, up to 200, and says how many are left out', async () => {
    const one = newHost()
    const points = Array.from({ length: 210 }, (_, n) => ({ kind: 'disk', id: `/${String(n).padStart(3, '0')}`, values: [n, 1000] }))
    await store.push(one.organization, one.id, sample(0, nowMs - 60_000, points))
    await store.flush()
    const asked = { ...one, fromMs: nowMs - 60_000, toMs: nowMs, kind: 'disk', names: ['usedBytes'] }
    const all = await ask(asked)
    assert.deepEqual([all.series.length, all.leftOut], [200, 10])
    const single = await ask({ ...asked, subject: '/205' })
    assert.deepEqual(
      single.series.map(({ subject, avg }) => [subject, avg[0]]),
      [['/205', 205]],
    )
  })

  it('refuses a range that is none', async () => {
    for (const [fromMs, toMs] of [
      [nowMs, nowMs],
      [nowMs, nowMs - 1],
      [Number.NEGATIVE_INFINITY, nowMs],
      [0, 1e300],
    ] as const)
      await assert.rejects(ask({ ...newHost(), fromMs, toMs }), (error) => codeOf(error) === 'invalid_input')
  })

  it('says what to ask instead when an answer takes too long', async () => {
    const slow = await open({
      ...test.db,
      tx: (shown, run) =>
        test.db.tx(shown, async (sql, orm) => {
          const result = await run(sql, orm)
          const [limit] = await sql<{ value: string }[]>`SELECT current_setting('statement_timeout') AS value`
          if (limit?.value !== '15s') return result
          await sql`SELECT set_config('statement_timeout', '20', true)`
          return sql`SELECT pg_sleep(5)` as never
        }),
    })
    const one = newHost()
    const input = { host: one.id, kind: 'host', subject: '', names: ['cpu'], points: 300, fromMs: nowMs - hourMs, toMs: nowMs }
    await assert.rejects(
      slow.handlers.query(input, { caller: { organization: one.organization }, host: one.id } as never),
      (error) => codeOf(error) === 'too_large' && /shorter range/.test((error as Error).message),
    )
    await slow.close()
  })

  it('shows another organization nothing', async () => {
    const one = newHost()
    await store.push(one.organization, one.id, sample(0, nowMs - 60_000, [host(1)]))
    await store.flush()
    const asked = { id: one.id, fromMs: nowMs - 60_000, toMs: nowMs }
    assert.equal((await ask({ ...asked, organization: one.organization })).series.length, 1)
    assert.deepEqual((await ask({ ...asked, organization: randomUUID() })).series, [])
    for (const table of ['metrics', 'metric_positions'])
      for (const [organization, count] of [
        [one.organization, true],
        [randomUUID(), false],
      ] as const)
        assert.equal(
          await test.db.tx({ organization }, async (sql) => (await sql`SELECT 1 FROM ${sql(table)} WHERE host_id = ${one.id}`).length > 0),
          count,
        )
  })

  it('makes partitions ahead, drops those that are over, and takes what falls between', async () => {
    const names = () =>
      test.db.owner(async (sql) =>
        (await sql<{ name: string }[]>`SELECT relname AS name FROM pg_class WHERE relname ~ '^metrics_10s_[0-9]+$'`)
          .map(({ name }) => Number(name.slice(12)))
          .sort(),
      )
    const hour = Math.floor(nowMs / hourMs)
    assert.deepEqual(
      await names(),
      Array.from({ length: 9 }, (_, n) => hour - 6 + n),
    )
    try {
      clockMs = nowMs + 3 * hourMs
      await store.tend()
      assert.deepEqual(
        await names(),
        Array.from({ length: 9 }, (_, n) => hour - 3 + n),
      )
      // Beyond what was made ahead, as after a long sleep: made when it is needed.
      clockMs = nowMs + 30 * hourMs
      const one = newHost()
      await store.push(one.organization, one.id, sample(0, clockMs, [host(7)]))
      await store.flush()
      assert.equal((await stored(one, 10)).length, 1)
      assert.equal((await names())[0], hour + 24)
    } finally {
      clockMs = nowMs
      await store.tend()
    }
  })

  it('has one scale and one place for each name', () => {
    for (const names of Object.values(metricNames)) assert.equal(new Set(names).size, names.length)
  })
})
