import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { describe, it } from 'node:test'
import { fakeClock, systemClock } from '../wire/clock.ts'
import { limits } from '../wire/limits.ts'
import { pair } from '../wire/pair.ts'
import type { Transport } from '../wire/transport.ts'
import { sealed } from './seal.ts'
import { initiate, respond, type Secured } from './secure.ts'
import { nodeSuite, rawPublicKey, type AeadKey, type Identity } from './suite.ts'

const suite = nodeSuite(crypto)
const identity = (): Identity => {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519')
  return { publicKey: rawPublicKey(publicKey), privateKey }
}
const hub = identity()
const agent = identity()
const secret = Buffer.from('canary-join-secret')
const common = { suite, clock: systemClock }

interface Wire {
  readonly agentSide: Transport
  readonly hubSide: Transport
  readonly seen: Buffer[]
}

/** A link on which somebody sits who sees, and may change, every message. */
function tapped(change: (message: Uint8Array, index: number, toHub: boolean) => Uint8Array[] = (message) => [message]): Wire {
  const near = pair()
  const far = pair()
  const seen: Buffer[] = []
  let index = 0
  const pass = (from: Transport, to: Transport, toHub: boolean) => {
    from.onMessage = (message) => {
      const copy = Buffer.from(message as Uint8Array)
      seen.push(copy)
      for (const out of change(copy, index++, toHub)) to.send(out)
    }
    from.onClose = (code, reason) => to.close(code, reason)
  }
  pass(near.right, far.left, true)
  pass(far.left, near.right, false)
  return { agentSide: near.left, hubSide: far.right, seen }
}

async function shake(wire: Wire, agentOptions = {}, hubOptions = {}): Promise<[Secured, Secured]> {
  return Promise.all([
    initiate(wire.agentSide, { ...common, identity: agent, hubKey: hub.publicKey, payload: secret, ...agentOptions }),
    respond(wire.hubSide, { ...common, identity: hub, ...hubOptions }),
  ])
}

/** Fails on either side, whichever notices first; the other must not succeed with data. */
async function refused(wire: Wire, agentOptions = {}): Promise<void> {
  const both = Promise.allSettled([
    initiate(wire.agentSide, { ...common, identity: agent, hubKey: hub.publicKey, payload: secret, ...agentOptions }).catch(
      (error: Error) => {
        wire.agentSide.close(4401, 'refused')
        throw error
      },
    ),
    respond(wire.hubSide, { ...common, identity: hub }).catch((error: Error) => {
      wire.hubSide.close(4401, 'refused')
      throw error
    }),
  ])
  const results = await both
  assert.ok(results.some(({ status }) => status === 'rejected'))
  assert.ok(wire.seen.every((message) => !message.includes(secret)))
}

describe('the handshake', () => {
  it('proves both identities and hands over the payload, which never travels in clear [security 30]', async () => {
    const wire = tapped()
    const [left, right] = await shake(wire)
    assert.deepEqual(Buffer.from(left.peerKey), Buffer.from(hub.publicKey))
    assert.deepEqual(Buffer.from(right.peerKey), Buffer.from(agent.publicKey))
    assert.equal(Buffer.from(right.payload).toString(), secret.toString())
    assert.ok(wire.seen.every((message) => !message.includes(secret)))
  })

  it('an agent refuses a hub with any other key, before the secret leaves [security 31]', async () => {
    const wire = tapped()
    await refused(wire, { hubKey: identity().publicKey })
    // The greeting, the first and the second message: the third, which carries the secret, was never sent.
    assert.equal(wire.seen.length, 3)
  })

  it('refuses when any bit of any handshake message is flipped [security 32]', async () => {
    const lengths = await handshakeLengths()
    for (const [index, length] of lengths.entries()) {
      for (let at = 0; at < length; at += 7) {
        await refused(
          tapped((message, n) => {
            const out = Uint8Array.from(message)
            if (n === index) out[at]! ^= 1 << (at % 8)
            return [out]
          }),
        )
      }
    }
  })

  it('refuses truncated, reflected and swapped messages [security 32]', async () => {
    for (let index = 0; index < 4; index++) {
      await refused(tapped((message, n) => [n === index ? message.subarray(0, message.length - 1) : message]))
    }
    let greeting: Uint8Array | undefined
    await refused(
      tapped((message, n) => {
        if (n === 0) greeting = Uint8Array.from(message)
        return [n === 2 ? greeting! : message]
      }),
    )
  })

  it('a recorded handshake replayed to the hub is refused: nothing that is signed is static [security 34]', async () => {
    const recorded = tapped()
    await shake(recorded)
    const [, first, , third] = recorded.seen
    const link = pair()
    const answer = respond(link.right, { ...common, identity: hub })
    link.left.onMessage = () => undefined
    link.left.send(first!)
    link.left.send(third!)
    await assert.rejects(answer, { code: 'unauthenticated' })
  })

  it('goes unsealed only when both ends export the same from TLS', async () => {
    const exporter = crypto.randomBytes(32)
    for (const [left, right, plain] of [
      [exporter, exporter, true],
      [exporter, crypto.randomBytes(32), false],
      [exporter, undefined, false],
      [undefined, undefined, false],
    ] as const) {
      const wire = tapped()
      const [a, b] = await shake(wire, { exporter: left }, { exporter: right })
      assert.equal(a.tlsEndToEnd, plain)
      assert.equal(b.tlsEndToEnd, plain)
      b.transport.onMessage = () => undefined
      a.transport.send(Buffer.from('canary-message'))
      await settle()
      assert.equal(wire.seen.at(-1)!.includes('canary-message'), plain)
    }
  })
})

