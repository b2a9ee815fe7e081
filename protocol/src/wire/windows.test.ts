import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as z from 'zod/mini'
import { duplex } from '../contract.ts'
import { fakeClock } from './clock.ts'
import { encodeData, msgpackCodec } from './codec.ts'
import { bytes } from './json.ts'
import { limits } from './limits.ts'
import { pair } from './pair.ts'
import { relay } from './relay.ts'
import { openClient } from './rpc.ts'
import { openSession, type Session, type WireStream } from './session.ts'
import { typedPeer } from './test-peer.ts'
import { processWindows } from './windows.ts'

const KiB = 1024
const wOf = (open: readonly unknown[]) => (open[4] as { w: number }).w

describe('the window of a stream', () => {
  it('begins with 256 KiB, a terminal’s with what it asks, and what goes up with 16 KiB [limit windowBytes acceptorWindowBytes]', async () => {
    const { session, heardOf, heard, clock } = typedPeer()
    const stream = session.open('a.b', {})
    session.open('a.b', {}, { priority: 1, windowBytes: limits.terminalWindowBytes })
    void stream.write(new Uint8Array(100_000))
    await clock.advance(1)
    assert.deepEqual(heardOf(1).map(wOf), [limits.windowBytes, limits.terminalWindowBytes])
    const sent = heard.filter(([type]) => type === 2).reduce((sum, [, , bytes]) => sum + (bytes as Uint8Array).length, 0)
    assert.equal(sent, limits.acceptorWindowBytes)
  })

  it('of a terminal that a client opens begins with 64 KiB [limit terminalWindowBytes]', async () => {
    const { session, heardOf, clock } = typedPeer()
    const shell = { open: duplex(z.object({}), { down: bytes, up: bytes }, { priority: 1 }) }
    const client = openClient(() => session, { shell }, { decodeReply: msgpackCodec.decodeReply, randomBytes: (n) => new Uint8Array(n) })
    void client.shell.open({}).send(new Uint8Array(1))
    await clock.advance(1)
    assert.equal(wOf(heardOf(1)[0]!), limits.terminalWindowBytes)
  })

  it('doubles while it is what slows a quick reader, up to 4 MiB [limit maxWindowBytes]', async () => {
    const { hub, clock, stop } = flowing({ delayMs: 40, bytesPerMs: 200_000 }, 1)
    await clock.advance(3000)
    assert.equal(hub.stats.grantedBytes, limits.maxWindowBytes)
    await stop()
  })

  it('does not grow for a reader that is slow itself', async () => {
    const clock = fakeClock()
    const { session, say } = typedPeer({ clock })
    const stream = session.open('a.b', {})
    const reading = stream[Symbol.asyncIterator]()
    for (let i = 0; i < 12; i++) {
      const next = reading.next()
      await clock.advance(50)
      await say(encodeData(2, new Uint8Array(32 * KiB)))
      await next
    }
    assert.equal(session.stats.grantedBytes, limits.windowBytes)
  })

  it('grants anew as soon as what is left of it could not take an item of 32 KiB: nobody waits for ever', async () => {
    const { session, say, heardOf, clock } = typedPeer()
    const stream = session.open('a.b', {}, { windowBytes: limits.smallWindowBytes })
    const reading = stream[Symbol.asyncIterator]()
    await say([6, 2, { mode: 'items' }], encodeData(2, new Uint8Array(10_000)))
    await reading.next()
    void reading.next()
    await clock.advance(1)
    assert.ok((heardOf(3).at(-1)![2] as number) >= 10_000 + limits.dataBytes)
  })
})

