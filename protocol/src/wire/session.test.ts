import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import * as z from 'zod/mini'
import { call, duplex, stream } from '../contract.ts'
import { FairleadError } from '../errors.ts'
import { fakeClock, systemClock } from './clock.ts'
import { decodeValue, msgpackCodec } from './codec.ts'
import { bytes, json } from './json.ts'
import { jsonCodec } from './json-codec.ts'
import { pair, type PairOptions } from './pair.ts'
import { createResumeStore } from './resume.ts'
import { openClient, serveFeatures, type ServeOptions } from './rpc.ts'
import { openSession, type Session } from './session.ts'

const thing = {
  add: call(z.object({ a: z.number(), b: z.number() }), z.number()),
  big: call(z.object({}), z.string()),
  fail: call(z.object({}), z.string()),
  never: call(z.object({}), z.string(), { deadlineMs: 50 }),
  count: stream(z.object({ to: z.int() }), json(z.object({ n: z.int() }))),
  blob: stream(z.object({}), bytes, { priority: 3, resumeForMs: 60_000 }),
  echo: duplex(z.object({}), { down: bytes, up: bytes }, { priority: 1 }),
}
const features = { thing }
const blob = randomBytes(5_000_000)
const state = { left: 0, leftBlob: 0 }

const handlers = {
  thing: {
    add: async ({ a, b }: { a: number; b: number }) => a + b,
    big: async () => 'x'.repeat(100_000),
    fail: async () => {
      throw new FairleadError('not_found', 'There is no such thing.')
    },
    never: () => new Promise<string>(() => undefined),
    async *count({ to }: { to: number }) {
      try {
        for (let n = 0; n < to; n++) yield { n }
        return { counted: to }
      } finally {
        state.left++
      }
    },
    async *blob() {
      for (let at = 0; at < blob.length; at += 30_000) yield blob.subarray(at, at + 30_000)
    },
    async *echo(_: object, { up }: { up: AsyncIterable<Uint8Array> }) {
      for await (const part of up) yield part
    },
  },
}

function joined(options: PairOptions = {}, serve: ServeOptions = {}, codec = msgpackCodec) {
  const link = pair(options)
  const { clock = systemClock } = options
  const agent = openSession(link.left, {
    side: 'agent',
    codec,
    clock,
    onOpen: serveFeatures(features, handlers, serve),
    resumeStore: createResumeStore(),
  })
  const hub = openSession(link.right, { side: 'hub', codec, clock, onOpen: (opened) => opened.reset('unsupported') })
  return { link, agent, hub, client: clientOf(hub, codec) }
}

function clientOf(session: Session, codec = msgpackCodec) {
  return openClient(() => session, features, {
    decodeReply: codec === msgpackCodec ? decodeValue : codec.decodeReply,
    randomBytes: (count) => randomBytes(count),
  }).thing
}

for (const codec of [msgpackCodec, jsonCodec]) {
  describe(`a session over ${codec.name}`, () => {
    it('answers calls, small and large', async () => {
      const { client } = joined({}, {}, codec)
      assert.equal(await client.add({ a: 2, b: 3 }), 5)
      assert.equal((await client.big({})).length, 100_000)
    })

    it('carries errors by code, with the sentence', async () => {
      const { client } = joined({}, {}, codec)
      await assert.rejects(client.fail({}), { code: 'not_found', message: 'There is no such thing.' })
    })

    it('streams items and carries the trailer', async () => {
      const { client } = joined({}, {}, codec)
      const seen: number[] = []
      const iterator = client.count({ to: 1000 })[Symbol.asyncIterator]()
      for (;;) {
        const next = await iterator.next()
        if (next.done === true) {
          assert.deepEqual(next.value, { counted: 1000 })
          break
        }
        seen.push(next.value.n)
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 1000 }, (_, n) => n),
      )
    })

    it('echoes both ways and half-closes', async () => {
      const { client } = joined({}, {}, codec)
      const end = client.echo({})
      await end.send(Buffer.from('hello'))
      const iterator = end[Symbol.asyncIterator]()
      assert.equal(Buffer.from((await iterator.next()).value).toString(), 'hello')
      end.end()
      assert.equal((await iterator.next()).done, true)
    })

    it('moves five megabytes whole', async () => {
      const { client } = joined({}, {}, codec)
      assert.equal(await digest(client.blob({})), createHash('sha256').update(blob).digest('hex'))
    })
  })
}