describe('a sealed transport', () => {
  const cases: Record<string, (message: Uint8Array, index: number) => Uint8Array[]> = {
    'a flipped bit': (message, index) => [index === 5 ? Uint8Array.from(message, (byte, at) => (at === 3 ? byte ^ 1 : byte)) : message],
    'a message twice': (message, index) => (index === 5 ? [message, message] : [message]),
    'a message left out': (message, index) => (index === 5 ? [] : [message]),
    'a truncated message': (message, index) => [index === 5 ? message.subarray(0, -1) : message],
  }
  for (const [name, change] of Object.entries(cases)) {
    it(`closes without a word at ${name}, and lets nothing wrong through [security 32]`, async () => {
      const [left, right] = await shake(tapped((message, index) => change(message, index)))
      const got: string[] = []
      let closed = 0
      right.transport.onMessage = (message) => void got.push(Buffer.from(message as Uint8Array).toString())
      right.transport.onClose = () => void closed++
      for (const text of ['one', 'two', 'three', 'four']) left.transport.send(Buffer.from(text))
      await settle()
      assert.equal(closed, 1)
      assert.deepEqual(got, ['one', 'two', 'three', 'four'].slice(0, got.length))
      assert.ok(got.length < 4)
    })
  }
})

describe('a thousand flipped bits', () => {
  /** The same bits in every run: whatever fails can be found again. */
  const random = (() => {
    let state = crypto.createHash('sha256').update('a thousand flips').digest()
    return (below: number) => {
      state = crypto.createHash('sha256').update(state).digest()
      return state.readUInt32BE(0) % below
    }
  })()

  // Messages of every length, some before the one that is changed and some after.
  it('in sealed messages, anywhere in them and in either direction, each end the link with 4400 and let no wrong byte through [security 32 167]', async () => {
    const clock = fakeClock()
    const keys = [crypto.randomBytes(32), crypto.randomBytes(32)] as const
    const codes = new Map<number, number>()
    let delivered = 0
    for (let flip = 0; flip < 1000; flip++) {
      const near = pair({ clock })
      const far = pair({ clock })
      const toHub = random(2) === 0
      const [victim, at, bit] = [random(20), random(2 ** 31), random(8)]
      let index = 0
      const pass = (from: Transport, to: Transport, bent: boolean) => {
        from.onMessage = (message) => {
          const copy = Uint8Array.from(message as Uint8Array)
          if (bent && index++ === victim) copy[at % copy.length]! ^= 1 << bit
          to.send(copy)
        }
        from.onClose = (code, reason) => to.close(code, reason)
      }
      pass(near.right, far.left, toHub)
      pass(far.left, near.right, !toHub)
      const left = sealed(near.left, { send: suite.aead(keys[0]), receive: suite.aead(keys[1]) }, clock)
      const right = sealed(far.right, { send: suite.aead(keys[1]), receive: suite.aead(keys[0]) }, clock)
      const [sender, receiver] = toHub ? [left, right] : [right, left]
      const sent = Array.from({ length: 25 }, (_, n) =>
        crypto
          .createHash('shake256', { outputLength: 1 + random(2000) })
          .update(`${flip} ${n}`)
          .digest(),
      )
      const got: Uint8Array[] = []
      const ended: number[] = []
      receiver.onMessage = (message) => void got.push((message as Uint8Array).slice())
      left.onClose = right.onClose = (code) => void ended.push(code)
      sender.onMessage = () => assert.fail('nobody spoke')
      for (const message of sent) sender.send(message)
      await clock.advance(1)
      assert.deepEqual(ended, [4400, 4400], `flip ${flip}`)
      assert.equal(got.length, victim, `flip ${flip}`)
      for (const [n, message] of got.entries()) assert.ok(Buffer.from(message).equals(sent[n]!), `flip ${flip}, message ${n}`)
      for (const code of ended) codes.set(code, (codes.get(code) ?? 0) + 1)
      delivered += got.length
    }
    assert.deepEqual([...codes], [[4400, 2000]])
    assert.ok(delivered > 5000)
  })
})

