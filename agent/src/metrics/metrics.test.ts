import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type { MetricPoint, MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import { createSampleDecoder } from '@fairlead/protocol/wire/metric-decode.ts'
import { openMetrics, type MetricsOptions } from './metrics.ts'
import { openRing, type Ring } from './ring.ts'

const open: { stop(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.stop()
})

/** Measures the number of the pass. */
function start(ring: Ring, more: Partial<MetricsOptions> = {}) {
  let pass = 0
  const collector = { collect: (): MetricPoint[] => [{ kind: 'host', id: '', values: [pass++] }], leftOut: 3 }
  const metrics = openMetrics({ collector, ring, bootId: 'boot-1', everyMs: 40, ...more })
  open.push(metrics)
  return metrics
}

interface Position {
  readonly bootId: string
  readonly seq: number
}

/** What one hub's stream brings until there are so many. */
async function take({ handlers }: ReturnType<typeof start>, count: number, from?: Position): Promise<MetricSample[]> {
  const leaving = new AbortController()
  const decoder = createSampleDecoder()
  const found: MetricSample[] = []
  const input = from === undefined ? { afterSeq: -1 } : { bootId: from.bootId, afterSeq: from.seq }
  for await (const item of handlers.watch(input, { signal: leaving.signal } as never)) {
    found.push(...decoder.decode(item as Uint8Array))
    if (found.length >= count) break
  }
  leaving.abort()
  return found
}
const places = (samples: readonly MetricSample[]) => samples.map(({ bootId, seq }) => `${bootId}/${seq}`)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `boot-1/${from + n}`)

describe('the metrics of an agent', () => {
  it('reach a hub from the first one on, then as they are made', async () => {
    const found = await take(start(openRing(undefined)), 5)
    assert.deepEqual(places(found), range(0, 5))
    assert.deepEqual(
      found.map(({ points }) => points[0]?.values[0]),
      [0, 1, 2, 3, 4],
    )
    assert.ok(found.every(({ leftOut }) => leftOut === 3))
  })

  it('go on where the hub says it is, each once, however often the link is lost', async () => {
    const metrics = start(openRing(undefined))
    const found: MetricSample[] = []
    for (let link = 0; link < 6; link++) found.push(...(await take(metrics, 1 + (link % 3), found.at(-1))))
    assert.deepEqual(places(found), range(0, found.length))
    assert.ok(found.every(({ dropped }) => dropped === 0))
  })

  it('say how many samples a hub does not get any more', async () => {
    const ring = openRing(undefined)
    const push = (bootId: string, seq: number) => ring.push({ bootId, seq, timeMs: 1e12, dropped: 0, points: [] })
    for (const seq of [5, 6, 9]) push('boot-0', seq)
    const metrics = start(ring, { everyMs: 60_000 })
    const dropped = async (from?: Position) => (await take(metrics, from === undefined ? 4 : 3, from)).map((sample) => sample.dropped)
    assert.deepEqual(await dropped(), [0, 0, 2, 0])
    assert.deepEqual(await dropped({ bootId: 'boot-0', seq: 5 }), [0, 2, 0])
    assert.deepEqual(
      (await take(metrics, 4, { bootId: 'boot-x', seq: 1 })).map((sample) => sample.dropped),
      [5, 0, 2, 0],
    )
  })

  it('go on when a pass fails, and say it once each time', async () => {
    const said: string[] = []
    let pass = 0
    const collector = {
      collect: () => {
        if (pass++ % 4 < 2) throw new Error('EMFILE')
        return []
      },
    }
    const found = await take(start(openRing(undefined), { collector, onProblem: (message) => void said.push(message) }), 8)
    assert.deepEqual(places(found), range(0, 8))
    assert.equal(said.length, Math.ceil(pass / 4))
    assert.match(said[0]!, /EMFILE/)
  })

  it('leave nothing behind when the hub leaves', { timeout: 10_000 }, async () => {
    const metrics = start(openRing(undefined), { everyMs: 60_000 })
    const leaving = new AbortController()
    const stream = metrics.handlers.watch({ afterSeq: 1e9, bootId: 'boot-1' }, { signal: leaving.signal } as never)[Symbol.asyncIterator]()
    const next = stream.next()
    leaving.abort()
    assert.equal((await next).done, true)
  })
})
