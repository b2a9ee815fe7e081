import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from './clock.ts'
import { msgpackCodec } from './codec.ts'
import { pair } from './pair.ts'
import { openSession, type Session, type WireStream } from './session.ts'
import type { Transport } from './transport.ts'

/** Hands over every message in memory of just its size, and overwrites it as soon as the reader returns. */
function lending(inner: Transport): Transport {
  const outer: Transport = {
    send: (message, done) => inner.send(message, done),
    lends: true,
    bufferedBytes: 0,
    close: (code, reason) => inner.close(code, reason),
    onMessage: () => undefined,
    onClose: () => undefined,
  }
  inner.onMessage = (message) => {
    const memory = (message as Uint8Array).slice()
    outer.onMessage(memory)
    memory.fill(0xee)
  }
  inner.onClose = (code, reason) => outer.onClose(code, reason)
  return outer
}

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
    const stream = near.open('read', {}, { priority: 3 })
    await new Promise((resolve) => setTimeout(resolve, 20))
    const kept: Uint8Array[] = []
    for await (const part of stream) kept.push(part)
    assert.ok(Buffer.concat(kept).equals(Buffer.concat(sizes.map((size, seed) => patterned(size, seed)))))
    close()
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
