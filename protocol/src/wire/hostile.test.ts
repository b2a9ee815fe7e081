import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeData, encodeValue, msgpackCodec } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { limits } from './limits.ts'
import { lcg, typedPeer, type Typed, type TypedOptions } from './test-peer.ts'

/** Every end takes every other for hostile; the same rules hold on all three. */
const ends: readonly { readonly name: string; readonly options: TypedOptions }[] = [
  { name: 'an agent, to its hub', options: { side: 'hub', codec: msgpackCodec } },
  { name: 'a hub, to its agent', options: { side: 'agent', codec: msgpackCodec } },
  { name: 'a console, to its hub', options: { side: 'hub', codec: jsonCodec } },
]

const canary = 'canary-5e1f'
const bin = (length: number) => new Uint8Array(length)

for (const { name, options } of ends) {
  const json = options.codec === jsonCodec
  const peerId = (n: number) => (options.side === 'hub' ? 2 * n + 1 : 2 * n + 2)
  const ownId = (n: number) => (options.side === 'hub' ? 2 * n + 2 : 2 * n + 1)
  const data = (sid: number, bytes: Uint8Array) => (json ? Buffer.concat([Uint8Array.of(2, 0, 0, 0, sid), bytes]) : encodeData(sid, bytes))
  const key = (length: number) => (json ? 'a'.repeat(2 * length) : bin(length))
  const open = (n: number, meta: unknown = {}) => [1, peerId(n), 'a.b', {}, meta]

  /** One stream each way is open, so that what is wrong is the frame and not the id. */
  async function begun(): Promise<Typed> {
    const peer = typedPeer(options)
    peer.session.open('a.b', {})
    await peer.say(open(0))
    return peer
  }

  describe(`a hostile peer: ${name}`, () => {
    const malformed: Record<string, readonly unknown[]> = {
      'a type below 0x40 that nobody knows': [63, 1],
      'a type beyond a byte’s lower half': [0x80, 1],
      'a type below zero': [-1, 1],
      'a type that is no whole number': [1.5, 1],
      'the fields of DATA in an array': [2, ownId(0), 'text'],
      'a frame for a stream that was never opened': [4, peerId(40), {}],
      'a frame for a stream of ours that we never opened': [4, ownId(40), {}],
      'a frame for stream 0': [4, 0, {}],
      'an id that only we may give': [1, ownId(5), 'a.b', {}, {}],
      'an id that was opened before': open(0),
      'an id as text': [1, canary, 'a.b', {}, {}],
      'an id below zero': [4, -2, {}],
      'a method that is no text': [1, peerId(1), 5, {}, {}],
      'a method of 129 letters': [1, peerId(1), canary.padEnd(129, 'x'), {}, {}],
      'an OPEN whose meta is a list': [1, peerId(1), 'a.b', {}, [1]],
      'a class that does not exist': open(1, { c: 4 }),
      'a window below zero': open(1, { w: -1 }),
      'a window as text': open(1, { w: canary }),
      'a deadline below zero': open(1, { d: -1 }),
      'a resume key of 15 bytes': open(1, { k: key(15) }),
      'an idempotency key of 17 bytes': open(1, { i: key(17) }),
      'a time to begin by below zero': open(1, { n: -1 }),
      'a time to begin by as text': open(1, { n: canary }),
      'a trace that is no text': open(1, { t: 5 }),
      'a resume offset that is no whole number': open(1, { k: key(16), o: 1.5 }),
      'credit without a limit': [3, ownId(0)],
      'credit as text': [3, ownId(0), canary],
      'credit that confirms less than nothing': [3, ownId(0), 10, -1],
      'an END whose last word is a number': [4, ownId(0), {}, 1],
      'a trailer that is no map': [4, ownId(0), canary],
      'a reset without a code': [5, ownId(0)],
      'a reset whose sentence is a number': [5, ownId(0), 'canceled', 5],
      'a head that is nothing': [6, ownId(0), null],
      'a head of a mode that does not exist': [6, ownId(0), { mode: canary }],
      'a head with an offset as text': [6, ownId(0), { offset: canary }],
      'a reply without a stream': [7],
      'a signal whose kind is a number': [8, ownId(0), 5, null],
      'a GOAWAY whose times are text': [18, 0, 'x', canary, canary],
      'a PING beyond 32 bits': [19, 2 ** 32],
      'a PING as text': [19, canary],
      'a PONG with nothing': [20],
      'an acknowledgement of what was never sent': [21, 1_000_000],
      'an acknowledgement below zero': [21, -1],
      'HELLO in the middle of a session': [16, {}],
      'WELCOME in the middle of a session': [17, {}],
    }
    it('loses its session with 4400, and hears nothing of what it sent, for any frame that does not fit its schema [security 18]', async () => {
      for (const [what, control] of Object.entries(malformed)) {
        const { session, ends: seen, say, opened } = await begun()
        await say(control)
        assert.equal(seen[0]?.code, 4400, what)
        assert.equal(session.alive, false)
        assert.doesNotMatch(`${seen[0]?.reason}${String(seen[0]?.cause)}`, /canary/)
        assert.equal(opened.length, 1, what)
        assert.equal(session.stats.grantedBytes, 0)
      }
    })

    it('loses its session with 4400 for a message that is no frames', async () => {
      const messages: Record<string, Uint8Array | string> = {
        'none at all': bin(0),
        noise: Uint8Array.from({ length: 200 }, lcg(3)),
        'a value that is no array': json ? '{"canary-5e1f":1}' : encodeValue({ [canary]: 1 }),
        'an array without a type': json ? '[["canary-5e1f"]]' : encodeValue([canary]),
        'an empty array': json ? '[[]]' : encodeValue([]),
        'a frame cut short': json ? '[[1,1,"canary-5e1f' : encodeValue([1, peerId(1), canary, {}, {}]).subarray(0, -3),
        'a kind of message that this end does not speak': json ? encodeValue([19, 1]) : '[[19,1]]',
        'seventeen levels': json ? `[[1,1,"a.b",${'['.repeat(20)}${']'.repeat(20)},{}]]` : deep(18),
        'DATA without bytes': json ? Uint8Array.of(2, 0, 0, 0, 2) : Uint8Array.from(Buffer.from('9302ce00000002c50000', 'hex')),
        'DATA for a stream that was never opened': data(99, bin(4)),
      }
      for (const [what, message] of Object.entries(messages)) {
        const { ends: seen, sayRaw } = await begun()
        await sayRaw(message)
        assert.equal(seen[0]?.code, 4400, what)
        assert.doesNotMatch(seen[0]!.reason, /canary/)
      }
    })

    it('loses its session for a message over 128 KiB [limit messageBytes] [security 16]', async () => {
      const { ends: seen, sayRaw } = await begun()
      await sayRaw(json ? ' '.repeat(limits.messageBytes + 1) : bin(limits.messageBytes + 1))
      assert.equal(seen[0]?.code, 4400)
    })

    it('may send types from 0x40 to 0x7f, which are ignored, and fields behind those that are known', async () => {
      const { ends: seen, say, heardOf } = await begun()
      await say([0x40, 'later'], [0x7f], [22, []], [19, 7, 'more'], [4, ownId(0), { exit: 3, later: 1 }, false, 'more'])
      assert.deepEqual(seen, [])
      assert.deepEqual(heardOf(20).at(-1), [20, 7])
    })

    it('changes nothing by saying again, or late, what it said: an END, a RESET, a REPLY, a HEAD, old credit', async () => {
      const { session, ends: seen, say, sayRaw, clock } = await begun()
      const [ended, answered, reset] = [1, 2, 3].map(() => session.open('a.b', {}))
      await say([6, ownId(1), { mode: 'bytes' }], [6, ownId(1), { mode: 'items', w: 5 }])
      await sayRaw(data(ownId(1), bin(10)))
      await say([4, ownId(1), { exit: 1 }], [4, ownId(1), { exit: 2 }])
      await sayRaw(data(ownId(1), bin(10)))
      await say([7, ownId(2), 'one'], [7, ownId(2), 'two'], [8, ownId(2), 'mark', 1], [3, ownId(2), 9], [3, ownId(2), 1])
      await say([5, ownId(3), 'busy'], [5, ownId(3), 'canceled'], [6, ownId(3), {}])
      await sayRaw(data(ownId(3), bin(10)))
      await clock.advance(10)
      let got = 0
      for await (const payload of ended!) got += payload.length
      assert.equal(got, 10)
      assert.deepEqual(ended!.trailer, { exit: 1 })
      assert.deepEqual(await answered!.answered(), { reply: 'one' })
      await assert.rejects(reset!.answered(), { code: 'busy' })
      assert.deepEqual(seen, [])
      // Also what came for streams that were over was received, and is acknowledged.
      assert.equal(session.stats.receivedBytes, 30)
    })

    it('may not repeat an OPEN, nor go back to an earlier id', async () => {
      for (const again of [2, 1]) {
        const { ends: seen, say, opened } = typedPeer(options)
        await say(open(2), open(again))
        assert.equal(opened.length, 1)
        assert.equal(seen[0]?.code, 4400)
      }
    })
  })
}

