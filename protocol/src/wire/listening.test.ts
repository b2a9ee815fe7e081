import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as zlib from 'node:zlib'
import { systemClock } from './clock.ts'
import { encodeData, msgpackCodec } from './codec.ts'
import { frame } from './frame.ts'
import { nodePacking } from './pack-node.ts'
import { pair } from './pair.ts'
import { openSession, type WireStream } from './session.ts'
import { lending, spoilSlabs } from './test-lending.ts'
import { typedPeer } from './test-peer.ts'

const text = (payload: Uint8Array) => Buffer.from(payload).toString()
const packing = nodePacking(zlib)

/** Settles as the listener is told. */
function heard(stream: WireStream, take: (payload: Uint8Array) => void | Promise<void>): Promise<void> {
  return new Promise((resolve, reject) =>
    stream.listen({ decode: (payload) => payload, take, ended: (error) => (error === undefined ? resolve() : reject(error as Error)) }),
  )
}

/** A stream that this end opened and listens to; the peer is typed. */
function listening(take: (payload: Uint8Array) => void | Promise<void>) {
  const peer = typedPeer({ side: 'hub', packing })
  const stream = peer.session.open('rows.open', {}, { takesPacked: true, windowBytes: 64 * 1024 })
  return { ...peer, stream, ended: heard(stream, take) }
}
const head = (z = false) => [frame.head, 2, { mode: 'items', ...(z ? { z } : {}) }]
const data = (said: string) => encodeData(2, Buffer.from(said))

describe('a listener of a stream', () => {
  it('hears what comes as it comes, and the end', async () => {
    const heard: string[] = []
    const { say, ended, stream } = listening((payload) => void heard.push(text(payload)))
    await say(head(), data('a'), data('b'))
    assert.deepEqual(heard, ['a', 'b'])
    await say(data('c'), [frame.end, 2, { of: 3 }])
    await ended
    assert.deepEqual(heard, ['a', 'b', 'c'])
    assert.deepEqual(stream.trailer, { of: 3 })
  })

  it('hears the next one when it is done with the last, and grants no more before', async () => {
    const heard: string[] = []
    let go: () => void = () => undefined
    const { say, clock, ended, heardOf } = listening((payload) => {
      heard.push(text(payload.subarray(0, 1)))
      return new Promise((resolve) => (go = resolve))
    })
    const large = (letter: string) => encodeData(2, Buffer.alloc(30 * 1024, letter))
    await say(head())
    await say(large('a'))
    await say(large('b'))
    await say([frame.end, 2, {}])
    assert.deepEqual([heard, heardOf(frame.credit).length], [['a'], 0])
    go()
    await clock.advance(0)
    assert.deepEqual(heard, ['a', 'b'])
    go()
    await ended
  })

  it('grants what it heard', async () => {
    const { say, heardOf } = listening(() => undefined)
    await say(head())
    for (let i = 0; i < 3; i++) await say(encodeData(2, new Uint8Array(30 * 1024)))
    assert.deepEqual(
      heardOf(frame.credit).map(([, sid, limit]) => [sid, limit]),
      // It emptied at once: the window is doubled.
      [[2, (60 + 2 * 64) * 1024]],
    )
  })

  it('that throws leaves the stream, at once or later, and says why', async () => {
    for (const later of [false, true]) {
      let heard = 0
      const { say, ended, heardOf } = listening(() => {
        heard++
        if (later) return Promise.reject(new Error('of no use'))
        throw new Error('of no use')
      })
      const refused = assert.rejects(ended, /of no use/)
      await say(head(), data('a'), data('b'), data('c'))
      await refused
      assert.equal(heard, 1)
      assert.deepEqual(
        heardOf(frame.reset).map(([, , code]) => code),
        ['canceled'],
      )
    }
  })

  it('hears what waits before the stream breaks, and then why', async () => {
    const heard: string[] = []
    const waits: (() => void)[] = []
    const { say, clock, ended } = listening((payload) => {
      heard.push(text(payload))
      return new Promise((resolve) => waits.push(resolve))
    })
    const refused = assert.rejects(ended, { code: 'forbidden' })
    await say(head(), data('a'), data('b'), [frame.reset, 2, 'forbidden', 'no'])
    waits[0]!()
    await clock.advance(0)
    waits[1]!()
    await refused
    assert.deepEqual(heard, ['a', 'b'])
  })

  it('hears packed items, and not what is packed badly', async () => {
    const heard: string[] = []
    const { say, ended, heardOf } = listening((item) => void heard.push(text(item)))
    const packed = Buffer.concat([Buffer.of(1), zlib.deflateRawSync('b'.repeat(500))])
    await say(head(true), data('\0a'), encodeData(2, packed))
    assert.deepEqual(heard, ['a', 'b'.repeat(500)])
    const refused = assert.rejects(ended, { code: 'invalid_input' })
    await say(encodeData(2, packed.subarray(0, 5)))
    await refused
    assert.deepEqual(
      heardOf(frame.reset).map(([, , code]) => code),
      ['invalid_input'],
    )
  })

  it('is lent what it hears: memory that is used again, in order, however long it takes over each', async () => {
    const { left, right } = pair()
    const common = { codec: msgpackCodec, clock: systemClock, onClose: () => undefined }
    const items = Array.from({ length: 200 }, (_, i) => Buffer.alloc(1 + ((i * 7919) % 32_000), i))
    const serve = async (stream: WireStream) => {
      stream.head({ mode: 'items' })
      for (const item of items) await stream.write(item)
      stream.end()
    }
    const far = openSession(lending(right), { ...common, side: 'agent', onOpen: (stream) => void serve(stream) })
    const near = openSession(lending(left), { ...common, side: 'hub', onOpen: () => undefined })
    let at = 0
    await heard(near.open('x.y', {}), (payload) => {
      assert.ok(Buffer.from(payload).equals(items[at++]!), `${at}`)
      spoilSlabs()
      return at % 3 === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined
    })
    assert.equal(at, items.length)
    near.close(1000, 'done')
    far.close(1000, 'done')
  })

  it('does not listen where nothing can be opened', async () => {
    const { session, cut } = typedPeer({ side: 'hub' })
    await cut()
    await assert.rejects(
      heard(session.open('x.y', {}), () => undefined),
      { code: 'refused' },
    )
  })
})
