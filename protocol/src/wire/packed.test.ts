import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as zlib from 'node:zlib'
import * as z from 'zod/mini'
import { stream } from '../contract.ts'
import { fakeClock, systemClock, type FakeClock } from './clock.ts'
import { encodeData, msgpackCodec } from './codec.ts'
import { frame } from './frame.ts'
import { jsonCodec } from './json-codec.ts'
import { json } from './json.ts'
import { limits } from './limits.ts'
import { nodePacking } from './pack-node.ts'
import { webPacking } from './pack-web.ts'
import type { Packing } from './pack.ts'
import { pair } from './pair.ts'
import { createResumeStore } from './resume.ts'
import { openClient, serveFeatures } from './rpc.ts'
import { openSession, type OpenMeta, type Session, type WireStream } from './session.ts'
import { lcg, typedPeer } from './test-peer.ts'

const packing = nodePacking(zlib)
const Row = z.object({ n: z.int(), text: z.string() })
const rows = {
  open: stream(z.object({ count: z.int() }), json(Row), { packs: true }),
  plain: stream(z.object({ count: z.int() }), json(Row)),
}
const rowOf = (n: number) => ({ n, text: `container-${n} `.repeat(60) })
async function* yieldRows({ count }: { count: number }) {
  for (let n = 0; n < count; n++) yield rowOf(n)
}
const served = serveFeatures({ rows }, { rows: { open: yieldRows, plain: yieldRows } })
const wanted = (count: number) => Array.from({ length: count }, (_, n) => rowOf(n))

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const clientOf = (session: Session) =>
  openClient(() => session, { rows }, { decodeReply: jsonCodec.decodeReply, randomBytes: (n) => randomBytes(n) }).rows

/** A hub and a console of it; either may be of a version that cannot pack. */
function ends(hubPacks: Packing | undefined, consolePacks: Packing | undefined) {
  const link = pair()
  const common = { codec: jsonCodec, clock: systemClock }
  const hub = openSession(link.left, { ...common, side: 'hub', onOpen: served, ...(hubPacks && { packing: hubPacks }) })
  const console = openSession(link.right, {
    ...common,
    side: 'console',
    onOpen: () => undefined,
    ...(consolePacks && { packing: consolePacks }),
  })
  return { hub, console, client: clientOf(console) }
}

