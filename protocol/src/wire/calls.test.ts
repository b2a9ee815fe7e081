import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import * as z from 'zod/mini'
import { call, stream, type Handlers } from '../contract.ts'
import { FairleadError } from '../errors.ts'
import { fakeClock } from './clock.ts'
import { msgpackCodec } from './codec.ts'
import { createJournal } from './journal.ts'
import { json } from './json.ts'
import { limits } from './limits.ts'
import { pair } from './pair.ts'
import { loopback, openClient, serveFeatures } from './rpc.ts'
import { openSession, type WireStream } from './session.ts'

const jobs = {
  start: call(z.object({ name: z.string() }), z.string(), { mutates: true }),
  slow: call(z.object({}), z.string(), { deadlineMs: 60_000 }),
  broken: stream(z.object({}), json(z.object({}))),
}

function joined() {
  const clock = fakeClock()
  const link = pair({ clock })
  const ran: string[] = []
  let finish: (value: string) => void = () => undefined
  const handlers: { jobs: Handlers<typeof jobs> } = {
    jobs: {
      async start({ name }) {
        ran.push(name)
        if (name === 'bad') throw new FairleadError('conflict', 'It runs already.')
        return `${name} started`
      },
      slow: () => new Promise<string>((resolve) => (finish = resolve)),
      // oxlint-disable-next-line require-yield -- it fails before its first item
      async *broken() {
        throw new Error('canary-1c2d')
      },
    },
  }
  const failures: unknown[] = []
  const onDone = (_name: string, _stream: unknown, _ms: number, error: unknown) => void (error === undefined || failures.push(error))
  openSession(link.left, { side: 'agent', codec: msgpackCodec, clock, onOpen: serveFeatures({ jobs }, handlers, { clock, onDone }) })
  const hub = openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
  const client = openClient(() => hub, { jobs }, { decodeReply: msgpackCodec.decodeReply, randomBytes: (n) => randomBytes(n) }).jobs
  return { clock, hub, client, ran, handlers, failures, finish: (value: string) => finish(value) }
}

describe('a call that went well', () => {
  it('is answered only once what must be kept of it is kept [security 153]', async () => {
    const clock = fakeClock()
    const link = pair({ clock })
    const kept = Promise.withResolvers<void>()
    let told = false
    const serve = serveFeatures({ jobs }, joined().handlers, { clock, settle: () => kept.promise })
    openSession(link.left, { side: 'agent', codec: msgpackCodec, clock, onOpen: serve })
    const hub = openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
    const client = openClient(() => hub, { jobs }, { decodeReply: msgpackCodec.decodeReply, randomBytes: (n) => randomBytes(n) }).jobs
    const answer = client.start({ name: 'web' }).then(() => (told = true))
    await clock.advance(1000)
    assert.equal(told, false)
    kept.resolve()
    assert.equal(await answer, true)
  })
})

describe('a mutation', () => {
  it('runs once under its key, and a repeat gets the same answer or the same refusal', async () => {
    const { client, ran } = joined()
    const idempotencyKey = randomBytes(16)
    assert.equal(await client.start({ name: 'web' }, { idempotencyKey }), 'web started')
    assert.equal(await client.start({ name: 'web' }, { idempotencyKey }), 'web started')
    const other = { idempotencyKey: randomBytes(16) }
    await assert.rejects(client.start({ name: 'bad' }, other), { code: 'conflict' })
    await assert.rejects(client.start({ name: 'bad' }, other), { code: 'conflict' })
    assert.deepEqual(ran, ['web', 'bad'])
    assert.equal(await client.start({ name: 'web' }), 'web started')
    assert.deepEqual(ran, ['web', 'bad', 'web'])
  })

  it('is refused when its key was another one’s: nothing is done, and nothing of the other is told', async () => {
    const { client, ran } = joined()
    const idempotencyKey = randomBytes(16)
    await client.start({ name: 'web' }, { idempotencyKey })
    await assert.rejects(client.start({ name: 'db' }, { idempotencyKey }), { code: 'conflict' })
    assert.equal(await client.start({ name: 'web' }, { idempotencyKey }), 'web started')
    assert.deepEqual(ran, ['web'])
  })

  it('is remembered for ten minutes, and a thousand of them at most [limit journal.keepMs journal.outcomes]', async () => {
    const clock = fakeClock()
    const journal = createJournal(clock)
    let ran = 0
    const run = async () => ++ran
    assert.equal(await journal.once('a', 1, run), 1)
    await clock.advance(limits.journal.keepMs - 1)
    assert.equal(await journal.once('a', 1, run), 1)
    await clock.advance(2)
    assert.equal(await journal.once('a', 1, run), 2)
    for (let i = 0; i < limits.journal.outcomes; i++) await journal.once(`other ${i}`, 1, run)
    assert.equal(await journal.once('a', 1, run), 2 + limits.journal.outcomes + 1)
  })
})

