import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as zlib from 'node:zlib'
import { encodeData } from './codec.ts'
import { frame } from './frame.ts'
import { limits } from './limits.ts'
import { nodePacking } from './pack-node.ts'
import type { WireStream } from './session.ts'
import { typedPeer } from './test-peer.ts'

const { inflatedBytes, itemCostBytes, budgetBytes, bytesPerSecond } = limits.pack
const bomb = Buffer.concat([Buffer.of(1), zlib.deflateRawSync(Buffer.alloc(inflatedBytes))])
const plain = Buffer.of(0, 7)

/** A hub whose agent answers every stream packed. */
async function hubThatUnpacks() {
  let unpacked = 0
  const { inflate } = nodePacking(zlib)
  const counted = (packed: Uint8Array, most: number) => {
    unpacked++
    return inflate(packed, most)
  }
  const peer = typedPeer({ packing: { inflate: counted } })
  const open = async () => {
    const stream = peer.session.open('rows', {}, { takesPacked: true })
    await peer.clock.advance(0)
    await peer.say([frame.head, stream.id, { mode: 'items', z: true }])
    const got: number[] = []
    void read(stream, got)
    return { stream, got }
  }
  return { peer, open, unpacked: () => unpacked }
}

async function read(stream: WireStream, got: number[]): Promise<void> {
  for await (const item of stream) got.push(item.length)
}

/** As long as turns of the event loop bring something. */
async function settled(peer: { clock: { advance(ms: number): Promise<void> } }): Promise<void> {
  for (let n = 0; n < 60; n++) {
    await peer.clock.advance(0)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a peer that sends nothing but bombs', () => {
  it('has so much unpacked at once, then so much a second, and no more [limit pack.budgetBytes pack.bytesPerSecond]', async () => {
    const { peer, open, unpacked } = await hubThatUnpacks()
    const { stream } = await open()
    const cost = inflatedBytes + itemCostBytes
    const atOnce = Math.ceil(budgetBytes / cost)
    const perSecond = bytesPerSecond / cost
    for (let n = 0; n < atOnce + 10 * perSecond; n++) await peer.say(encodeData(stream.id, bomb))
    await settled(peer)
    assert.ok(unpacked() >= atOnce - 1 && unpacked() <= atOnce + 1, `${unpacked()} of ${atOnce} at once`)
    let before = unpacked()
    for (let second = 0; second < 3; second++) {
      for (let step = 0; step < 50; step++) {
        await peer.clock.advance(20)
        await settledOnce()
      }
      assert.ok(unpacked() - before <= perSecond * 1.1, `${unpacked() - before} within a second`)
      assert.ok(unpacked() - before >= perSecond * 0.7, `${unpacked() - before} within a second`)
      before = unpacked()
    }
    assert.equal(peer.heardOf(frame.reset).length, 0)
  })

  it('does not hold up what comes as it is, on its other streams', async () => {
    const { peer, open } = await hubThatUnpacks()
    const { stream } = await open()
    for (let n = 0; n < 600; n++) await peer.say(encodeData(stream.id, bomb))
    await settled(peer)
    const other = await open()
    await peer.say(encodeData(other.stream.id, plain))
    await settledOnce()
    assert.deepEqual(other.got, [1])
  })
})

const settledOnce = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
