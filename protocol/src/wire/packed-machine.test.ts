import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { fakeClock } from './clock.ts'
import { msgpackCodec } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { limits } from './limits.ts'
import { nodePacking } from './pack-node.ts'
import type { Packing } from './pack.ts'
import { pair } from './pair.ts'
import { createResumeStore } from './resume.ts'
import { openSession, type WireStream } from './session.ts'
import { assertAtRest, lcg } from './test-peer.ts'
import { processWindows } from './windows.ts'

const packing = nodePacking(zlib)

/** One stream of items down, of either kind of link, and what befalls it. */
const life = fc.record({
  packed: fc.boolean(),
  keyed: fc.boolean(),
  items: fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 9000 }), noise: fc.boolean() }), { maxLength: 8 }),
  reset: fc.option(fc.record({ atMs: fc.nat(60), opener: fc.boolean() }), { freq: 3, nil: undefined }),
})
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never

describe('two ends that pack', () => {
  it('agree about every item after resets and lost links, with a slow inflater, and owe no credit at the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(life, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 4 }),
        fc.boolean(),
        oneWorld,
      ),
      { numRuns: 100, seed: 11 },
    )
  })
})

const itemOf = ({ bytes, noise }: Life['items'][number], n: number) => {
  const random = lcg(n + bytes)
  return Uint8Array.from({ length: bytes }, (_, i) => (noise ? random() & 0xff : (i >> 6) + n))
}

async function oneWorld(lives: readonly Life[], cuts: readonly number[], toConsole: boolean): Promise<void> {
  const clock = fakeClock()
  const random = lcg(lives.length + cuts.length)
  const slow: Packing = {
    deflate: packing.deflate!,
    inflate: (packed, most) => new Promise((resolve) => void clock.after(random() % 7, () => resolve(packing.inflate(packed, most)))),
  }
  const stores = { left: createResumeStore(clock), right: createResumeStore(clock) }
  const linkOptions = { clock, delayMs: 2, bytesPerMs: 2000 }
  let link = pair(linkOptions)
  const common = { codec: toConsole ? jsonCodec : msgpackCodec, clock, packing: slow }
  const serve = (stream: WireStream) => void answer(stream, lives[Number(stream.method)]!)
  // Who is asked: the hub by a console, the agent by a hub.
  const asked = openSession(link.left, { ...common, side: toConsole ? 'hub' : 'agent', onOpen: serve, resumeStore: stores.left })
  const asking = openSession(link.right, {
    ...common,
    side: toConsole ? 'console' : 'hub',
    onOpen: () => undefined,
    resumeStore: stores.right,
  })
  const got = lives.map(() => ({ items: 0, ended: false }))
  const wrong: string[] = []
  lives.forEach(({ keyed, packed, reset }, i) => {
    const resumeKey = Uint8Array.from({ length: 16 }, () => i + 1)
    const stream = asking.open(String(i), {}, { takesPacked: packed, windowBytes: 40_000, ...(keyed ? { resumeKey } : {}) })
    void read(stream, i).catch(() => undefined)
    if (reset?.opener === true) clock.after(reset.atMs, () => stream.reset('canceled'))
  })
  for (const ms of cuts) {
    await clock.advance(ms)
    link.cut()
    await clock.advance(3)
    link = pair(linkOptions)
    asked.resume(link.left)
    asking.resume(link.right)
  }
  // Whoever unpacks much lets the rest of the process have its turn, which is none of this clock's.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(1000)
  }
  for (const [i, { keyed, reset, items }] of lives.entries()) {
    if (reset !== undefined || (cuts.length > 0 && !keyed)) continue
    assert.deepEqual(got[i], { items: items.length, ended: true }, `stream ${i}`)
  }
  await clock.advance(limits.terminalResumeForMs)
  assert.deepEqual(wrong, [])
  assertAtRest([asked, asking])
  assert.equal(processWindows(clock).bytes, 0)

  async function answer(stream: WireStream, { items, reset }: Life): Promise<void> {
    if (reset?.opener === false) clock.after(reset.atMs, () => stream.reset('busy'))
    try {
      stream.head({ mode: 'items', ...(stream.canPack ? { z: true } : {}) })
      for (const [n, item] of items.entries()) await stream.write(itemOf(item, n))
      stream.end()
    } catch {
      // Lost, or left by the other end.
    }
  }

  async function read(stream: WireStream, i: number): Promise<void> {
    for await (const item of stream) {
      const n = got[i]!.items++
      if (Buffer.compare(item, itemOf(lives[i]!.items[n]!, n)) !== 0) wrong.push(`stream ${i}: item ${n} is another`)
    }
    got[i]!.ended = true
  }
}
