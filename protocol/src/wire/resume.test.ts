import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fakeClock } from './clock.ts'
import type { ControlFrame } from './frame.ts'
import { limits } from './limits.ts'
import { createResumeStore } from './resume.ts'
import type { WireStream } from './session.ts'
import { encodeData, encodeValue } from './codec.ts'
import { pair } from './pair.ts'
import { typedPeer, type Typed } from './test-peer.ts'

const key = Uint8Array.from({ length: 16 }, (_, i) => i)
const KiB = 1024

/** An agent whose streams come from one store, and a hub that is typed by hand; every link is a new session. */
function agentWith(onOpen: (stream: WireStream) => void, clock = fakeClock()) {
  const resumeStore = createResumeStore(clock)
  const connect = () => typedPeer({ side: 'agent', clock, resumeStore, onOpen })
  return { clock, resumeStore, connect }
}

const bytesHeard = (heard: readonly ControlFrame[]) =>
  Buffer.concat(heard.filter(([type]) => type === 2).map(([, , payload]) => payload as Uint8Array))
const itemsHeard = (heard: readonly ControlFrame[]) =>
  heard.filter(([type]) => type === 2).map(([, , payload]) => Buffer.from(payload as Uint8Array).toString())

async function writeAll(stream: WireStream, mode: 'bytes' | 'items', parts: readonly Uint8Array[]): Promise<void> {
  stream.head({ mode })
  for (const part of parts) await stream.write(part).catch(() => undefined)
  stream.end({ whole: true })
}

