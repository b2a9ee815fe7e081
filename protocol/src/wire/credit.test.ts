import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fakeClock } from './clock.ts'
import { msgpackCodec } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { pair } from './pair.ts'
import { openSession, type WireStream } from './session.ts'

/** One stream's life: how much is written in what pieces, who leaves after how many payloads. */
const life = fc.record({
  pieces: fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 12 }),
  priority: fc.constantFrom(1 as const, 2 as const, 3 as const),
  windowBytes: fc.constantFrom(1000, 16_384, 262_144),
  leaves: fc.constantFrom('nobody', 'opener', 'acceptor', 'silently unread' as const),
  after: fc.nat(6),
})

describe('credit', () => {
  it('is conserved at rest, whoever resets whichever stream at whatever step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 12 }), fc.constantFrom(msgpackCodec, jsonCodec), async (lives, codec) => {
        const clock = fakeClock()
        const link = pair({ clock, delayMs: 3, bytesPerMs: 5000 })
        const serve = (stream: WireStream) => void write(stream, lives[Number(stream.method)]!)
        const side = codec === jsonCodec ? 'console' : 'agent'
        const agent = openSession(link.left, { side: 'hub', codec, clock, onOpen: serve })
        const hub = openSession(link.right, { side, codec, clock, onOpen: () => undefined })
        const streams = lives.map(({ priority, windowBytes }, i) => hub.open(String(i), {}, { priority, windowBytes }))
        const reading = Promise.all(streams.map((stream, i) => read(stream, lives[i]!)))
        await clock.advance(3000)
        for (const [i, stream] of streams.entries()) if (lives[i]!.leaves === 'silently unread') stream.reset('canceled')
        await clock.advance(1000)
        const lengths = await reading
        for (const [i, { leaves, pieces }] of lives.entries())
          if (leaves === 'nobody')
            assert.equal(
              lengths[i],
              pieces.reduce((sum, piece) => sum + piece, 0),
            )
        for (const session of [hub, agent]) {
          assert.equal(session.stats.openStreams, 0)
          assert.equal(session.stats.grantedBytes, 0)
          assert.equal(session.stats.ackedBytes, session.stats.sentBytes)
        }
        assert.equal(hub.stats.receivedBytes, agent.stats.sentBytes)
      }),
      { numRuns: 60, seed: 7 },
    )
  })
})

async function write(stream: WireStream, { pieces, leaves, after }: { pieces: number[]; leaves: string; after: number }): Promise<void> {
  try {
    stream.head({ mode: 'bytes' })
    for (const [i, piece] of pieces.entries()) {
      if (leaves === 'acceptor' && i === after) return stream.reset('internal')
      await stream.write(new Uint8Array(piece))
    }
    stream.end()
  } catch {
    // The other end left.
  }
}

async function read(stream: WireStream, { leaves, after }: { leaves: string; after: number }): Promise<number> {
  let total = 0
  let payloads = 0
  if (leaves === 'silently unread') return 0
  try {
    for await (const payload of stream) {
      total += payload.length
      if (leaves === 'opener' && payloads++ === after) break
    }
  } catch {
    // The other end left.
  }
  return total
}
