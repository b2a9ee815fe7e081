import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FairleadError } from '../errors.ts'
import { encodeData, msgpackCodec } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { limits } from './limits.ts'
import { typedPeer, type TypedOptions } from './test-peer.ts'

/** Who is limited, as whom it speaks, and to what. */
const peers = [
  { who: 'agent', options: { side: 'hub', codec: msgpackCodec }, may: limits.agent, first: 1 },
  { who: 'hub', options: { side: 'agent', codec: msgpackCodec }, may: limits.hub, first: 2 },
  { who: 'console', options: { side: 'hub', codec: jsonCodec }, may: limits.console, first: 1 },
] as const satisfies readonly { options: TypedOptions; [field: string]: unknown }[]

const open = (id: number, meta = {}) => [1, id, 'a.b', {}, meta]
const ids = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + 2 * i)

describe('an agent, a hub, a console', () => {
  it('that opens more streams than it may is refused, and its session lives [limit agent.openStreams hub.openStreams console.openStreams] [security 22]', async () => {
    for (const { options, may, first } of peers) {
      const { ends, opened, say, heardOf } = typedPeer(options)
      for (const id of ids(first, may.openStreams + 5)) await say(open(id))
      assert.equal(opened.length, may.openStreams)
      assert.deepEqual(
        heardOf(5).map(([, , code]) => code),
        Array(5).fill('too_many'),
      )
      opened[0]!.reply(null)
      await say(open(first + 2 * (may.openStreams + 5)))
      assert.equal(opened.length, may.openStreams + 1)
      assert.equal(ends.length, 0)
    }
  })

  it('that opens in bursts, or for long, faster than it may is refused [limit agent.openBurst hub.openBurst console.openBurst agent.opensPerSecond hub.opensPerSecond console.opensPerSecond]', async () => {
    for (const { options, may, first } of peers) {
      const { clock, ends, opened, say, heardOf } = typedPeer(options)
      let next = first
      const hurry = async (count: number) => {
        for (const id of ids(next, count)) {
          await say(open(id))
          opened.at(-1)?.reply(null)
          // Data pays for control frames: this is about OPEN alone.
          if (id % 100 < 2) await clock.advance(0)
        }
        next += 2 * count
      }
      await hurry(may.openBurst)
      const before = opened.length
      assert.equal(before, may.openBurst)
      await hurry(10)
      assert.equal(opened.length, before)
      assert.ok(heardOf(5).every(([, , code]) => code === 'rate_limited'))
      await clock.advance(1000)
      await hurry(may.opensPerSecond + 10)
      assert.equal(opened.length - before, may.opensPerSecond)
      assert.equal(ends.length, 0)
    }
  })

  it('that opens and resets in a hurry loses its session with 4429 [limit agent.rapidResetsPerSecond hub.rapidResetsPerSecond console.rapidResetsPerSecond] [security 22]', async () => {
    for (const { options, may, first } of peers) {
      const { ends, say } = typedPeer(options)
      for (const id of ids(first, may.rapidResetsPerSecond)) await say(open(id), [5, id, 'canceled'])
      assert.equal(ends.length, 0)
      const late = first + 2 * may.rapidResetsPerSecond
      await say(open(late), [5, late, 'canceled'])
      assert.equal(ends[0]?.code, 4429)
    }
  })

  it('that floods with control frames loses its session with 4429, after a burst of four seconds’ worth [limit agent.controlPerSecond hub.controlPerSecond console.controlPerSecond] [security 22]', async () => {
    for (const { options, may } of peers) {
      const { clock, ends, say } = typedPeer(options)
      const flood = async (count: number) => {
        for (let left = count; left > 0; left -= 50) await say(...Array.from({ length: Math.min(50, left) }, () => [19, 1]))
      }
      await flood(4 * may.controlPerSecond)
      assert.equal(ends.length, 0)
      await clock.advance(1000)
      await flood(may.controlPerSecond)
      assert.equal(ends.length, 0)
      await flood(1)
      assert.equal(ends[0]?.code, 4429)
    }
  })

  it('has one more control frame for each 8 KiB of data that it sends [limit controlPerDataBytes]', async () => {
    const { session, ends, say } = typedPeer()
    session.open('a.b', {}, { windowBytes: limits.maxWindowBytes })
    const burst = 4 * limits.agent.controlPerSecond
    for (let i = 0; i < burst; i += 50) await say(...Array.from({ length: 50 }, () => [19, 1]))
    await say(encodeData(2, new Uint8Array(2 * limits.controlPerDataBytes)))
    await say([19, 1], [19, 1])
    assert.equal(ends.length, 0)
    await say([19, 1])
    assert.equal(ends[0]?.code, 4429)
  })
})