describe('a stream that is opened again', () => {
  const whole = Uint8Array.from({ length: 400 }, (_, i) => (i * 7) & 0xff)
  const parts = [1, 2, 30, 5, 100, 12, 250].map((length, i, all) => {
    const at = all.slice(0, i).reduce((sum, one) => sum + one, 0)
    return whole.subarray(at, at + length)
  })

  it('goes on at the byte, wherever the link broke and however much the peer lost of it [security 158]', async () => {
    for (let granted = 0; granted <= whole.length; granted++) {
      for (const lost of [0, 1, 7, granted]) {
        const at = Math.max(0, granted - lost)
        const { connect } = agentWith((stream) => void writeAll(stream, 'bytes', parts))
        const first = connect()
        await first.say([1, 2, 'a.b', {}, { c: 3, w: granted, k: key }])
        assert.deepEqual(bytesHeard(first.heard), Buffer.from(whole.subarray(0, granted)))
        await first.cut()
        const second = connect()
        await second.say([1, 2, 'a.b', {}, { c: 3, w: 1000, k: key, o: at }])
        assert.deepEqual(second.heardOf(6)[0]?.[2], { mode: 'bytes', offset: 0, w: limits.acceptorWindowBytes })
        assert.deepEqual(bytesHeard(second.heard), Buffer.from(whole.subarray(at)), `granted ${granted}, at ${at}`)
        assert.deepEqual(second.heardOf(4)[0]?.[2], { whole: true })
      }
    }
  })

  it('goes on between items, which are whole again, whichever the link broke at [security 158]', async () => {
    const items = Array.from({ length: 40 }, (_, i) => `item ${i} ${'x'.repeat(i)}`)
    const encoded = items.map((item) => Uint8Array.from(Buffer.from(item)))
    for (let count = 0; count <= items.length; count++) {
      const offset = encoded.slice(0, count).reduce((sum, { length }) => sum + length, 0)
      const { connect } = agentWith((stream) => void writeAll(stream, 'items', encoded))
      const first = connect()
      await first.say([1, 2, 'a.b', {}, { w: 10_000, k: key }])
      for (let turn = 0; turn < 20; turn++) await first.clock.advance(1)
      await first.cut()
      const second = connect()
      await second.say([1, 2, 'a.b', {}, { w: 10_000, k: key, o: offset }])
      for (let turn = 0; turn < 20; turn++) await second.clock.advance(1)
      assert.deepEqual(itemsHeard(second.heard), items.slice(count))
    }
  })

  it('takes what the peer sends up at the byte where it stood', async () => {
    for (let cut = 0; cut <= 60; cut++) {
      const got: Uint8Array[] = []
      const { connect } = agentWith((stream) => {
        stream.head({ mode: 'bytes' })
        void (async () => {
          for await (const part of stream) got.push(part)
        })()
      })
      const first = connect()
      await first.say([1, 2, 'a.b', {}, { k: key }])
      if (cut > 0) await first.say(encodeData(2, whole.subarray(0, cut)))
      await first.cut()
      const second = connect()
      await second.say([1, 2, 'a.b', {}, { k: key, o: 0 }])
      assert.equal((second.heardOf(6)[0]![2] as { offset: number }).offset, cut)
      await second.say(encodeData(2, whole.subarray(cut, 60)))
      assert.deepEqual(Buffer.concat(got), Buffer.from(whole.subarray(0, 60)))
    }
  })

  it('is kept although both ends ended, until its opener says that it has everything: the last of it may be lost on the way', async () => {
    const { connect, resumeStore } = agentWith((stream) => void writeAll(stream, 'bytes', parts))
    const first = connect()
    // It has nothing to send up, so it ends at once; that is not yet to say that it has what comes down.
    await first.say([1, 2, 'a.b', {}, { w: 1000, k: key }], [4, 2, {}])
    await first.clock.advance(5)
    assert.equal(first.heardOf(4).length, 1)
    await first.cut()
    const second = connect()
    await second.say([1, 2, 'a.b', {}, { w: 1000, k: key, o: 390 }])
    assert.deepEqual(bytesHeard(second.heard), Buffer.from(whole.subarray(390)))
    assert.deepEqual(second.heardOf(4)[0]?.[2], { whole: true })
    await second.say([4, 2, {}, true])
    assert.equal(second.session.stats.openStreams, 0)
    assert.equal(resumeStore.sum.bytes, 0)
    const third = connect()
    await third.say([1, 2, 'a.b', {}, { k: key, o: 400 }])
    assert.equal(third.heardOf(5)[0]?.[2], 'lost')
  })

  it('tells its acceptor that it has everything once its reader took it, also when it had ended before', async () => {
    const { session, say, heardOf, clock } = typedPeer()
    const stream = session.open('a.b', {}, { resumeKey: key })
    stream.end()
    await say([6, 2, { mode: 'bytes' }], encodeData(2, whole), [4, 2, { exit: 0 }])
    assert.deepEqual(heardOf(4), [[4, 2, {}]])
    assert.equal(session.stats.openStreams, 1)
    const reading = stream[Symbol.asyncIterator]()
    await reading.next()
    await clock.advance(1)
    assert.equal(heardOf(4).length, 1)
    assert.equal((await reading.next()).done, true)
    await clock.advance(1)
    assert.deepEqual(heardOf(4).at(-1), [4, 2, {}, true])
    assert.equal(session.stats.openStreams, 0)
  })

  it('is lost when it is asked for what the peer had confirmed already, and for what was never sent', async () => {
    for (const offset of [10, 399]) {
      const { connect } = agentWith((stream) => void writeAll(stream, 'bytes', parts))
      const first = connect()
      await first.say([1, 2, 'a.b', {}, { w: 300, k: key }])
      await first.say([3, 2, 300, 200])
      await first.cut()
      const second = connect()
      await second.say([1, 2, 'a.b', {}, { w: 1000, k: key, o: offset }])
      assert.equal(second.heardOf(5)[0]?.[2], offset === 10 ? undefined : 'lost')
    }
    // Small slices are let go in pieces of 8 KiB; beyond that it is exact.
    const { connect } = agentWith((stream) => void writeAll(stream, 'bytes', [new Uint8Array(200 * KiB)]))
    const first = connect()
    await first.say([1, 2, 'a.b', {}, { w: 64 * KiB, k: key }])
    await first.say([3, 2, 64 * KiB, 64 * KiB])
    await first.cut()
    const second = connect()
    await second.say([1, 2, 'a.b', {}, { w: 1000_000, k: key, o: 10 }])
    assert.equal(second.heardOf(5)[0]?.[2], 'lost')
  })

  it('under a key that nobody knows is lost, but new when nothing of it was received', async () => {
    const { connect } = agentWith((stream) => void writeAll(stream, 'bytes', parts))
    const link = connect()
    await link.say([1, 2, 'a.b', {}, { k: key, o: 5 }], [1, 4, 'a.b', {}, { k: key, o: 0, w: 1000 }])
    assert.deepEqual(link.heardOf(5)[0]?.slice(1, 3), [2, 'lost'])
    assert.deepEqual(bytesHeard(link.heard), Buffer.from(whole))
  })
})

