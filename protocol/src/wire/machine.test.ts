import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { fakeClock } from './clock.ts'
import { encodeData, encodeValue, msgpackCodec } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { limits } from './limits.ts'
import { nodePacking } from './pack-node.ts'
import { pair } from './pair.ts'
import { createResumeStore } from './resume.ts'
import { openSession, type SessionEnd, type WireStream } from './session.ts'
import { assertAtRest, lcg } from './test-peer.ts'
import type { Transport } from './transport.ts'
import { processWindows } from './windows.ts'

const packing = nodePacking(zlib)

describe('a session that hears random frames', () => {
  const values = [0, 1, 2, 3, 4, 5, 7, 70_000, -1, 1.5, 2 ** 31, 2 ** 40, null, true, 'a.b', 'canceled', 'lost', '', {}, [], { c: 3 }]
  const metas = [
    {},
    { c: 1 },
    { w: 10 },
    { w: 2 ** 50, c: 3 },
    { d: 5 },
    { mode: 'items' },
    { offset: 3 },
    { w: -1 },
    { k: 'x' },
    { z: true },
    { mode: 'items', z: true },
  ]

  it('as an agent never throws, ends with a named code or lives, and counts nothing at the end, in 20,000 sequences [security 66]', () =>
    hear('agent', 20_000))

  for (const side of ['hub', 'console'] as const) {
    it(`as a hub towards an agent or a console does the same: ${side}`, () => hear(side, 4000))
  }

  async function hear(side: 'hub' | 'agent' | 'console', rounds: number): Promise<void> {
    const random = lcg(side.length)
    const pick = <T>(from: readonly T[]): T => from[random() % from.length]!
    const clock = fakeClock()
    const json = side === 'console'
    const codec = json ? jsonCodec : msgpackCodec
    const seen = new Map<number, number>()
    for (let round = 0; round < rounds; round++) {
      const ends: SessionEnd[] = []
      const transport: Transport = {
        send: () => undefined,
        bufferedBytes: 0,
        close: () => undefined,
        onMessage: () => undefined,
        onClose: () => undefined,
      }
      const session = openSession(transport, {
        side: json ? 'hub' : side,
        codec,
        clock,
        onOpen: (stream) => void (random() % 3 === 0 ? stream.reply(1) : stream.head({ mode: 'items', z: stream.canPack })),
        packing,
        onClose: (end) => void ends.push(end),
      })
      session
        .open('x.y', {}, { takesPacked: true })
        .answered()
        .catch(() => undefined)
      for (let i = 1 + (random() % 10); i > 0 && session.alive; i--) {
        const sid = random() % 8
        const control =
          random() % 3 === 0
            ? [random() % 25, pick(values), pick(values), pick(values), pick(metas)]
            : [1 + (random() % 8), sid, pick(['a.b', 'canceled', 5, {}, null]), pick(values), pick(metas)]
        if (json) transport.onMessage(random() % 5 === 0 ? Uint8Array.of(2, 0, 0, 0, sid, 1) : JSON.stringify([control]))
        else transport.onMessage(random() % 5 === 0 ? encodeData(sid, new Uint8Array(1 + (random() % 50))) : encodeValue(control))
        const { openStreams, grantedBytes, queuedBytes } = session.stats
        assert.ok(openStreams >= 0 && grantedBytes >= 0 && queuedBytes >= 0)
      }
      assert.equal(ends.length, session.alive ? 0 : 1)
      for (const { code, cause } of ends) {
        assert.ok([4400, 4429].includes(code), `${code} ${String(cause)}`)
        seen.set(code, (seen.get(code) ?? 0) + 1)
      }
      session.close(1000, 'over')
      assert.equal(session.stats.openStreams, 0)
      assert.equal(session.stats.grantedBytes, 0)
      if (round % 500 === 0) await clock.advance(100)
    }
    assert.equal(processWindows(clock).bytes, 0)
    assert.ok(seen.get(4400)! > rounds / 20, 'the frames were not wild enough')
  }
})

/** One stream, both ways: how much in what pieces, and what befalls it. */
const life = fc.record({
  keyed: fc.boolean(),
  priority: fc.constantFrom(1 as const, 2 as const, 3 as const),
  windowBytes: fc.constantFrom(2000, 32_768, 262_144),
  up: fc.array(fc.integer({ min: 1, max: 12_000 }), { maxLength: 5 }),
  down: fc.array(fc.integer({ min: 1, max: 25_000 }), { maxLength: 6 }),
  byAgent: fc.boolean(),
  reset: fc.option(fc.record({ atMs: fc.nat(60), opener: fc.boolean() }), { freq: 4, nil: undefined }),
})
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never

