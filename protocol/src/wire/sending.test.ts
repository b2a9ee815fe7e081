import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Burst } from './burst.ts'
import { fakeClock } from './clock.ts'
import { msgpackCodec } from './codec.ts'
import { limits } from './limits.ts'
import type { Link } from './link.ts'
import { pair } from './pair.ts'
import { PathWindow } from './path.ts'
import { openSession, type WireStream } from './session.ts'
import type { StreamImpl } from './stream.ts'
import { typedPeer } from './test-peer.ts'

const KiB = 1024

describe('what leaves in one turn', () => {
  it('is gathered into messages of 64 KiB and one frame at most [limit gatherBytes]', () => {
    const lengths: number[] = []
    const writer = msgpackCodec.writer((message) => void lengths.push(message.length))
    for (let i = 0; i < 20; i++) writer.data(2, new Uint8Array(limits.dataBytes - 1000))
    writer.flush()
    assert.ok(lengths.length > 5)
    assert.ok(lengths.every((length) => length < limits.gatherBytes + limits.dataBytes))
    assert.ok(lengths.slice(0, -1).every((length) => length >= limits.gatherBytes))
  })

  it('holds no item over 32 KiB, and bytes of any length in pieces [limit dataBytes]', async () => {
    const { clock, opened, say, heard } = typedPeer()
    await say([1, 1, 'a.b', {}, { w: 500_000 }], [1, 3, 'a.b', {}, { w: 500_000 }])
    const [items, bytes] = opened
    items!.head({ mode: 'items' })
    bytes!.head({ mode: 'bytes' })
    await items!.write(new Uint8Array(limits.dataBytes))
    await assert.rejects(items!.write(new Uint8Array(limits.dataBytes + 1)), { code: 'too_large' })
    void bytes!.write(new Uint8Array(limits.dataBytes + 1))
    await clock.advance(1)
    const lengthsOf = (id: number) => heard.filter(([type, sid]) => type === 2 && sid === id).map(([, , one]) => (one as Uint8Array).length)
    assert.deepEqual(lengthsOf(1), [limits.dataBytes])
    assert.deepEqual(lengthsOf(3), [limits.sliceBytes, limits.sliceBytes, 1])
  })

  for (const { bytesPerMs, slice } of [
    { bytesPerMs: limits.slowBytesPerMs * 0.8, slice: limits.slowSliceBytes },
    { bytesPerMs: limits.slowBytesPerMs * 1.5, slice: limits.sliceBytes },
    { bytesPerMs: limits.fastBytesPerMs * 2, slice: limits.dataBytes },
  ]) {
    it(`is cut into slices of ${slice / KiB} KiB on a link of ${bytesPerMs} KB/s [limit sliceBytes slowSliceBytes slowBytesPerMs fastBytesPerMs]`, async () => {
      const clock = fakeClock()
      const link = pair({ clock, bytesPerMs, delayMs: 2 })
      const endless = async (stream: WireStream) => {
        stream.head({ mode: 'bytes' })
        for (;;) await stream.write(new Uint8Array(96 * KiB))
      }
      openSession(link.left, { side: 'agent', codec: msgpackCodec, clock, onOpen: (stream) => void endless(stream).catch(() => undefined) })
      const hub = openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
      const lengths: number[] = []
      void (async () => {
        for await (const payload of hub.open('a.b', {}, { priority: 3 })) lengths.push(payload.length)
      })()
      await clock.advance(4000)
      const last = lengths.slice(-40)
      assert.ok(last.filter((length) => length === slice).length >= 30, last.join(' '))
    })
  }

  it('is no bulk and no call while the socket holds more than 32 KiB, but is what a terminal types [limit socketBytes]', async () => {
    const clock = fakeClock()
    const link = pair({ clock })
    let bufferedBytes: number = limits.socketBytes + 1
    const slow = Object.defineProperty(link.left, 'bufferedBytes', { get: () => bufferedBytes })
    const opened: WireStream[] = []
    const session = openSession(slow, { side: 'hub', codec: msgpackCodec, clock, onOpen: (stream) => void opened.push(stream) })
    const peer = openSession(link.right, { side: 'agent', codec: msgpackCodec, clock, onOpen: () => undefined })
    for (const priority of [1, 2, 3] as const) peer.open('a.b', {}, { priority })
    await clock.advance(1)
    for (const stream of opened) void stream.write(new Uint8Array(100))
    await clock.advance(50)
    assert.equal(session.stats.sentBytes, 100)
    bufferedBytes = limits.socketBytes
    await clock.advance(50)
    assert.equal(session.stats.sentBytes, 300)
  })

  it('of bulk waits for what else the turn brings, up to 256 KiB in one system call [limit togetherBytes]', async () => {
    const clock = fakeClock()
    const link = pair({ clock })
    const calls: number[] = []
    let corked: number | undefined
    const { send } = link.left
    const gathering = Object.assign(link.left, {
      send: (message: Uint8Array) => {
        if (corked === undefined) calls.push(message.length)
        else corked += message.length
        send(message)
      },
      cork: () => void (corked = 0),
      uncork: () => {
        if (corked! > 0) calls.push(corked!)
        corked = undefined
      },
    })
    const opened: WireStream[] = []
    openSession(gathering, { side: 'agent', codec: msgpackCodec, clock, onOpen: (stream) => void opened.push(stream) })
    const hub = openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
    for (let n = 0; n < 4; n++) hub.open('a.b', {}, { priority: 3, windowBytes: 2 ** 20 })
    await clock.advance(1)
    for (const stream of opened) stream.head({ mode: 'items' })
    const item = 30_000
    await clock.advance(1)
    calls.length = 0
    // One after the other, as a source gives them: each goes on with a promise.
    for (let n = 0; n < 2; n++) await opened[0]!.write(new Uint8Array(item))
    await clock.advance(20)
    assert.deepEqual(
      calls.map((bytes) => Math.floor(bytes / item)),
      [2],
    )
    const { sender } = (opened[0] as StreamImpl).carrier as unknown as Link
    sender.path.bytes = limits.path.maxBytes
    calls.length = 0
    for (const stream of opened) for (let n = 0; n < 5; n++) void stream.write(new Uint8Array(item))
    await clock.advance(20)
    const most = Math.ceil(limits.togetherBytes / item)
    assert.deepEqual(
      calls.map((bytes) => Math.floor(bytes / item)),
      [most, most, 20 - 2 * most],
    )
  })

  it('is what the peer lets through, up to 192 KiB; of what it does not, little more than a frame waits [limit roomBytes]', async () => {
    const item = 30_000
    for (const [windowBytes, most] of [
      [item, limits.dataBytes],
      [2 ** 20, limits.roomBytes],
    ] as const) {
      const { clock, opened, say } = typedPeer()
      // Nobody acknowledges: the path lets 64 KiB through, and no more.
      await say([1, 1, 'a.b', {}, { c: 3, w: windowBytes }])
      opened[0]!.head({ mode: 'items' })
      let written = 0
      void (async () => {
        for (;;) {
          written += item
          await opened[0]!.write(new Uint8Array(item))
        }
      })()
      await clock.advance(100)
      const queued = written - opened[0]!.sentBytes
      assert.ok(queued > most && queued <= most + item, `${queued} of ${most}`)
    }
  })

  it('is one frame of bulk after sixteen of calls, and calls before bulk otherwise [limit fairness]', async () => {
    const { clock, opened, say, heard } = typedPeer()
    await say([1, 1, 'a.b', {}, { c: 2, w: 2 ** 30 }], [1, 3, 'a.b', {}, { c: 3, w: 2 ** 30 }])
    for (const stream of opened) stream.head({ mode: 'items' })
    for (let i = 0; i < 40; i++) for (const stream of opened) void stream.write(new Uint8Array(600))
    await clock.advance(1)
    const order = heard.filter(([type]) => type === 2).map(([, sid]) => sid)
    assert.deepEqual(order.slice(0, 35), [...Array(16).fill(1), 3, ...Array(16).fill(1), 3, 1])
  })
})