describe('a stream without its link', () => {
  const cases = [
    { name: 'a minute', priority: 2, keptMs: limits.resumeForMs, tag: '[limit resumeForMs]' },
    { name: 'ten minutes when it is a terminal', priority: 1, keptMs: limits.terminalResumeForMs, tag: '[limit terminalResumeForMs]' },
  ]
  for (const { name, priority, keptMs, tag } of cases) {
    it(`waits ${name} and is lost then: its work ends, and nothing of it is kept ${tag}`, async () => {
      const opened: WireStream[] = []
      const { clock, resumeStore, connect } = agentWith((stream) => {
        opened.push(stream)
        stream.head({ mode: 'bytes' })
        void stream.write(new Uint8Array(9000)).catch(() => undefined)
      })
      const link = connect()
      await link.say([1, 2, 'a.b', {}, { c: priority, w: 9000, k: key }])
      assert.equal(resumeStore.sum.bytes, 9000)
      await link.cut()
      assert.equal(opened[0]!.connected, false)
      await clock.advance(keptMs - 1)
      assert.equal(opened[0]!.signal.aborted, false)
      assert.equal(resumeStore.size, 1)
      await clock.advance(1)
      assert.equal(opened[0]!.signal.aborted, true)
      assert.equal(resumeStore.size, 0)
      assert.equal(resumeStore.sum.bytes, 0)
      const again = connect()
      await again.say([1, 2, 'a.b', {}, { k: key, o: 9000 }])
      assert.equal(again.heardOf(5)[0]?.[2], 'lost')
    })
  }

  it('that this end opened is connected again once the other end has said where it goes on, not before', async () => {
    const before = typedPeer()
    const stream = before.session.open('a.b', {}, { resumeKey: key })
    await before.say([6, 2, { mode: 'bytes' }])
    assert.equal(stream.connected, true)
    await before.cut()
    const { left, right } = pair({ clock: before.clock })
    before.session.resume(left)
    assert.equal(stream.connected, false)
    right.send(encodeValue([6, 2, { mode: 'bytes', offset: 0, w: 1000 }]))
    await before.clock.advance(0)
    assert.equal(stream.connected, true)
  })

  it('that this end opened is lost after the same time, and says so to its reader', async () => {
    const link = typedPeer()
    const stream = link.session.open('a.b', {}, { resumeKey: key })
    await link.say([6, 2, { mode: 'bytes' }])
    await link.cut()
    const refused = assert.rejects(
      async () => {
        for await (const payload of stream) void payload
      },
      { code: 'lost' },
    )
    await link.clock.advance(limits.resumeForMs)
    await refused
  })

  it('is one of 256: beyond that the one that waits longest is lost [limit retain.waiting]', async () => {
    const opened: WireStream[] = []
    const { resumeStore, connect } = agentWith((stream) => void opened.push(stream))
    const keyOf = (n: number) => Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? n & 0xff : i === 1 ? n >> 8 : 0))
    const most = limits.retain.waiting
    for (let links = 0; links < 2; links++) {
      const link = connect()
      for (let i = 0; i < 150; i++) await link.say([1, 2 * (i + 1), 'a.b', {}, { k: keyOf(links * 150 + i) }])
      await link.cut()
    }
    assert.equal(opened.length, 300)
    assert.equal(resumeStore.size, most)
    assert.equal(opened.filter(({ signal }) => signal.aborted).length, 300 - most)
    assert.ok(opened[0]!.signal.aborted && !opened[299]!.signal.aborted)
  })
})