describe('a stream whose method packs', () => {
  const bytesOfRows = JSON.stringify(wanted(30)).length

  it('takes a fraction of its bytes to a console, and is all there', async () => {
    const { client, console } = ends(packing, webPacking())
    assert.deepEqual(await gather(client.open({ count: 30 })), wanted(30))
    assert.ok(console.stats.receivedBytes * 5 < bytesOfRows, `${console.stats.receivedBytes} of ${bytesOfRows}`)
  })

  it('comes as it is from a hub or to a console that knows nothing of packing, and another method always does', async () => {
    for (const { client, console } of [ends(undefined, packing), ends(packing, undefined), ends({ inflate: packing.inflate }, packing)]) {
      assert.deepEqual(await gather(client.open({ count: 30 })), wanted(30))
      assert.ok(console.stats.receivedBytes > bytesOfRows - 100)
    }
    const { client, console } = ends(packing, packing)
    assert.deepEqual(await gather(client.plain({ count: 30 })), wanted(30))
    assert.ok(console.stats.receivedBytes > bytesOfRows - 100)
  })

  it('is offered only by an end that can unpack, and packed only when it was', async () => {
    for (const asked of [false, true]) {
      const hub = typedPeer({ codec: jsonCodec, packing, onOpen: served })
      await hub.say([frame.open, 1, 'rows.open', { count: 1 }, { w: 262_144, ...(asked ? { z: true } : {}) }])
      assert.deepEqual(hub.heardOf(frame.head), [[frame.head, 1, asked ? { mode: 'items', z: true } : { mode: 'items' }]])
      const data = hub.heardOf(frame.data)[0]![2] as Uint8Array
      assert.equal(data[0], asked ? 1 : '{'.charCodeAt(0))
    }
    const hub = typedPeer({ codec: jsonCodec, packing, onOpen: served })
    await hub.say([frame.open, 1, 'rows.plain', { count: 1 }, { z: true }])
    assert.deepEqual(hub.heardOf(frame.head), [[frame.head, 1, { mode: 'items' }]])
    for (const packing of [nodePacking(zlib), undefined]) {
      const console = typedPeer({ side: 'console', codec: jsonCodec, ...(packing && { packing }) })
      console.session.open('rows.open', { count: 1 }, { takesPacked: true })
      await console.clock.advance(0)
      assert.equal((console.heardOf(frame.open)[0]![4] as { z?: boolean }).z, packing === undefined ? undefined : true)
    }
  })

  it('keeps the order of its items when the inflater is slow, and when some are asked for before others have come', async () => {
    const random = lcg(3)
    const slow: Packing = {
      inflate: async (packed, most) => {
        await sleep(random() % 9)
        return packing.inflate(packed, most)
      },
    }
    const { client } = ends(packing, slow)
    assert.deepEqual(await gather(client.open({ count: 25 })), wanted(25))
    const raw = ends(packing, slow).console.open('rows.open', { count: 12 }, { takesPacked: true })
    await raw.answered()
    await sleep(20)
    const items = raw[Symbol.asyncIterator]()
    const order: unknown[] = []
    const asked = Array.from({ length: 13 }, async () => {
      const { value, done } = await items.next()
      order.push(done === true ? 'end' : (JSON.parse(Buffer.from(value as Uint8Array).toString()) as { n: number }).n)
    })
    await Promise.all(asked)
    assert.deepEqual(order, [...Array.from({ length: 12 }, (_, n) => n), 'end'])
  })

  it('takes an item of 32,767 bytes however little it shrinks, and refuses a larger one', async () => {
    const link = pair()
    const noise = (bytes: number) => randomBytes(bytes)
    const outcomes: unknown[] = []
    openSession(link.left, {
      side: 'hub',
      codec: jsonCodec,
      clock: systemClock,
      packing,
      onOpen: async (stream) => {
        stream.head({ mode: 'items', z: stream.canPack })
        outcomes.push(await stream.write(noise(limits.dataBytes)).catch((error: { code: string }) => error.code))
        await stream.write(noise(limits.dataBytes - 1))
        stream.end()
      },
    })
    const console = openSession(link.right, { side: 'console', codec: jsonCodec, clock: systemClock, packing, onOpen: () => undefined })
    const items = await gather(console.open('x.y', {}, { takesPacked: true }))
    assert.deepEqual([outcomes, items.map(({ length }) => length)], [['too_large'], [limits.dataBytes - 1]])
  })
})