describe('the keys of a sealed transport', () => {
  /** Counts what is done with it; the real one is tested with the specification's vectors. */
  const counting = (epoch = 0): AeadKey & { readonly epoch: number } => ({
    epoch,
    seal: (counter) => Uint8Array.of(epoch, counter & 0xff),
    open(counter, _associated, cipher) {
      if (cipher[0] !== epoch || cipher[1] !== (counter & 0xff)) throw new Error('does not authenticate')
      return cipher
    },
    next: () => counting(epoch + 1),
  })

  function joined() {
    const clock = fakeClock()
    const link = pair({ clock })
    const epochs: number[] = []
    let closed = 0
    const left = sealed(link.left, { send: counting(), receive: counting() }, clock)
    const right = sealed(link.right, { send: counting(), receive: counting() }, clock)
    right.onMessage = (message) => void epochs.push((message as Uint8Array)[0]!)
    right.onClose = () => void closed++
    return { clock, left, right, epochs, closed: () => closed, raw: link.left }
  }

  it('are followed by the next ones after 2^20 messages, each direction by itself [limit rekey.messages]', async () => {
    const { clock, left, epochs } = joined()
    for (let i = 0; i <= limits.rekey.messages; i++) {
      left.send(new Uint8Array(1))
      if (i % 10_000 === 0) await clock.advance(0)
    }
    await clock.advance(0)
    assert.equal(epochs.indexOf(1), limits.rekey.messages)
    assert.equal(epochs.length, limits.rekey.messages + 1)
  })

  it('are followed by the next ones after an hour [limit rekey.ms]', async () => {
    const { clock, left, epochs, closed } = joined()
    left.send(new Uint8Array(1))
    await clock.advance(limits.rekey.ms - 1)
    left.send(new Uint8Array(1))
    await clock.advance(1)
    left.send(new Uint8Array(1))
    await clock.advance(1)
    assert.deepEqual(epochs, [0, 0, 1])
    assert.equal(closed(), 0)
  })

  it('never go back, and never skip one [security 32]', async () => {
    for (const forged of [0, 3]) {
      const { clock, left, raw, epochs, closed } = joined()
      await clock.advance(limits.rekey.ms)
      left.send(new Uint8Array(1))
      await clock.advance(1)
      raw.send(Uint8Array.of(forged, 1))
      await clock.advance(1)
      assert.deepEqual(epochs, [1])
      assert.equal(closed(), 1)
    }
  })

  it('seal and open for real across an hour', async () => {
    const clock = fakeClock()
    const link = pair({ clock })
    const [one, two] = [crypto.randomBytes(32), crypto.randomBytes(32)]
    const left = sealed(link.left, { send: suite.aead(one), receive: suite.aead(two) }, clock)
    const right = sealed(link.right, { send: suite.aead(two), receive: suite.aead(one) }, clock)
    const got: string[] = []
    left.onMessage = right.onMessage = (message) => void got.push(Buffer.from(message as Uint8Array).toString())
    for (const word of ['one', 'two', 'three']) {
      left.send(Buffer.from(word))
      right.send(Buffer.from(`${word} back`))
      await clock.advance(limits.rekey.ms)
    }
    assert.deepEqual(got.toSorted(), ['one', 'one back', 'three', 'three back', 'two', 'two back'])
  })
})