describe('what is kept', () => {
  /** A peer that grants without end and confirms nothing. */
  async function hoard(link: Typed, streams: number, from = 0): Promise<void> {
    for (let i = 0; i < streams; i++)
      await link.say([1, 2 * (i + 1), 'a.b', {}, { w: 2 ** 40, k: Uint8Array.from({ length: 16 }, () => from + i) }])
    let told = 0
    for (let turn = 0; turn < 4000; turn++) {
      const got = bytesHeard(link.heard.splice(0)).length
      if (got === 0 && turn > 20) return
      await link.say([21, (told += got)])
      await link.clock.advance(1)
    }
  }
  const endless = (stream: WireStream) => {
    stream.head({ mode: 'bytes' })
    void (async () => {
      for (;;) await stream.write(new Uint8Array(16 * KiB))
    })().catch(() => undefined)
  }

  it('of one stream is the largest window and a little, whatever its peer grants [limit retain.streamBytes] [security 21]', async () => {
    const { resumeStore, connect } = agentWith(endless)
    const link = connect()
    await hoard(link, 1)
    assert.ok(resumeStore.sum.bytes >= limits.maxWindowBytes)
    assert.ok(resumeStore.sum.bytes <= limits.retain.streamBytes + limits.dataBytes, `${resumeStore.sum.bytes}`)
    assert.equal(link.session.stats.retainedBytes, resumeStore.sum.bytes)
  })

  it('of all streams is 32 MiB: then those that wait are lost first, the oldest before the others [limit retain.processBytes]', async () => {
    const opened: WireStream[] = []
    const { resumeStore, connect } = agentWith((stream) => {
      opened.push(stream)
      endless(stream)
    })
    const first = connect()
    await hoard(first, 3)
    await first.cut()
    assert.equal(resumeStore.size, 3)
    const second = connect()
    await hoard(second, 7, 100)
    assert.ok(resumeStore.sum.bytes <= limits.retain.processBytes + limits.dataBytes, `${resumeStore.sum.bytes}`)
    assert.deepEqual(
      opened.slice(0, 3).map(({ signal }) => signal.aborted),
      [true, true, true],
    )
    assert.equal(opened.slice(3).filter(({ signal }) => signal.aborted).length, 0)
  })

  it('and with nobody left waiting, the stream that asks for more is reset', async () => {
    const opened: WireStream[] = []
    const { resumeStore, connect } = agentWith((stream) => {
      opened.push(stream)
      endless(stream)
    })
    await hoard(connect(), 10)
    assert.ok(resumeStore.sum.bytes <= limits.retain.processBytes + limits.dataBytes, `${resumeStore.sum.bytes}`)
    const reset = opened.filter(({ signal }) => signal.aborted)
    assert.ok(reset.length >= 1)
    assert.ok(reset.every(({ signal }) => (signal.reason as { code: string }).code === 'rate_limited'))
  })

  it('of an honest reader is no more than its window and one slice, and nothing at the end', async () => {
    const { resumeStore, connect, clock } = agentWith((stream) => {
      void writeAll(
        stream,
        'bytes',
        Array.from({ length: 100 }, () => new Uint8Array(32 * KiB)),
      )
    })
    const link = connect()
    await link.say([1, 2, 'a.b', {}, { c: 3, w: limits.windowBytes, k: key }])
    let got = 0
    let credited = limits.windowBytes
    let most = 0
    while (link.heardOf(4).length === 0) {
      got += bytesHeard(link.heard.splice(0)).length
      await link.say([21, got])
      most = Math.max(most, resumeStore.sum.bytes)
      // As a reader does that keeps up: credit for half a window at a time.
      if (got + limits.windowBytes - credited >= limits.windowBytes / 2) await link.say([3, 2, (credited = got + limits.windowBytes), got])
      await clock.advance(1)
    }
    assert.ok(most <= limits.windowBytes + limits.sliceBytes, `${most}`)
    await link.say([4, 2, {}])
    assert.ok(resumeStore.sum.bytes > 0)
    await link.say([4, 2, {}, true])
    assert.equal(resumeStore.sum.bytes, 0)
    assert.equal(link.session.stats.openStreams, 0)
  })
})