describe('a terminal', () => {
  it('that floods within a second goes as bulk until it was quiet [limit terminalBurstBytes terminalQuietMs]', () => {
    const burst = new Burst()
    assert.equal(burst.sent(limits.terminalBurstBytes, 5000), false)
    assert.equal(burst.sent(1, 5999), true)
    assert.equal(burst.quiet(5999 + limits.terminalQuietMs), false)
    assert.equal(burst.quiet(5999 + limits.terminalQuietMs + 1), true)
    const slow = new Burst()
    for (let second = 1; second < 20; second++) assert.equal(slow.sent(limits.terminalBurstBytes, second * 1001), false)
  })

  it('that floods does not hold up another one', async () => {
    const clock = fakeClock()
    const link = pair({ clock, bytesPerMs: 500, delayMs: 5 })
    const serve = async (stream: WireStream) => {
      stream.head({ mode: 'bytes' })
      if (stream.method === 'cat') for (;;) await stream.write(new Uint8Array(16 * KiB))
      for await (const payload of stream) await stream.write(payload)
    }
    openSession(link.left, { side: 'agent', codec: msgpackCodec, clock, onOpen: (stream) => void serve(stream).catch(() => undefined) })
    const hub = openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
    const open = (method: string) => hub.open(method, {}, { priority: 1, windowBytes: limits.terminalWindowBytes })
    void (async () => {
      for await (const payload of open('cat')) void payload
    })()
    await clock.advance(3000)
    const echo = open('echo')
    const answers = echo[Symbol.asyncIterator]()
    const sentMs = clock.now()
    void echo.write(new Uint8Array(1))
    let tookMs = Infinity
    void answers.next().then(() => (tookMs = clock.now() - sentMs))
    await clock.advance(2000)
    // One window of 64 KiB before it would be 131 ms, on top of 10.
    assert.ok(tookMs < 90, `${tookMs}`)
  })
})