describe('a fault of our own', () => {
  it('ends the session it showed in with 1011 and is told here, not to the peer; the process goes on [security 25]', async () => {
    const fault = new TypeError(`a bug, ${canary}`)
    const broken = { ...msgpackCodec, decode: () => { throw fault } } // prettier-ignore
    const peer = typedPeer()
    const { ends: seen, sayRaw } = typedPeer({ codec: broken, clock: peer.clock })
    await sayRaw(encodeValue([19, 1]))
    assert.deepEqual(seen, [{ code: 1011, reason: 'internal', cause: fault }])
    assert.equal(peer.session.alive, true)
  })

  it('in a listener ends that stream, not the session [security 25]', async () => {
    const { session, ends: seen, say } = typedPeer()
    const stream = session.open('a.b', {})
    stream.onSignal = () => {
      throw new Error('a bug of ours')
    }
    await say([8, 2, 'mark', 1])
    await assert.rejects(stream.answered(), { code: 'internal' })
    assert.deepEqual(seen, [])
  })

  it('in whoever answers an OPEN ends that stream, not the session [security 25]', async () => {
    const {
      ends: seen,
      say,
      heardOf,
    } = typedPeer({
      onOpen() {
        throw new Error(canary)
      },
    })
    await say([1, 1, 'a.b', {}, {}])
    assert.deepEqual(seen, [])
    assert.equal(heardOf(5)[0]?.[2], 'internal')
    assert.doesNotMatch(String(heardOf(5)[0]?.[3]), /canary/)
  })
})

function deep(levels: number): Uint8Array {
  return Uint8Array.from([...Array<number>(levels).fill(0x91), 0xc0])
}
