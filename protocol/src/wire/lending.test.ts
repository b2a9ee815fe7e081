import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from './clock.ts'
import { msgpackCodec } from './codec.ts'
import { Outbox } from './outbox.ts'
import { pair } from './pair.ts'
import { giveSlab, inSlab, ownSlab } from './slabs.ts'
import { openSession, type Session, type WireStream } from './session.ts'
import { lending, spoilSlabs } from './test-lending.ts'

function openBoth(onOpen: (stream: WireStream) => void): { readonly near: Session; readonly close: () => void } {
  const { left, right } = pair()
  const common = { codec: msgpackCodec, clock: systemClock, onClose: () => undefined }
  const far = openSession(lending(right), { ...common, side: 'agent', onOpen })
  const near = openSession(lending(left), { ...common, side: 'hub', onOpen: (stream) => stream.reset('unsupported') })
  return {
    near,
    close: () => {
      near.close(1000, 'done')
      far.close(1000, 'done')
    },
  }
}

const patterned = (bytes: number, seed: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + seed) & 0xff)

describe('memory that is only lent', () => {
  it('is copied by whoever keeps it: payloads that wait, parameters, answers', async () => {
    const sizes = [1, 40, 600, 20_000, 32_768, 100_000, 300_000]
    let asked: unknown
    const { near, close } = openBoth((stream) => {
      asked = stream.params
      if (stream.method === 'ask') return stream.reply({ said: patterned(3000, 5) })
      stream.head({ mode: 'bytes' })
      void (async () => {
        for (const [seed, size] of sizes.entries()) await stream.write(patterned(size, seed))
        stream.end()
      })()
    })
    const answer = await near.open('ask', { key: patterned(16, 9) }).answered()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(asked, { key: patterned(16, 9) })
    assert.deepEqual('reply' in answer && new Uint8Array((answer.reply as { said: Uint8Array }).said), patterned(3000, 5))
    for (const way of ['kept', 'lent'] as const) {
      const stream = near.open('read', {}, { priority: 3 })
      await new Promise((resolve) => setTimeout(resolve, 20))
      const parts: Uint8Array[] = []
      if (way === 'kept') for await (const part of stream) parts.push(part)
      else for await (const part of { [Symbol.asyncIterator]: () => stream.lent() }) parts.push(part.slice())
      spoilSlabs()
      assert.ok(Buffer.concat(parts).equals(Buffer.concat(sizes.map((size, seed) => patterned(size, seed)))), way)
    }
    close()
  })

  it('of a payload is used for another once its reader asked for the next, and never what a reader may keep', () => {
    const bytes = patterned(30_000, 1)
    const [lent, kept] = [inSlab(bytes), inSlab(bytes)]
    ownSlab(kept)
    for (const slab of [lent, lent, kept]) giveSlab(slab.subarray(5, 10))
    const next = [inSlab(bytes), inSlab(bytes)].map(({ buffer }) => buffer)
    assert.deepEqual([next[0] === lent.buffer, next.includes(kept.buffer), next[1] === lent.buffer], [true, false, false])
  })

  it('of a payload that leaves in slices is free after the last of them, when nothing is kept, and otherwise once the peer has it', () => {
    for (const retains of [false, true]) {
      const out = new Outbox(0, 100_000)
      if (retains) out.retain()
      const payload = inSlab(patterned(30_000, 1))
      out.push(payload)
      out.push(inSlab(patterned(30_000, 2)))
      assert.equal(out.spent(out.take(16_384)), false)
      out.confirm(16_384)
      spoilSlabs()
      const last = out.take(16_384)
      assert.equal(out.spent(last), !retains)
      assert.ok(Buffer.from(last).equals(patterned(30_000, 1).subarray(16_384)))
      out.confirm(29_999)
      spoilSlabs()
      assert.ok(Buffer.from(last).equals(patterned(30_000, 1).subarray(16_384)))
      out.confirm(30_000)
      spoilSlabs()
      assert.equal(last.includes(1), !retains)
    }
  })

  it('a message keeps its memory until the transport is done with it, and then gives it to the next', () => {
    const sent: { message: Uint8Array; copy: Uint8Array; done: () => void }[] = []
    const writer = msgpackCodec.writer((message, done) => {
      assert.ok(typeof message !== 'string' && done !== undefined)
      sent.push({ message, copy: message.slice(), done })
    })
    const send = (seed: number) => {
      writer.data(1, patterned(30_000, seed))
      writer.flush()
    }
    // More than wait to be used again, whatever other tests left there.
    for (let n = 0; n < 40; n++) send(n)
    for (const { message, copy } of sent) assert.ok(Buffer.from(message).equals(copy))
    const [first] = sent
    first!.done()
    send(99)
    assert.equal(sent.at(-1)!.message.buffer, first!.message.buffer)
  })
})