describe('a peer that packs what it may not, or badly', () => {
  /** An opener that is answered by hand. */
  async function asking(meta: OpenMeta = { takesPacked: true }) {
    const peer = typedPeer({ side: 'hub', packing })
    const stream = peer.session.open('rows.open', { count: 1 }, meta)
    await peer.clock.advance(0)
    const read = stream[Symbol.asyncIterator]()
      .next()
      .then(
        ({ value }) => Buffer.from(value as Uint8Array).toString(),
        ({ code }: { code: string }) => code,
      )
    const resets = () => peer.heardOf(frame.reset).map(([, , code]) => code)
    return { peer, stream, read, resets }
  }
  const bomb = Buffer.concat([Buffer.of(1), zlib.deflateRawSync(new Uint8Array(20 * 1024 * 1024), { level: 9 })])

  const bad: Readonly<Record<string, readonly [Uint8Array, string]>> = {
    'a bomb': [bomb, 'too_large'],
    'a marker that means nothing': [Buffer.of(7, 1, 2), 'invalid_input'],
    'packed bytes that break off': [bomb.subarray(0, 60), 'invalid_input'],
    'an item without any marker': [Buffer.from('{"n":1}'), 'invalid_input'],
  }
  for (const [name, [block, code]] of Object.entries(bad)) {
    it(`loses the stream for ${name}, and nothing else`, async () => {
      const { peer, read, resets } = await asking()
      await peer.say([frame.head, 2, { mode: 'items', z: true }], encodeData(2, block))
      assert.equal(await read, code)
      await peer.clock.advance(10)
      assert.deepEqual(resets(), [code])
      // Its bytes count on the path all the same, and the session goes on.
      await peer.say([frame.ping, 9])
      assert.deepEqual(peer.heardOf(frame.ack).at(-1), [frame.ack, block.length])
      await peer.say([frame.open, 1, 'x.y', {}, {}])
      assert.equal(peer.opened.length, 1)
      assert.equal(peer.session.alive, true)
    })
  }

  it('loses the stream when nobody asked for it, when no items come, and when it says so late', async () => {
    const heads: readonly (readonly [OpenMeta, ...(readonly unknown[] | Uint8Array)[]])[] = [
      [{}, [frame.head, 2, { mode: 'items', z: true }]],
      [{ takesPacked: true }, [frame.head, 2, { mode: 'bytes', z: true }]],
      [{ takesPacked: true }, [frame.head, 2, { z: true }]],
      [{ takesPacked: true }, encodeData(2, Buffer.from('x')), [frame.head, 2, { mode: 'items', z: true }]],
      [
        { takesPacked: true },
        [frame.head, 2, { mode: 'items', z: true }],
        encodeData(2, Buffer.from('\0x')),
        [frame.head, 2, { mode: 'items' }],
      ],
    ]
    for (const [meta, ...frames] of heads) {
      const { peer, read, resets } = await asking(meta)
      await peer.say(...(frames as never[]))
      await read
      assert.deepEqual(resets(), ['invalid_input'], JSON.stringify(frames))
      assert.equal(peer.session.alive, true)
    }
  })

  it('that opened the stream cannot have what it says itself taken as packed', async () => {
    const hub = typedPeer({ codec: jsonCodec, packing, side: 'hub' })
    await hub.say([frame.open, 1, 'x.y', {}, { z: true }], [frame.head, 1, { mode: 'items', z: true }])
    assert.deepEqual(
      hub.heardOf(frame.reset).map(([, , code]) => code),
      ['invalid_input'],
    )
  })

  it('that says nothing of packing is an agent of an earlier version: its items are read as they are', async () => {
    const { peer, read } = await asking()
    await peer.say([frame.head, 2, { mode: 'items' }], encodeData(2, Buffer.from('\x01as it is')))
    assert.equal(await read, '\x01as it is')
  })
})

describe('an agent', () => {
  async function sentOver(bytesPerMs: number): Promise<{ first: number; later: number }> {
    const clock = fakeClock()
    const link = pair({ clock, bytesPerMs, delayMs: 1 })
    const agent = openSession(link.left, { side: 'agent', codec: msgpackCodec, clock, packing, onOpen: (stream) => void serve(stream) })
    const hub = openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, packing, onOpen: () => undefined })
    const item = new Uint8Array(Buffer.from('what a host says of itself '.repeat(1000)))
    const got = gather(hub.open('rows.open', {}, { takesPacked: true, priority: 3 }))
    await clock.advance(2000)
    for (const one of await got) assert.deepEqual(Buffer.from(one), Buffer.from(item))
    return sizes

    async function serve(stream: WireStream): Promise<void> {
      stream.head({ mode: 'items', z: stream.canPack })
      await stream.write(item)
      await clockPast(clock, 300)
      sizes.first = agent.stats.sentBytes
      for (let i = 0; i < 8; i++) await stream.write(item)
      await clockPast(clock, 1000)
      sizes.later = agent.stats.sentBytes - sizes.first
      stream.end()
    }
  }
  const sizes = { first: 0, later: 0 }
  const clockPast = (clock: FakeClock, ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve))

  it('packs while its link is known to be slow, and not while it is fast or not known [limit pack.slowBytesPerMs]', async () => {
    const slow = await sentOver(500)
    assert.equal(slow.first, 27_001)
    assert.ok(slow.later < 27_000 * 2, `${slow.later}`)
    const fast = await sentOver(60_000)
    assert.deepEqual(fast, { first: 27_001, later: 27_001 * 8 })
  })
})

