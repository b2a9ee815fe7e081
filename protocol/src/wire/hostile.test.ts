import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FairleadError } from '../errors.ts'
import { fakeClock } from './clock.ts'
import { encodeData, encodeValue, msgpackCodec } from './codec.ts'
import { limits } from './limits.ts'
import { pair } from './pair.ts'
import { openSession, type SessionEnd, type WireStream } from './session.ts'

/** A hub's session whose agent is whatever the test types. */
function hostile() {
  const clock = fakeClock()
  const link = pair({ clock })
  const ends: SessionEnd[] = []
  const opened: WireStream[] = []
  const replies: Uint8Array[] = []
  const session = openSession(link.left, {
    side: 'hub',
    codec: msgpackCodec,
    clock,
    onOpen: (stream) => void opened.push(stream),
    onClose: (end) => void ends.push(end),
  })
  link.right.onMessage = (message) => void replies.push(message as Uint8Array)
  const say = async (...parts: Uint8Array[]) => {
    link.right.send(Buffer.concat(parts))
    await clock.advance(0)
  }
  return { clock, session, ends, opened, replies, say }
}

const open = (id: number, meta = {}) => encodeValue([1, id, 'a.b', {}, meta])

describe('a hostile peer', () => {
  const protocolBreaches: Record<string, Uint8Array> = {
    'an unknown frame type below 0x40 [security 18]': encodeValue([63, 1]),
    'a frame for a stream that was never opened': encodeValue([4, 99]),
    'DATA for a stream that was never opened': encodeData(99, new Uint8Array(4)),
    'an even stream id, which is the hub’s to give': open(2),
    'an acknowledgement of what was never sent': encodeValue([21, 1_000_000]),
    'HELLO in the middle of a session': encodeValue([16, {}]),
    'a stream id as text': encodeValue([1, 'one', 'a.b', {}, {}]),
  }
  for (const [name, frame] of Object.entries(protocolBreaches)) {
    it(`loses its session with 4400 for ${name}`, async () => {
      const { ends, say } = hostile()
      await say(frame)
      assert.equal(ends[0]?.code, 4400)
    })
  }

  it('loses its session for an id that goes backwards or comes twice', async () => {
    const { ends, say } = hostile()
    await say(open(5))
    await say(open(3))
    assert.equal(ends[0]?.code, 4400)
  })

  it('may send types from 0x40 on: they are ignored', async () => {
    const { ends, say } = hostile()
    await say(encodeValue([0x41, 'later']))
    assert.deepEqual(ends, [])
  })

  it('loses its session with a message over 128 KiB [security 16]', async () => {
    const { ends, say } = hostile()
    await say(new Uint8Array(limits.messageBytes + 1))
    assert.equal(ends[0]?.code, 4400)
  })

  it('sending beyond its window loses the stream, and the third time the session [security 21]', async () => {
    const { ends, opened, say } = hostile()
    for (const id of [1, 3, 5]) {
      await say(open(id))
      for (let sent = 0; sent <= limits.terminalWindowBytes && ends.length === 0; sent += 32_000)
        await say(encodeData(id, new Uint8Array(32_000)))
    }
    assert.equal(opened[0]!.signal.aborted, true)
    assert.equal(ends[0]?.code, 4400)
  })

  it('opening more streams than allowed is refused, the session lives [security 22]', async () => {
    const { ends, opened, say } = hostile()
    for (let id = 1; id <= 2 * (limits.agent.openStreams + 10); id += 2) await say(open(id))
    assert.equal(opened.length, limits.agent.openStreams)
    assert.deepEqual(ends, [])
  })

  it('opening and resetting in a hurry loses the session with 4429 [security 22]', async () => {
    const { ends, say } = hostile()
    for (let id = 1; id < 400; id += 2) await say(open(id), encodeValue([5, id, 'canceled']))
    assert.equal(ends[0]?.code, 4429)
  })

  it('a flood of control frames loses the session with 4429 [security 22]', async () => {
    const { ends, say } = hostile()
    for (let i = 0; i < 30 && ends.length === 0; i++) await say(...Array.from({ length: 100 }, () => encodeValue([19, 1])))
    assert.equal(ends[0]?.code, 4429)
  })

  it('silence for 25 seconds ends the session [security 24 159]', async () => {
    const { clock, ends } = hostile()
    await clock.advance(22_000)
    assert.equal(ends.length, 0)
    await clock.advance(7000)
    assert.equal(ends[0]?.code, 1006)
  })

  it('whose request is larger than 64 KiB is told so, and the session lives', async () => {
    const { ends, opened, replies, say } = hostile()
    await say(encodeValue([1, 1, 'a.b', { texts: ['x'.repeat(40_000), 'y'.repeat(40_000)] }, {}]))
    assert.equal(opened.length, 0)
    assert.ok(replies.some((message) => Buffer.from(message).includes('too_large')))
    assert.deepEqual(ends, [])
  })

  it('whose answer or signal is larger than allowed loses that stream only', async () => {
    const { session, ends, say } = hostile()
    const answer = session.open('a.b', {})
    await say(encodeValue([7, 2, 'x'.repeat(33_000)]))
    await assert.rejects(answer.answered(), { code: 'too_large' })
    const signal = session.open('a.b', {})
    await say(encodeValue([8, 4, 'resize', 'x'.repeat(300)]))
    await assert.rejects(signal.answered(), { code: 'too_large' })
    assert.deepEqual(ends, [])
  })

  it('loses its session for a large frame of a kind that is always small', async () => {
    const { ends, say } = hostile()
    await say(encodeValue([18, 0, 'x'.repeat(5000), 0, 0]))
    assert.equal(ends[0]?.code, 4400)
  })

  it('with more than fifty signals a second loses that stream only', async () => {
    const { session, ends, say } = hostile()
    const stream = session.open('a.b', {})
    for (let i = 0; i < 51; i++) await say(encodeValue([8, 2, 'mark', i]))
    await assert.rejects(stream.answered(), { code: 'rate_limited' })
    assert.deepEqual(ends, [])
  })

  it('opening faster than allowed is refused, the session lives', async () => {
    const { ends, opened, replies, say } = hostile()
    for (let id = 1; id < 2 * (limits.agent.openBurst + 20); id += 2) {
      await say(open(id))
      opened.at(-1)?.reply(null)
    }
    assert.ok(opened.length <= limits.agent.openBurst)
    assert.ok(replies.some((message) => Buffer.from(message).includes('rate_limited')))
    assert.deepEqual(ends, [])
  })

  it('sending bulk in crumbs loses that stream', async () => {
    const { session, ends, say } = hostile()
    const stream = session.open('a.b', {}, { priority: 3 })
    for (let i = 0; i < limits.smallDataBurst + 1000; i++) await say(encodeData(2, new Uint8Array(1)))
    await assert.rejects(stream.answered(), { code: 'rate_limited' })
    assert.deepEqual(ends, [])
  })

  it('that never acknowledges what was sent loses its session after half a minute', async () => {
    const { clock, ends, opened, say } = hostile()
    await say(open(1))
    opened[0]!.head({ mode: 'bytes' })
    void opened[0]!.write(new Uint8Array(100)).catch(() => undefined)
    for (let i = 0; i < 5; i++) {
      await clock.advance(5000)
      // It is not silent: that alone does not help it.
      await say(encodeValue([20, 12_345]))
    }
    assert.equal(ends.length, 0)
    await clock.advance(8000)
    assert.equal(ends[0]?.code, 1006)
  })

  it('that never answers lets a call end at its deadline [security 23]', async () => {
    const { clock, session } = hostile()
    const stream = session.open('a.b', {}, { deadlineMs: 3000 })
    await clock.advance(3001)
    await assert.rejects(stream.answered(), { code: 'deadline_exceeded' })
  })

  it('that lets us write and never grants gets one window and no more; a writer that will not wait loses its stream [security 21]', async () => {
    const { clock, session, opened, say } = hostile()
    await say(encodeValue([1, 1, 'a.b', {}, { w: 10_000 }]))
    opened[0]!.head({ mode: 'bytes' })
    const codes: string[] = []
    const write = () => void opened[0]!.write(new Uint8Array(32_768)).catch((error: FairleadError) => codes.push(error.code))
    write()
    await clock.advance(1)
    assert.equal(session.stats.sentBytes, 10_000)
    for (let i = 0; i < 40; i++) write()
    await clock.advance(1)
    assert.equal(session.stats.sentBytes, 10_000)
    assert.ok(codes.includes('rate_limited'))
  })

  it('whose stream makes a listener throw ends that stream, not the session [security 25]', async () => {
    const { session, ends, say } = hostile()
    const stream = session.open('a.b', {})
    stream.onSignal = () => {
      throw new Error('a bug of ours')
    }
    await say(encodeValue([8, 2, 'mark', 1]))
    await assert.rejects(stream.answered(), { code: 'internal' })
    assert.deepEqual(ends, [])
  })

  it('credit that shrinks, credit replayed, and replies to nothing change nothing', async () => {
    const { session, ends, say } = hostile()
    const stream = session.open('a.b', {})
    await say(encodeValue([3, 2, 10]), encodeValue([3, 2, 10]), encodeValue([6, 2, { w: 1 }]))
    assert.equal(stream.signal.aborted, false)
    assert.deepEqual(ends, [])
  })
})