describe('what leaves over a link that is let in', () => {
  for (const neverSeal of [true, false]) {
    it(`leaves together when it is to, ${neverSeal ? 'as it is' : 'sealed'}`, async () => {
      const wire = tapped()
      const calls: string[] = []
      const below = { cork: () => void calls.push('cork'), uncork: () => void calls.push('uncork') }
      Object.assign(wire.agentSide, below)
      Object.assign(wire.hubSide, below)
      for (const { transport } of await shake(wire, { neverSeal }, { neverSeal })) {
        transport.cork!()
        transport.uncork!()
      }
      assert.deepEqual(calls, ['cork', 'uncork', 'cork', 'uncork'])
    })
  }
})

describe('a large sealed message', () => {
  it('is lent: its memory goes back once its reader returns, and what was sent once it left', async () => {
    const clock = fakeClock()
    const link = pair({ clock })
    const key = suite.aead(crypto.randomBytes(32))
    const sent: Uint8Array[] = []
    const dones: (() => void)[] = []
    const inner = {
      ...link.left,
      lends: false,
      send: (message: Uint8Array | string, done: () => void) => {
        sent.push(message as Uint8Array)
        link.left.send(message)
        dones.push(done)
      },
    }
    const left = sealed(inner, { send: key, receive: key }, clock)
    const right = sealed(link.right, { send: key, receive: key }, clock)
    assert.equal(right.lends, true)
    const read: Uint8Array[] = []
    const lengths: number[] = []
    right.onMessage = (message) => {
      read.push(message as Uint8Array)
      lengths.push(message.length)
    }
    for (const bytes of [100_000, 100]) left.send(new Uint8Array(bytes).fill(7))
    await clock.advance(1)
    assert.deepEqual(lengths, [100_000, 100])
    // Read is read; the socket may have what was sent for as long as it likes.
    assert.equal(read[0]!.length, 0)
    assert.ok(sent[0]!.length > 100_000)
    for (const done of dones) done()
    assert.equal(sent[0]!.length, 0)
    assert.ok(read[1]!.length >= 100 && sent[1]!.length >= 100)
  })
})

describe('a stranger who', () => {
  // A key is made up at once, and the database may take seconds to say that it is nobody's: all that came meanwhile was kept.
  it('floods before anybody reads loses the link, and what it said [limit handshake.heldBytes handshake.heldMessage] [security 23]', async () => {
    for (const bytes of [limits.messageBytes, 1]) {
      const most = Math.floor(limits.handshake.heldBytes / (bytes + limits.handshake.heldMessage))
      const wire = tapped()
      const [left, right] = await shake(wire)
      const closed: number[] = []
      right.transport.onClose = (code) => closed.push(code)
      for (let n = 0; n < most; n++) left.transport.send(new Uint8Array(bytes))
      await settle()
      assert.deepEqual(closed, [])
      left.transport.send(new Uint8Array(bytes))
      left.transport.send(new Uint8Array(bytes))
      await settle()
      assert.deepEqual(closed, [4400])
      right.transport.onMessage = () => assert.fail()
    }
  })

  it('says nothing more loses the link after five seconds, on either side [limit handshake.ms] [security 23]', async () => {
    const clock = fakeClock()
    const link = pair({ clock })
    const asHub = assert.rejects(respond(link.right, { suite, clock, identity: hub }), { code: 'deadline_exceeded' })
    const asAgent = assert.rejects(
      initiate(pair({ clock }).left, { suite, clock, identity: agent, hubKey: hub.publicKey, payload: secret }),
      { code: 'deadline_exceeded' },
    )
    await clock.advance(limits.handshake.ms + 1)
    await Promise.all([asHub, asAgent])
  })

  it('says more than 4 KiB, or speaks text, is refused before anything is read [limit handshake.bytes] [security 16]', async () => {
    for (const message of [new Uint8Array(limits.handshake.bytes + 1), 'text']) {
      const link = pair()
      const answer = assert.rejects(respond(link.right, { ...common, identity: hub }), { code: 'unauthenticated' })
      link.left.send(message)
      await answer
    }
  })
})

async function handshakeLengths(): Promise<number[]> {
  const wire = tapped()
  await shake(wire)
  return wire.seen.slice(0, 4).map((message) => message.length)
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}