describe('the path window', () => {
  /** So many rounds on a link of that rate, which is always full. */
  function rounds(path: PathWindow, count: number, rate: number, fromMs = 0): number {
    let now = fromMs
    for (let i = 0; i < count; i++) {
      path.sent(path.bytes, now)
      now += 60
      path.acked(rate * 60, now)
    }
    return now
  }

  it('is rate times the shortest round trip and one frame, between 32 KiB and 8 MiB [limit path.minBytes path.maxBytes path.frameBytes]', () => {
    for (const [rate, rttMs, wanted] of [
      [2500, 40, 2500 * 40 + limits.path.frameBytes],
      [100, 1, limits.path.minBytes],
      [10_000_000, 50, limits.path.maxBytes],
    ] as const) {
      const path = new PathWindow()
      path.sample(rttMs, 0)
      rounds(path, 30, rate)
      assert.equal(path.bytes, wanted)
    }
  })

  it('lets a burst leave as a whole where the link is idle between them [limit burst.ms burst.bytes]', () => {
    const idle = (rate: number, rounds: number) => {
      const path = new PathWindow()
      path.sample(1, 0)
      for (let now = 0; now < rounds * 60; now += 60) {
        path.sent(path.bytes, now)
        path.idle(now + 60)
        path.acked(rate * 60, now + 60)
      }
      return path
    }
    const { frameBytes } = limits.path
    assert.equal(idle(5000, 30).bytes, 5000 * (1 + limits.burst.ms) + frameBytes)
    const path = idle(20_000, 30)
    assert.equal(path.bytes, 20_000 + limits.burst.bytes + frameBytes)
    // Full again: no more than fills it.
    rounds(path, 10, 20_000, 1800)
    assert.equal(path.bytes, 20_000 + frameBytes)
  })

  it('pauses bulk after ten seconds without a shorter round trip, and measures anew [limit probe.everyMs]', () => {
    const path = new PathWindow()
    path.sample(20, 0)
    const now = rounds(path, 20, 2500)
    assert.equal(path.sample(30, limits.probe.everyMs), false)
    assert.equal(path.sample(30, limits.probe.everyMs + 1), true)
    // Nothing is let through: 32 KiB under way would be 13 ms of what is measured.
    assert.equal(path.bytes, 0)
    path.probe()
    assert.equal(path.sample(200, now + 20_000), false)
    assert.equal(path.minRttMs, 200)
    assert.equal(path.bytes, 2500 * 200 + limits.path.frameBytes)
  })

  it('knows no rate of what comes now and then, however little', () => {
    const path = new PathWindow()
    path.sample(1, 0)
    for (const bytes of [100, 30_000])
      for (let i = 0, now = bytes * 1000; i < 20; i++, now += 5000) {
        path.sent(bytes, now)
        path.acked(bytes, now + 0.5)
        path.idle(now + 0.5)
      }
    assert.equal(path.bytesPerMs, 0)
    assert.equal(path.bytes, limits.path.startBytes)
    const now = rounds(path, 20, 20_000, 100_000_000)
    const known = [path.bytesPerMs, path.bytes]
    for (let i = 1; i < 20; i++) {
      path.sent(100, now + 5000 * i)
      path.acked(100, now + 5000 * i + 5)
      path.idle(now + 5000 * i + 5)
    }
    assert.deepEqual([path.bytesPerMs, path.bytes], known)
  })

  it('knows no rate from little, however late it is acknowledged, nor from what a pause held back', () => {
    const path = new PathWindow()
    path.sample(1, 0)
    for (let i = 1; i < 50; i++) {
      path.sent(1000, 100 * i)
      path.acked(1000, 100 * i + 60)
      path.idle(100 * i + 60)
    }
    assert.equal(path.bytesPerMs, 0)
    assert.equal(path.sample(2, limits.probe.everyMs + 1), true)
    // A key during the pause fills a window of nothing.
    path.sent(100, limits.probe.everyMs + 2)
    path.probe()
    path.sample(2, limits.probe.everyMs + 3)
    path.acked(100, limits.probe.everyMs + 70)
    assert.equal(path.bytesPerMs, 0)
  })

  it('lets through after that pause what it let through before, where nothing was ever limited by it', () => {
    const path = new PathWindow()
    path.sample(1, 0)
    for (let now = 0; now <= limits.probe.everyMs; now += 100) {
      path.sent(1000, now)
      path.acked(1000, now + 1)
    }
    const { bytes } = path
    assert.equal(path.sample(2, limits.probe.everyMs + 101), true)
    assert.equal(path.bytes, 0)
    path.probe()
    path.sample(2, limits.probe.everyMs + 152)
    assert.equal(path.bytes, bytes)
    rounds(path, 20, 20_000, limits.probe.everyMs + 200)
    assert.ok(path.bytes > 20_000, `${path.bytes}`)
  })

  it('has the round trip measured once a second while data flows [limit probe.pingMs]', async () => {
    const { clock, opened, say, heardOf } = typedPeer({ heartbeatMs: 1_000_000 })
    await say([1, 1, 'a.b', {}, { c: 3, w: 2 ** 30 }])
    opened[0]!.head({ mode: 'bytes' })
    const before = heardOf(19).length
    let sent = 0
    const flow = async (bytes: number) => {
      for (let i = 1; i <= 50; i++) {
        void opened[0]!.write(new Uint8Array(bytes))
        await clock.advance(100)
        await say([21, (sent += bytes)])
      }
    }
    await flow(2000)
    assert.equal(heardOf(19).length - before, 5000 / limits.probe.pingMs)
    // Nobody waits for the path of a sample now and then: a PING for each would double what a fleet's hub has to do.
    await flow(30)
    assert.equal(heardOf(19).length - before, 5000 / limits.probe.pingMs)
  })
})