/** What stands at an offset of one direction of one stream: whatever arrives elsewhere, or twice, is seen. */
const at = (stream: number, up: boolean, offset: number) => (stream * 31 + (up ? 17 : 0) + offset * 7 + (offset >> 8)) & 0xff
const total = (pieces: readonly number[]) => pieces.reduce((sum, piece) => sum + piece, 0)

describe('two ends', () => {
  it('agree about every stream after any interleaving of writes, resets and lost links, and keep and owe nothing at the end [security 158]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(life, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 5 }),
        async (lives, cuts) => {
          await oneWorld(lives, cuts)
        },
      ),
      { numRuns: 80, seed: 23 },
    )
  })
})

async function oneWorld(lives: readonly Life[], cuts: readonly number[]): Promise<void> {
  const clock = fakeClock()
  const stores = { agent: createResumeStore(clock), hub: createResumeStore(clock) }
  const options = { clock, delayMs: 2, bytesPerMs: 20_000 }
  let link = pair(options)
  const got = lives.map(() => ({ up: 0, down: 0, upEnded: false, downEnded: false }))
  const serve = (stream: WireStream) => void answer(stream, lives[Number(stream.method)]!, got[Number(stream.method)]!)
  const sessionOf = (side: 'agent' | 'hub', transport: Transport) =>
    openSession(transport, { side, codec: msgpackCodec, clock, onOpen: serve, resumeStore: stores[side] })
  const agent = sessionOf('agent', link.left)
  const hub = sessionOf('hub', link.right)
  lives.forEach((one, i) => {
    const { keyed, priority, windowBytes } = one
    const resumeKey = Uint8Array.from({ length: 16 }, () => i + 1)
    const stream = (one.byAgent ? agent : hub).open(String(i), {}, { priority, windowBytes, ...(keyed ? { resumeKey } : {}) })
    void ask(stream, i, one, got[i]!)
    if (one.reset?.opener === true) clock.after(one.reset.atMs, () => stream.reset('canceled'))
  })
  for (const ms of cuts) {
    await clock.advance(ms)
    link.cut()
    await clock.advance(3)
    link = pair(options)
    agent.resume(link.left)
    hub.resume(link.right)
  }
  await clock.advance(3000)
  for (const [i, { keyed, reset, up, down }] of lives.entries()) {
    const { [i]: seen } = got
    assert.ok(seen!.up <= total(up) && seen!.down <= total(down))
    if (reset !== undefined || (cuts.length > 0 && !keyed)) continue
    assert.deepEqual(seen, { up: total(up), down: total(down), upEnded: true, downEnded: true }, `stream ${i}`)
  }
  // Past the time that anything may wait for.
  await clock.advance(limits.terminalResumeForMs)
  assertAtRest([hub, agent])
  assert.equal(processWindows(clock).bytes, 0)
  for (const { sum, size } of Object.values(stores)) assert.deepEqual({ bytes: sum.bytes, size }, { bytes: 0, size: 0 })

  async function answer(stream: WireStream, { down, reset }: Life, seen: (typeof got)[number]): Promise<void> {
    const i = Number(stream.method)
    if (reset?.opener === false) clock.after(reset.atMs, () => stream.reset('busy'))
    try {
      stream.head({ mode: 'bytes' })
      const reading = read(stream, i, true, seen)
      reading.catch(() => undefined)
      await write(stream, i, false, down)
      await reading
      stream.end()
    } catch {
      // Lost, or left by the other end.
    }
  }

  async function ask(stream: WireStream, i: number, { up }: Life, seen: (typeof got)[number]): Promise<void> {
    try {
      const reading = read(stream, i, false, seen)
      reading.catch(() => undefined)
      await write(stream, i, true, up)
      stream.end()
      await reading
    } catch {
      // Lost, or left by the other end.
    }
  }
}

async function write(stream: WireStream, i: number, up: boolean, pieces: readonly number[]): Promise<void> {
  let offset = 0
  for (const length of pieces) {
    const from = offset
    offset += length
    const piece = new Uint8Array(length)
    for (let n = 0; n < length; n++) piece[n] = at(i, up, from + n)
    await stream.write(piece)
  }
}

async function read(
  stream: WireStream,
  i: number,
  up: boolean,
  seen: { up: number; down: number; upEnded: boolean; downEnded: boolean },
): Promise<void> {
  for await (const payload of stream) {
    const from = up ? seen.up : seen.down
    for (let n = 0; n < payload.length; n++) if (payload[n] !== at(i, up, from + n)) assert.fail(`stream ${i}: a wrong byte at ${from + n}`)
    if (up) seen.up += payload.length
    else seen.down += payload.length
  }
  if (up) seen.upEnded = true
  else seen.downEnded = true
}
