import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Acks } from './acks.ts'
import { fakeClock } from './clock.ts'
import { encodeData } from './codec.ts'
import { limits } from './limits.ts'
import { typedPeer } from './test-peer.ts'

const KiB = 1024

describe('acknowledgements', () => {
  function toldBy() {
    const clock = fakeClock()
    const told: number[] = []
    const acks: Acks = new Acks(clock, { ack: (total) => void told.push(total), afterTurn: () => clock.afterTurn(() => acks.settle()) })
    return { clock, told, acks }
  }

  it('go at 32 KiB, at 8 KiB when the last is a millisecond old, and after 5 ms [limit ack.bytes ack.smallBytes ack.delayMs]', async () => {
    const { clock, told, acks } = toldBy()
    await clock.advance(10)
    acks.data(limits.ack.smallBytes, true)
    await clock.advance(0)
    assert.deepEqual(told, [8 * KiB])
    acks.data(limits.ack.bytes - 1, true)
    await clock.advance(0)
    assert.deepEqual(told, [8 * KiB])
    acks.data(1, true)
    await clock.advance(0)
    assert.deepEqual(told, [8 * KiB, 40 * KiB])
    acks.data(100, true)
    await clock.advance(limits.ack.delayMs - 1)
    assert.equal(told.length, 2)
    await clock.advance(1)
    assert.deepEqual(told.at(-1), 40 * KiB + 100)
    await clock.advance(100)
    assert.equal(told.length, 3)
  })

  it('go with what leaves anyway where little comes and no bulk, once they are a second old [limit ack.lateMs]', async () => {
    const { clock, told, acks } = toldBy()
    acks.data(100, false)
    await clock.advance(limits.ack.lateMs - 1)
    acks.settle()
    assert.deepEqual(told, [])
    acks.data(100, false)
    await clock.advance(1)
    acks.settle()
    assert.deepEqual(told, [200])
    acks.settle()
    assert.equal(acks.tell(), false)
    assert.deepEqual(told, [200])
  })

  it('go at once for so long after bulk, and for as much as might be bulk [limit ack.quietMs]', async () => {
    const { clock, told, acks } = toldBy()
    acks.data(100, true)
    await clock.advance(limits.ack.quietMs)
    acks.data(100, false)
    await clock.advance(limits.ack.delayMs)
    assert.deepEqual(told, [100, 200])
    acks.data(100, false)
    await clock.advance(1000)
    assert.equal(told.length, 2)
    // The last ACK is not a millisecond old: it is not full, and not forgotten either.
    acks.tell()
    acks.data(limits.ack.smallBytes, false)
    await clock.advance(limits.ack.delayMs)
    assert.deepEqual(told.slice(2), [300, 300 + limits.ack.smallBytes])
  })

  it('go before the answer to a PING', async () => {
    const { heard, say } = typedPeer()
    await say([1, 1, 'a.b', {}, {}], encodeData(1, new Uint8Array(40)))
    heard.length = 0
    await say([19, 7])
    assert.deepEqual(heard, [
      [21, 40],
      [20, 7],
    ])
  })

  it('tell that a burst was in the way of a PING: it measured no round trip', async () => {
    const { clock, session, opened, say, heardOf } = typedPeer({ heartbeatMs: 1_000_000 })
    await say([1, 1, 'a.b', {}, { c: 3, w: 2 ** 30 }])
    opened[0]!.head({ mode: 'bytes' })
    for (const [, id] of heardOf(19)) await say([20, id])
    const shortest = session.stats.roundTripMs
    await clock.advance(limits.probe.everyMs + 1000)
    const answered = async (sent: number, ms: number) => {
      await clock.advance(ms)
      await say([21, sent], [20, heardOf(19).at(-1)![1]])
    }
    void opened[0]!.write(new Uint8Array(30_000))
    await clock.advance(0)
    void session.ping()
    await answered(30_000, 100)
    assert.equal(session.stats.roundTripMs, shortest)
    // The next one finds nothing under way, and what leaves meanwhile makes it none either.
    await answered(30_000, 3)
    assert.equal(session.stats.roundTripMs, 3)
    await clock.advance(limits.probe.everyMs + 1000)
    void session.ping()
    await clock.advance(0)
    void opened[0]!.write(new Uint8Array(30_000))
    await answered(60_000, 100)
    assert.equal(session.stats.roundTripMs, 3)
  })

  it('are asked for by bulk that pauses until they come', async () => {
    const { clock, session, opened, say, heardOf } = typedPeer({ heartbeatMs: 1_000_000 })
    await say([1, 1, 'a.b', {}, {}], [1, 3, 'a.c', {}, { c: 3, w: 2 ** 30 }])
    for (const stream of opened) stream.head({ mode: 'bytes' })
    for (const [, id] of heardOf(19)) await say([20, id])
    await clock.advance(limits.probe.everyMs + 1000)
    void session.ping()
    await clock.advance(50)
    // The round trip is longer than it was, and something is under way that the peer acknowledges when it likes.
    void opened[0]!.write(new Uint8Array(100))
    const asks = heardOf(19)
    await say([20, asks.at(-1)![1]])
    void opened[1]!.write(new Uint8Array(100))
    await clock.advance(1000)
    const bulk = () => heardOf(2).filter(([, sid]) => sid === 3).length
    assert.equal(bulk(), 0)
    assert.equal(heardOf(19).length, asks.length + 1)
    await say([21, 100], [20, heardOf(19).at(-1)![1]])
    // Nothing is under way: this one is the measure.
    assert.equal(heardOf(19).length, asks.length + 2)
    await say([20, heardOf(19).at(-1)![1]])
    assert.equal(bulk(), 1)
  })
})