describe('a peer', () => {
  it('that sends beyond its window loses the stream, and the third time the session [limit flowBreaches] [security 21]', async () => {
    const { ends, opened, say } = typedPeer()
    for (const [i, id] of [1, 3, 5].entries()) {
      assert.equal(ends.length, 0)
      await say(open(id), encodeData(id, new Uint8Array(limits.acceptorWindowBytes)))
      assert.equal(opened[i]!.signal.aborted, false)
      await say(encodeData(id, new Uint8Array(1)))
      assert.equal((opened[i]!.signal.reason as FairleadError).code, 'flow')
    }
    assert.equal(ends[0]?.code, 4400)
  })

  it('whose request is larger than 64 KiB is told so, and the session lives [limit paramsBytes]', async () => {
    const { ends, opened, heardOf, say } = typedPeer()
    const params = (length: number) => ({ texts: ['x'.repeat(40_000), 'y'.repeat(length - 40_000)] })
    await say([1, 1, 'a.b', params(limits.paramsBytes), {}])
    await say([1, 3, 'a.b', params(limits.paramsBytes + 2000), {}])
    assert.equal(opened.length, 1)
    assert.deepEqual(heardOf(5)[0]?.slice(1, 3), [3, 'too_large'])
    assert.equal(ends.length, 0)
  })

  it('whose answer is larger than 32 KiB, or whose signal than 256 bytes, loses that stream only [limit replyBytes signalBytes]', async () => {
    const { session, ends, say } = typedPeer()
    const [small, large, signal] = [1, 2, 3].map(() => session.open('a.b', {}))
    await say([7, 2, 'x'.repeat(limits.replyBytes - 10)], [7, 4, 'x'.repeat(limits.replyBytes + 16)])
    assert.ok('reply' in (await small!.answered()))
    await assert.rejects(large!.answered(), { code: 'too_large' })
    await say([8, 6, 'resize', 'x'.repeat(limits.signalBytes - 20)])
    assert.equal(signal!.signal.aborted, false)
    await say([8, 6, 'resize', 'x'.repeat(limits.signalBytes + 16)])
    await assert.rejects(signal!.answered(), { code: 'too_large' })
    assert.equal(ends.length, 0)
  })

  it('loses its session for a large frame of a kind that is always small [limit controlBytes]', async () => {
    const { session, ends, say } = typedPeer()
    session.open('a.b', {})
    await say([4, 2, { text: 'x'.repeat(limits.controlBytes - 40) }])
    assert.equal(ends.length, 0)
    await say([4, 2, { text: 'x'.repeat(limits.controlBytes) }])
    assert.equal(ends[0]?.code, 4400)
  })

  it('with more than fifty signals a second loses that stream only [limit signalsPerSecond]', async () => {
    const { session, ends, say } = typedPeer()
    const stream = session.open('a.b', {})
    for (let i = 0; i < limits.signalsPerSecond; i++) await say([8, 2, 'mark', i])
    assert.equal(stream.signal.aborted, false)
    await say([8, 2, 'mark', 0])
    await assert.rejects(stream.answered(), { code: 'rate_limited' })
    assert.equal(ends.length, 0)
  })

  it('that sends bulk in crumbs loses that stream, after what a resume may send again [limit smallDataBytes smallDataPerSecond smallDataBurst]', async () => {
    const { clock, session, ends, say } = typedPeer()
    const [crumbs, pieces] = [1, 2].map(() => session.open('a.b', {}, { priority: 3, windowBytes: limits.maxWindowBytes }))
    const many = (id: number, bytes: number) => say(...Array.from({ length: 200 }, () => encodeData(id, new Uint8Array(bytes))))
    for (let i = 0; i < 4000; i += 200) await many(4, limits.smallDataBytes)
    for (let i = 0; i < limits.smallDataBurst - 200; i += 200) await many(2, 100)
    await clock.advance(1000)
    for (let i = 0; i < limits.smallDataPerSecond; i += 200) await many(2, 100)
    assert.equal(crumbs!.signal.aborted, false)
    await many(2, limits.smallDataBytes - 1)
    await many(2, limits.smallDataBytes - 1)
    await assert.rejects(crumbs!.answered(), { code: 'rate_limited' })
    assert.equal(pieces!.signal.aborted, false)
    assert.equal(ends.length, 0)
  })

  it('has ids up to 2^31 and none beyond [limit lastStreamId]', async () => {
    const { ends, opened, say } = typedPeer()
    await say(open(limits.lastStreamId - 1))
    assert.equal(opened.length, 1)
    await say(open(limits.lastStreamId + 1))
    assert.equal(ends[0]?.code, 4400)
    const own = typedPeer({ firstId: limits.lastStreamId - 2 })
    own.session.open('a.b', {})
    await assert.rejects(own.session.open('a.b', {}).answered(), { code: 'refused' })
    await own.clock.advance(1)
    assert.equal(own.heardOf(1).length, 1)
    assert.equal(own.heardOf(18)[0]?.[2], 'ids')
  })

  it('that never answers lets a call end at its deadline [security 23]', async () => {
    const { clock, session } = typedPeer()
    const stream = session.open('a.b', {}, { deadlineMs: 3000 })
    await clock.advance(2999)
    assert.equal(stream.signal.aborted, false)
    await clock.advance(2)
    await assert.rejects(stream.answered(), { code: 'deadline_exceeded' })
  })

  it('that lets us write and never grants gets one window and no more; a writer that will not wait loses its stream [security 21]', async () => {
    const { clock, session, opened, say } = typedPeer()
    await say(open(1, { w: 10_000 }))
    opened[0]!.head({ mode: 'bytes' })
    const codes: string[] = []
    const write = () => void opened[0]!.write(new Uint8Array(32_768)).catch((error: FairleadError) => codes.push(error.code))
    write()
    await clock.advance(1)
    assert.equal(session.stats.sentBytes, 10_000)
    for (let i = 0; i < 40; i++) write()
    await clock.advance(1)
    assert.equal(session.stats.sentBytes, 10_000)
    assert.ok(codes.includes('rate_limited'))
  })

  it('that was told to go away, or told us so, opens nothing any more; what runs goes on', async () => {
    const { clock, session, opened, ends, say, heardOf, cut } = typedPeer()
    await say(open(1))
    session.goaway('update', 500, 60_000)
    await say(open(3))
    assert.deepEqual(heardOf(5)[0]?.slice(1, 3), [3, 'draining'])
    opened[0]!.reply('done')
    await clock.advance(1)
    assert.deepEqual(heardOf(7)[0], [7, 1, 'done'])
    await assert.rejects(session.open('a.b', {}).answered(), { code: 'refused' })
    await say([18, 0, 'update', 1234, 60_000])
    await cut()
    assert.deepEqual(ends, [{ code: 1006, reason: 'lost', reconnectInMs: 1234 }])
  })
})