describe('a session', () => {
  it('refuses input that does not fit, naming the field and not the value', async () => {
    const { client } = joined()
    await assert.rejects(client.add({ a: 1, b: 'secret' as unknown as number }), (error: FairleadError) => {
      assert.equal(error.code, 'invalid_input')
      assert.match(error.message, /"b"/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  })

  it('answers unsupported for what nobody serves', async () => {
    const { hub } = joined()
    await assert.rejects(hub.open('thing.other', {}).answered(), { code: 'unsupported' })
    await assert.rejects(hub.open('thing.toString', {}).answered(), { code: 'unsupported' })
  })

  it('ends a call at its deadline, and the handler learns it [security 23]', async () => {
    let aborted: Promise<void> | undefined
    const context = (opened: { signal: AbortSignal }) => {
      aborted = new Promise((resolve) => opened.signal.addEventListener('abort', () => resolve()))
      return {}
    }
    const { client } = joined({}, { context })
    await assert.rejects(client.never({}), { code: 'deadline_exceeded' })
    await aborted
  })

  it('leaving a stream early ends the work on the other side', async () => {
    const { client } = joined()
    const before = state.left
    for await (const item of client.count({ to: 1_000_000 })) if (item.n === 10) break
    await until(() => state.left === before + 1)
  })

  it('holds at most one window for a reader that does not read [security 21]', async () => {
    const { hub } = joined()
    const opened = hub.open('thing.blob', {}, { windowBytes: 65_536 })
    await opened.answered()
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(opened.receivedBytes <= 65_536, true)
    opened.reset('canceled')
  })

  it('acknowledges everything that was sent, also after resets: credit is conserved', async () => {
    const { hub, agent, client } = joined()
    for (let i = 0; i < 30; i++) {
      const iterator = client.blob({})[Symbol.asyncIterator]()
      for (let n = 0; n < i % 5; n++) await iterator.next()
      await iterator.return?.(undefined)
    }
    await client.add({ a: 1, b: 1 })
    await until(() => agent.stats.openStreams === 0)
    await until(() => hub.stats.receivedBytes === agent.stats.sentBytes)
  })

  it('a call is answered while bulk saturates the link', async () => {
    const clock = fakeClock()
    const { client, hub, link } = joined({ clock, bytesPerMs: 2500, delayMs: 5 })
    const bulk = digest(client.blob({})).catch(() => undefined)
    await clock.advance(300)
    const startMs = clock.now()
    let tookMs = Number.POSITIVE_INFINITY
    void client.add({ a: 1, b: 1 }).then(() => (tookMs = clock.now() - startMs))
    await clock.advance(200)
    // What is left of five megabytes, in one queue, would be a second and a half.
    assert.ok(tookMs < 100, `${tookMs} ms`)
    assert.ok(hub.stats.receivedBytes > 300_000 && hub.stats.receivedBytes < blob.length, 'bulk was under way')
    link.cut()
    await clock.advance(120_000)
    await bulk
  })

  it('loses streams without a key when the link breaks, and says so', async () => {
    const { client, link } = joined()
    const pending = client.never({})
    link.cut()
    await assert.rejects(pending, { code: 'lost' })
  })
})

describe('a resumed stream', () => {
  it('is whole after many cuts at any place [security 158]', async () => {
    const resumeStore = createResumeStore()
    const serve = serveFeatures(features, handlers)
    let link = pair()
    const open = () => openSession(link.left, { side: 'agent', codec: msgpackCodec, clock: systemClock, onOpen: serve, resumeStore })
    open()
    const openHub = () => openSession(link.right, { side: 'hub', codec: msgpackCodec, clock: systemClock, onOpen: () => undefined })
    let hub = openHub()
    const next = (old: Session) => {
      const session = openHub()
      session.takeOver(old)
      return session
    }
    const reading = digest(clientOf(hub).blob({}))
    let cuts = 0
    const cutting = (async () => {
      for (; cuts < 40; cuts++) {
        await new Promise((resolve) => setImmediate(resolve))
        for (let i = 0; i < cuts % 7; i++) await Promise.resolve()
        link.cut()
        await new Promise((resolve) => setTimeout(resolve, 1))
        link = pair()
        open()
        // A console goes on with its session; a hub makes one for each link of a host.
        if (cuts % 2 === 0) hub.resume(link.right)
        else hub = next(hub)
      }
    })()
    assert.equal(await reading, createHash('sha256').update(blob).digest('hex'))
    await cutting
    assert.ok(cuts > 3)
  })
})

async function digest(items: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const item of items) hash.update(item)
  return hash.digest('hex')
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 3000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(condition(), 'it did not become so within 30 s')
}