describe('a call', () => {
  it('that changes something is refused without its key: it could not be made safe to repeat', async () => {
    const { hub, ran, clock } = joined()
    const refused = assert.rejects(hub.open('jobs.start', { name: 'web' }).answered(), { code: 'invalid_input' })
    await clock.advance(1)
    await refused
    assert.deepEqual(ran, [])
  })

  it('is refused when its answer is larger than 64 MiB [limit largeReply.bytes]', async () => {
    const clock = fakeClock()
    const link = pair({ clock, delayMs: 10, bytesPerMs: 100_000, kernelBytes: 2 ** 24 })
    const block = new Uint8Array(limits.dataBytes)
    const endless = async (stream: WireStream) => {
      stream.head({ mode: 'reply' })
      for (;;) await stream.write(block)
    }
    openSession(link.left, { side: 'agent', codec: msgpackCodec, clock, onOpen: (stream) => void endless(stream).catch(() => undefined) })
    const hub = openSession(link.right, { side: 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
    const client = openClient(() => hub, { jobs }, { decodeReply: () => assert.fail('decoded'), randomBytes: (n) => randomBytes(n) }).jobs
    let failure: unknown
    void client.slow({}, { deadlineMs: 600_000 }).catch((error: unknown) => (failure = error))
    for (let i = 0; i < 200 && failure === undefined; i++) await clock.advance(50)
    assert.equal((failure as FairleadError).code, 'too_large')
    assert.ok(hub.stats.receivedBytes > limits.largeReply.bytes)
    assert.ok(hub.stats.receivedBytes < limits.largeReply.bytes + 16 * 1024 * 1024)
  })
})

describe('a long call', () => {
  it('says every five seconds that it still works [limit workingMs]', async () => {
    const { clock, hub, finish } = joined()
    const signals: string[] = []
    const opened = hub.open('jobs.slow', {}, { deadlineMs: 60_000 })
    opened.onSignal = (kind) => void signals.push(kind)
    await clock.advance(31_000)
    assert.ok(signals.length >= 4 && signals.length <= 6, `${signals.length}`)
    assert.ok(signals.every((kind) => kind === 'working'))
    finish('done')
    await clock.advance(10)
    assert.deepEqual(await opened.answered(), { reply: 'done' })
  })
})

describe('what fails in a handler', () => {
  it('ends its stream as internal, says nothing of itself to the peer, and is reported here [security 25]', async () => {
    const { client, failures, clock } = joined()
    const reading = (async () => {
      for await (const item of client.broken({})) assert.fail(String(item))
    })()
    const refused = assert.rejects(reading, (error: FairleadError) => {
      assert.equal(error.code, 'internal')
      assert.doesNotMatch(error.message, /canary/)
      return true
    })
    await clock.advance(1)
    await refused
    assert.match(String(failures[0]), /canary-1c2d/)
  })
})

describe('what an end hears from the other', () => {
  const thing = { get: call(z.object({ id: z.string() }), z.object({ id: z.string(), size: z.int() })) }

  /** A hub that asks an agent, or an agent that asks its hub; what answers is typed by hand. */
  function asking(side: 'hub' | 'agent', answer: unknown) {
    const clock = fakeClock()
    const link = pair({ clock })
    const other = side === 'hub' ? 'agent' : 'hub'
    openSession(link.left, { side: other, codec: msgpackCodec, clock, onOpen: (stream) => stream.reply(answer) })
    const session = openSession(link.right, { side, codec: msgpackCodec, clock, onOpen: () => undefined })
    const client = openClient(() => session, { thing }, { decodeReply: msgpackCodec.decodeReply, randomBytes: (n) => randomBytes(n) })
    return { clock, get: () => client.thing.get({ id: 'a' }) }
  }

  it('is held against the contract on both ends: fields that are not in it are gone, and what does not fit is refused without being quoted [security 18]', async () => {
    for (const side of ['hub', 'agent'] as const) {
      const good = asking(side, { id: 'a', size: 1, token: 'canary-1c2d' })
      const got = good.get()
      await good.clock.advance(1)
      assert.deepEqual(await got, { id: 'a', size: 1 })
      for (const wrong of [{ id: 'a', size: 'canary-1c2d' }, { id: 5, size: 1 }, 'canary-1c2d', null, [{ id: 'a', size: 1 }]]) {
        const bad = asking(side, wrong)
        const refused = assert.rejects(bad.get(), (error: FairleadError) => {
          assert.equal(error.code, 'bad_upstream')
          assert.doesNotMatch(error.message, /canary/)
          return true
        })
        await bad.clock.advance(1)
        await refused
      }
    }
  })

  it('reaches no handler unless it fits the contract, on both ends [security 18]', async () => {
    for (const side of ['hub', 'agent'] as const) {
      const clock = fakeClock()
      const link = pair({ clock })
      const reached: unknown[] = []
      const get = async (input: { id: string }) => {
        reached.push(input)
        return { id: input.id, size: 1 }
      }
      openSession(link.left, { side, codec: msgpackCodec, clock, onOpen: serveFeatures({ thing }, { thing: { get } }, { clock }) })
      const other = openSession(link.right, { side: side === 'hub' ? 'agent' : 'hub', codec: msgpackCodec, clock, onOpen: () => undefined })
      for (const wrong of [{ id: 5 }, {}, null, 'a', [], { id: ['a'] }]) {
        const refused = assert.rejects(other.open('thing.get', wrong).answered(), { code: 'invalid_input' })
        await clock.advance(1)
        await refused
      }
      const fits = other.open('thing.get', { id: 'a', admin: true, constructor: 1 }).answered()
      await clock.advance(1)
      await fits
      assert.deepEqual(reached, [{ id: 'a' }])
    }
  })
})

describe('loopback', () => {
  it('answers from the handlers, parsed as on a link', async () => {
    const { handlers } = joined()
    const client = loopback(jobs, handlers.jobs)
    assert.equal(await client.start({ name: 'x' }), 'x started')
    await assert.rejects(client.start({ name: 5 as unknown as string }), { code: 'invalid_input' })
  })
})
