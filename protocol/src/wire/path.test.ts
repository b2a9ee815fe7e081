import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fakeClock } from './clock.ts'
import type { Clock } from './transport.ts'
import { msgpackCodec } from './codec.ts'
import { limits } from './limits.ts'
import { pair, type PairOptions } from './pair.ts'
import { openSession, type WireStream } from './session.ts'

const block = new Uint8Array(32 * 1024)

/** An agent that sends without end on every stream but `echo` and `little`, over a simulated link. */
function link(options: PairOptions, clock = fakeClock()) {
  const joined = pair(Object.assign(options, { clock }))
  const agent = openSession(joined.left, { side: 'agent', codec: msgpackCodec, clock, onOpen: (stream) => void serve(stream, clock) })
  const hub = openSession(joined.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
  const counted = { bytes: 0 }
  const bulk = async () => {
    for await (const payload of hub.open('bulk', {}, { priority: 3 })) counted.bytes += payload.length
  }
  /** Echo times, ms, one keystroke after another. */
  const typing = (keys: number) => {
    const echo = hub.open('echo', {}, { priority: 1, windowBytes: 65_536 })
    const took: number[] = []
    void (async () => {
      const answers = echo[Symbol.asyncIterator]()
      for (let i = 0; i < keys; i++) {
        const start = clock.now()
        await echo.write(new Uint8Array(1))
        await answers.next()
        took.push(clock.now() - start)
        await new Promise<void>((resolve) => clock.after(37, resolve))
      }
    })()
    return took
  }
  return { clock, agent, hub, counted, bulk, typing }
}

async function serve(stream: WireStream, clock: Clock): Promise<void> {
  try {
    stream.head({ mode: 'bytes' })
    while (stream.method === 'little') {
      await stream.write(new Uint8Array(100))
      await new Promise<void>((resolve) => clock.after(1000, resolve))
    }
    if (stream.method === 'echo') for await (const payload of stream) await stream.write(payload)
    else for (;;) await stream.write(block)
  } catch {
    // The other end left.
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

describe('the path window', () => {
  for (const delayMs of [5, 20, 40]) {
    it(`keeps a keystroke quick beside three bulk streams at 20 Mbit/s and ${2 * delayMs} ms, and the link full [security 26]`, async () => {
      const bytesPerMs = 2500
      const { clock, counted, bulk, typing } = link({ bytesPerMs, delayMs })
      for (let i = 0; i < 3; i++) void bulk()
      await clock.advance(3000)
      const before = counted.bytes
      const took = typing(80)
      await clock.advance(8000)
      const share = (counted.bytes - before) / (8000 * bytesPerMs)
      const added = median(took) - 2 * delayMs
      assert.ok(took.length >= 50, `${took.length} keys`)
      // On the idle link a key takes one round trip; three full stream windows alone would add 300 ms.
      assert.ok(added <= 20, `added ${added.toFixed(1)} ms`)
      assert.ok(share >= 0.93, `share ${share.toFixed(3)}`)
    })
  }

  // Behind a router that keeps megabytes nothing ever says that enough is under way: not the kernel, not a loss.
  for (const delayMs of [5, 20, 40]) {
    it(`fills no deep queue at 20 Mbit/s and ${2 * delayMs} ms, neither while it looks for the rate nor later [security 26]`, async () => {
      const bytesPerMs = 2500
      const filled = bytesPerMs * 2 * delayMs + limits.path.frameBytes
      const { clock, agent, counted, bulk, typing } = link({ bytesPerMs, delayMs, kernelBytes: 64 * 1024 * 1024 })
      await clock.advance(1000)
      for (let i = 0; i < 3; i++) void bulk()
      let most = 0
      for (let ms = 0; ms < 3000; ms += 10) {
        await clock.advance(10)
        most = Math.max(most, agent.stats.sentBytes - agent.stats.ackedBytes)
      }
      assert.ok(most <= 3 * filled + limits.path.startBytes, `${most} bytes were under way, ${filled} fill the link`)
      const before = counted.bytes
      const took = typing(80)
      await clock.advance(6000)
      assert.ok(Math.max(...took) <= 2 * delayMs + 60, `a key took ${Math.max(...took)} ms`)
      const share = (counted.bytes - before) / (6000 * bytesPerMs)
      assert.ok(share >= 0.93, `share ${share.toFixed(3)}`)
    })
  }

  it('finds nine tenths of 1 Gbit/s at 40 ms within a second', async () => {
    const bytesPerMs = 125_000
    const { clock, counted, bulk } = link({ bytesPerMs, delayMs: 20, kernelBytes: 4 * 1024 * 1024 })
    for (let i = 0; i < 4; i++) void bulk()
    await clock.advance(1000)
    const before = counted.bytes
    await clock.advance(500)
    const share = (counted.bytes - before) / (500 * bytesPerMs)
    assert.ok(share >= 0.9, `share ${share.toFixed(3)}`)
  })

  it('follows a round trip that grew', async () => {
    let delayMs = 5
    const { clock, counted, bulk } = link({
      bytesPerMs: 2500,
      get delayMs() {
        return delayMs
      },
    })
    for (let i = 0; i < 2; i++) void bulk()
    await clock.advance(3000)
    delayMs = 60
    await clock.advance(25_000)
    const before = counted.bytes
    await clock.advance(4000)
    const share = (counted.bytes - before) / (4000 * 2500)
    assert.ok(share >= 0.85, `share ${share.toFixed(3)}`)
  })

  // 32 KiB that go on flowing while it is measured are 13 ms of a round trip of 1.5: the window then lets in what it took for the path.
  it('measures the round trip of the path, not that of its own queue, however long bulk flows', async () => {
    const { clock, agent, counted, bulk } = link({ bytesPerMs: 2500, delayMs: 0.75 })
    for (let i = 0; i < 3; i++) void bulk()
    await clock.advance(25_000)
    assert.ok(agent.stats.roundTripMs < 2, `${agent.stats.roundTripMs}`)
    const before = counted.bytes
    await clock.advance(20_000)
    const share = (counted.bytes - before) / (20_000 * 2500)
    assert.ok(share >= 0.97, `share ${share.toFixed(3)}`)
  })

  it('is at its rate at once after little came for minutes', async () => {
    let delayMs = 1
    const { clock, agent, hub, counted, bulk } = link({
      bytesPerMs: 12_500,
      get delayMs() {
        return delayMs
      },
    })
    const little = hub.open('little', {}, {})
    void (async () => {
      for await (const payload of little) assert.equal(payload.length, 100)
    })()
    await clock.advance(100_000)
    // The shortest round trip is looked for in vain, and measured anew.
    delayMs = 2
    await clock.advance(25_000)
    assert.ok(agent.stats.sentBytes > 10_000, `${agent.stats.sentBytes}`)
    void bulk()
    await clock.advance(200)
    const share = counted.bytes / (200 * 12_500)
    assert.ok(share >= 0.8, `share ${share.toFixed(3)}`)
  })

  it('leaves no more than a window under way when nobody acknowledges [limit path.startBytes]', async () => {
    const clock = fakeClock()
    const joined = pair({ clock })
    const hub = openSession(joined.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: (stream) => void serve(stream, clock) })
    const { encodeValue } = await import('./codec.ts')
    joined.left.onMessage = () => undefined
    joined.left.send(encodeValue([1, 1, 'bulk', {}, { c: 3, w: 8_000_000 }]))
    await clock.advance(1000)
    assert.ok(hub.stats.sentBytes <= 64 * 1024 + 16 * 1024, `${hub.stats.sentBytes}`)
  })
})