describe('the windows of a session', () => {
  it('are never so small that each little item is granted by itself: a fleet of 10,000 would hear as much CREDIT as it says', async () => {
    const { session, say, heardOf, clock } = typedPeer()
    const reading = session.open('a.b', {}, { windowBytes: limits.smallWindowBytes })[Symbol.asyncIterator]()
    await say([6, 2, { mode: 'items' }])
    for (let i = 0; i < 50; i++) {
      const next = reading.next()
      await say(encodeData(2, new Uint8Array(40)))
      await next
    }
    void reading.next()
    await clock.advance(1)
    assert.deepEqual(heardOf(3), [])
  })

  it('sum up to 16 MiB; beyond that a new one is 36 KiB, until some are over [limit sessionWindowBytes smallWindowBytes]', async () => {
    const { session, heardOf, clock } = typedPeer()
    const most = limits.sessionWindowBytes / limits.windowBytes
    const streams = Array.from({ length: most + 3 }, () => session.open('a.b', {}))
    await clock.advance(1)
    assert.ok(
      heardOf(1)
        .slice(0, most)
        .every((open) => wOf(open) === limits.windowBytes),
    )
    assert.deepEqual(heardOf(1).slice(most).map(wOf), Array(3).fill(limits.smallWindowBytes))
    assert.equal(session.stats.grantedBytes, limits.sessionWindowBytes + 3 * limits.smallWindowBytes)
    for (const stream of streams.slice(0, 5)) stream.reset('canceled')
    session.open('a.b', {})
    await clock.advance(1)
    assert.equal(wOf(heardOf(1).at(-1)!), limits.windowBytes)
  })

  it('that are beyond it come down with their next grant, so that the sum falls again [security 21]', async () => {
    const { session, say, heardOf, clock } = typedPeer()
    const first = session.open('a.b', {}, { windowBytes: 1024 * KiB })
    for (let left = limits.sessionWindowBytes - 1024 * KiB; left > 0; left -= limits.windowBytes) session.open('a.b', {})
    session.open('a.b', {})
    await clock.advance(1)
    assert.ok(session.stats.grantedBytes > limits.sessionWindowBytes)
    const reading = first[Symbol.asyncIterator]()
    for (let i = 0; i < 16; i++) {
      await say(encodeData(2, new Uint8Array(32 * KiB)))
      await reading.next()
    }
    void reading.next()
    await clock.advance(1)
    assert.ok(session.stats.grantedBytes < limits.sessionWindowBytes)
    // What was granted stays granted: 1 MiB of which half is consumed.
    assert.equal(heardOf(3).at(-1)?.[2], 1024 * KiB)
  })
})

describe('the windows of a process', () => {
  it('sum up to 1 GiB over all its sessions, and to nothing once all are over [limit processWindowBytes]', async () => {
    const clock = fakeClock()
    const sessions = limits.processWindowBytes / limits.sessionWindowBytes
    const each = limits.sessionWindowBytes / limits.windowBytes
    const all = Array.from({ length: sessions }, () => typedPeer({ clock }))
    for (const { session } of all) for (let i = 0; i < each; i++) session.open('a.b', {})
    assert.equal(processWindows(clock).bytes, limits.processWindowBytes)
    const late = typedPeer({ clock })
    late.session.open('a.b', {})
    await clock.advance(1)
    assert.equal(wOf(late.heardOf(1)[0]!), limits.smallWindowBytes)
    for (const { cut } of [...all, late]) await cut()
    assert.equal(processWindows(clock).bytes, 0)
  })
})

describe('what a relay may have queued', () => {
  it('is 1 MiB for one stream whose viewer grants without end [security 21]', async () => {
    const { hub, queued } = await typedGreedy(1)
    assert.ok(queued() <= limits.queueBytes + limits.windowBytes, `${queued()}`)
    assert.ok(queued() >= limits.queueBytes / 2 && hub.alive)
  })

  it('is 1 MiB for all streams of a viewer, and 36 KiB for each beyond that [limit queueBytes] [security 21]', async () => {
    const { queued } = await typedGreedy(40)
    const began = 40 * limits.smallWindowBytes
    assert.ok(queued() <= limits.queueBytes + limits.windowBytes + began, `${queued()}`)
  })

  /** The viewer is typed by hand: it opens with an enormous grant and then acknowledges nothing. */
  async function typedGreedy(viewers: number) {
    const clock = fakeClock()
    const far = flowing({ bytesPerMs: 100_000, delayMs: 1 }, 0, clock)
    const peer = typedPeer({
      clock,
      onOpen: (stream) => void relay(stream, far.hub.open('flow', {}, { priority: 3, windowBytes: limits.smallWindowBytes })),
    })
    for (let i = 0; i < viewers; i++) await peer.say([1, 2 * i + 1, 'flow', {}, { c: 3, w: 2 ** 40 }])
    await clock.advance(3000)
    return { hub: peer.session, queued: () => peer.session.stats.queuedBytes }
  }
})

/** An agent that sends without end, and a hub that reads so many of its streams. */
function flowing(options: { delayMs: number; bytesPerMs: number }, readers: number, clock = fakeClock()) {
  const link = pair({ ...options, clock, kernelBytes: 8 * 1024 * KiB })
  const block = new Uint8Array(32 * KiB)
  const serve = async (stream: WireStream) => {
    stream.head({ mode: 'bytes' })
    for (;;) await stream.write(block)
  }
  openSession(link.left, { side: 'agent', codec: msgpackCodec, clock, onOpen: (stream) => void serve(stream).catch(() => undefined) })
  const hub: Session = openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
  const streams = Array.from({ length: readers }, () => hub.open('flow', {}, { priority: 3 }))
  for (const stream of streams)
    void (async () => {
      for await (const payload of stream) void payload
    })().catch(() => undefined)
  return {
    clock,
    hub,
    async stop() {
      for (const stream of streams) stream.reset('canceled')
      await clock.advance(200)
    },
  }
}