describe('a relay', () => {
  /** What the agent was asked, and what a console got of it, through a hub that must not unpack anything. */
  async function through(consolePacks: Packing | undefined, hubPacks = true) {
    const clock = systemClock
    const asked: OpenMeta[] = []
    const [toAgent, toConsole] = [pair({ bytesPerMs: 500 }), pair()]
    const never = () => assert.fail('the hub decodes nothing')
    const hubPacking: Packing = { deflate: never, inflate: never }
    const hubOptions = { side: 'hub', clock, ...(hubPacks && { packing: hubPacking }) } as const
    const agent = openSession(toAgent.left, {
      side: 'agent',
      codec: msgpackCodec,
      clock,
      packing,
      onOpen: (stream) => {
        asked.push(stream.meta)
        void served(stream)
      },
    })
    const far = openSession(toAgent.right, { ...hubOptions, codec: msgpackCodec, onOpen: () => undefined })
    const client = clientOf(far)
    openSession(toConsole.left, {
      ...hubOptions,
      codec: jsonCodec,
      onOpen: serveFeatures(
        { rows },
        { rows: { open: (input: never) => client.open(input), plain: (input: never) => client.plain(input) } },
      ),
    })
    const console = openSession(toConsole.right, {
      side: 'console',
      codec: jsonCodec,
      clock,
      onOpen: () => undefined,
      ...(consolePacks && { packing: consolePacks }),
    })
    // Something to measure the agent's link by.
    await gather(clientOf(console).plain({ count: 200 }))
    const before = console.stats.receivedBytes
    assert.deepEqual(await gather(clientOf(console).open({ count: 100 })), wanted(100))
    const bytes = console.stats.receivedBytes - before
    for (const session of [agent, far, console]) session.close(1000, 'done')
    return { takes: asked.at(-1)!.takesPacked === true, packed: bytes < JSON.stringify(wanted(100)).length / 3 }
  }

  it('passes on what is packed to a console that can unpack it, undecoded', async () => {
    assert.deepEqual(await through(webPacking()), { takes: true, packed: true })
  })

  it('asks the agent to pack nothing when the console, or the hub itself, knows no packing', async () => {
    assert.deepEqual(await through(undefined), { takes: false, packed: false })
    assert.deepEqual(await through(packing, false), { takes: false, packed: false })
  })
})

describe('a packed stream that is resumed', () => {
  it('goes on packed, and is lost for whoever cannot unpack it any more', async () => {
    const clock = fakeClock()
    const store = createResumeStore(clock)
    const key = Uint8Array.from({ length: 16 }, (_, i) => i)
    const peer = () =>
      typedPeer({
        side: 'hub',
        codec: jsonCodec,
        clock,
        packing,
        resumeStore: store,
        onOpen: (stream) => {
          stream.head({ mode: 'items', z: stream.canPack })
          void stream.write(Buffer.from('x'.repeat(600)))
        },
      })
    const k = Buffer.from(key).toString('hex')
    const open = { w: 262_144, k, z: true }
    const first = peer()
    await first.say([frame.open, 1, 'x.y', {}, open])
    await first.cut()
    const second = peer()
    await second.say([frame.open, 1, 'x.y', {}, { ...open, o: 0 }])
    assert.deepEqual(second.heardOf(frame.head)[0]?.[2], { offset: 0, w: 16_384, mode: 'items', z: true })
    assert.equal((second.heardOf(frame.data)[0]![2] as Uint8Array)[0], 1)
    await second.cut()
    const third = peer()
    await third.say([frame.open, 1, 'x.y', {}, { w: 262_144, k, o: 0 }])
    assert.deepEqual(
      third.heardOf(frame.reset).map(([, , code]) => code),
      ['lost'],
    )
  })
})
