import { FairleadError } from '../errors.ts'
import { limits } from '../wire/limits.ts'
import type { Clock, Transport } from '../wire/transport.ts'
import { concat } from '../wire/concat.ts'
import { openHandshake, type Handshake } from './noise.ts'
import { sealed } from './seal.ts'
import type { Identity, Suite } from './suite.ts'

/** What a finished handshake leaves: who the peer is, what it said, and a transport that only the two can use. */
export interface Secured {
  readonly transport: Transport
  /** The peer's Ed25519 key, proved. */
  readonly peerKey: Uint8Array
  /** The peer's application payload: the agent's join request, for the hub. */
  readonly payload: Uint8Array
  /** True: TLS reaches end to end, and messages go unsealed inside it. */
  readonly tlsEndToEnd: boolean
}

interface SecureOptions {
  readonly suite: Suite
  readonly clock: Clock
  readonly identity: Identity
  /** What TLS exports on this end (RFC 9266), if there is TLS here. */
  readonly exporter?: Uint8Array | undefined
  /** Benchmarks only: nothing is sealed. Settings cannot reach it. */
  readonly neverSeal?: boolean
}

const text = new TextEncoder()

interface InitiateOptions extends SecureOptions {
  readonly hubKey: Uint8Array
  readonly payload: Uint8Array
  /** Asked about a hub that proved another key, with what it says of its keys. Throws, or is false, unless that one is to be trusted from now on. */
  readonly trusts?: ((key: Uint8Array, said: Uint8Array) => boolean) | undefined
}

/**
 * The agent's side. Throws `unauthenticated` unless the hub signs with `hubKey`, or a key that `trusts` takes for it; only then, inside
 * the sealed channel, does `payload` leave.
 */
export async function initiate(transport: Transport, options: InitiateOptions): Promise<Secured> {
  const { suite, identity, hubKey } = options
  const inbox = readMessages(transport, options.clock)
  try {
    const nonce = await inbox.next()
    if (nonce.length !== 32) throw broken('the greeting has a wrong length')
    const handshake = start(options, nonce, true)
    transport.send(handshake.write(new Uint8Array(0)))
    const hub = readProof(suite, 'hub', handshake, await inbox.next())
    if (!suite.equal(hub.key, hubKey) && options.trusts?.(hub.key, hub.rest) !== true)
      throw new FairleadError(
        'unauthenticated',
        'The hub at this address does not hold the key that was pinned when this host was enrolled. Nothing was sent to it.',
      )
    const tlsEndToEnd = sameTls(options, hub.binding)
    const proof = suite.sign(identity, proofOf('agent', staticOf.get(handshake)!))
    const flags = Uint8Array.of(tlsEndToEnd ? 1 : 0)
    transport.send(handshake.write(concat([identity.publicKey, proof, bindingOf(options), flags, options.payload])))
    return finish(transport, handshake, options, hub.key, hub.rest, tlsEndToEnd)
  } finally {
    inbox.stop()
  }
}

/** The hub's side. `payload` of the answer is what the agent said; whether it may come in is not decided here. */
export async function respond(
  transport: Transport,
  options: SecureOptions & {
    /** What the hub says of its keys: see hub-keys.ts. */
    readonly said?: Uint8Array
  },
): Promise<Secured> {
  const { suite, identity, said = new Uint8Array(0) } = options
  const inbox = readMessages(transport, options.clock)
  try {
    const nonce = suite.randomBytes(32)
    transport.send(nonce)
    const handshake = start(options, nonce, false)
    readFirst(handshake, await inbox.next())
    const proof = suite.sign(identity, proofOf('hub', staticOf.get(handshake)!))
    transport.send(handshake.write(concat([identity.publicKey, proof, bindingOf(options), said])))
    const agent = readProof(suite, 'agent', handshake, await inbox.next())
    const tlsEndToEnd = sameTls(options, agent.binding)
    if ((agent.rest[0] === 1) !== tlsEndToEnd) throw broken('the two ends disagree about TLS')
    return finish(transport, handshake, options, agent.key, agent.rest.slice(1), tlsEndToEnd)
  } finally {
    inbox.stop()
  }
}

const staticOf = new WeakMap<Handshake, Uint8Array>()

function start({ suite }: SecureOptions, nonce: Uint8Array, initiator: boolean): Handshake {
  const staticKey = suite.keypair()
  const handshake = openHandshake({ suite, initiator, prologue: concat([text.encode('fairlead/1'), nonce]), staticKey })
  staticOf.set(handshake, staticKey.publicKey)
  return handshake
}

/** An identity signs the static key of this one handshake: domain, role, key. */
function proofOf(role: 'hub' | 'agent', staticKey: Uint8Array): Uint8Array {
  return concat([text.encode(`fairlead/1 ${role} static key\0`), staticKey])
}

/** What TLS exports, or zeros: compared inside the encrypted messages, so that a proxy in between cannot forge it. */
function bindingOf({ exporter, suite }: SecureOptions): Uint8Array {
  return exporter === undefined ? new Uint8Array(32) : suite.hash(text.encode('fairlead/1 tls\0'), exporter)
}

function sameTls(options: SecureOptions, theirs: Uint8Array): boolean {
  return options.exporter !== undefined && options.suite.equal(bindingOf(options), theirs)
}

function readProof(suite: Suite, role: 'hub' | 'agent', handshake: Handshake, message: Uint8Array) {
  let said: Uint8Array
  try {
    said = handshake.read(message)
  } catch (cause) {
    throw broken('a message does not authenticate', cause)
  }
  if (said.length < 128) throw broken('a proof is too short')
  const key = said.slice(0, 32)
  if (!suite.verify(key, proofOf(role, handshake.peerStatic!), said.subarray(32, 96))) throw broken('an identity did not sign')
  return { key, binding: said.slice(96, 128), rest: said.slice(128) }
}

function readFirst(handshake: Handshake, message: Uint8Array): void {
  try {
    handshake.read(message)
  } catch (cause) {
    throw broken('the first message is malformed', cause)
  }
}

function finish(
  transport: Transport,
  handshake: Handshake,
  options: SecureOptions,
  peerKey: Uint8Array,
  payload: Uint8Array,
  tlsEndToEnd: boolean,
): Secured {
  const raw = tlsEndToEnd || options.neverSeal === true
  return { transport: new Held(raw ? transport : sealed(transport, handshake.split(), options.clock)), peerKey, payload, tlsEndToEnd }
}

/**
 * Keeps what arrives before somebody reads: the first message may come in the same turn as the last of the handshake. Not for
 * ever: whoever made up a key gets as far as this, too. A class, not closures: a hub holds one for each of its agents.
 */
class Held implements Transport {
  readonly #inner: Transport
  #queue: (Uint8Array | string)[] | undefined
  #heldBytes = 0

  constructor(inner: Transport) {
    this.#inner = inner
    inner.onMessage = (message) => this.#hold(message)
  }

  get onMessage(): Transport['onMessage'] {
    return this.#inner.onMessage
  }

  /** From then on nothing is between the two. */
  set onMessage(reader) {
    const queue = this.#take()
    this.#inner.onMessage = reader
    for (const message of queue) reader(message)
  }

  get onClose(): Transport['onClose'] {
    return this.#inner.onClose
  }

  set onClose(listener) {
    this.#inner.onClose = listener
  }

  get lends(): boolean | undefined {
    return this.#inner.lends
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes
  }

  send(message: Uint8Array | string, done?: () => void): void {
    this.#inner.send(message, done)
  }

  cork(): void {
    this.#inner.cork?.()
  }

  uncork(): void {
    this.#inner.uncork?.()
  }

  close(code: number, reason: string): void {
    this.#take()
    // What still comes nobody will read.
    this.#heldBytes = Number.POSITIVE_INFINITY
    this.#inner.close(code, reason)
  }

  #hold(message: Uint8Array | string): void {
    if (this.#heldBytes > limits.handshake.heldBytes) return
    this.#heldBytes += message.length + limits.handshake.heldMessage
    if (this.#heldBytes <= limits.handshake.heldBytes) (this.#queue ??= []).push(message.slice())
    else this.close(4400, 'too much before the welcome')
  }

  #take(): (Uint8Array | string)[] {
    const queue = this.#queue ?? []
    this.#queue = undefined
    return queue
  }
}

/** One message at a time, each within the time and size that strangers get. */
function readMessages(transport: Transport, clock: Clock) {
  const queue: Uint8Array[] = []
  let waiting: { resolve: (message: Uint8Array) => void; reject: (error: Error) => void } | undefined
  let failure: Error | undefined
  const fail = (error: Error) => {
    failure ??= error
    waiting?.reject(error)
    waiting = undefined
  }
  const cancel = clock.after(limits.handshake.ms, () =>
    fail(new FairleadError('deadline_exceeded', 'The other end did not finish the handshake within 5 s.')),
  )
  transport.onMessage = (message) => {
    if (typeof message === 'string' || message.length > limits.handshake.bytes || queue.length > 2)
      return fail(broken('a message of a wrong kind or size'))
    const copy = message.slice()
    if (waiting === undefined) return void queue.push(copy)
    waiting.resolve(copy)
    waiting = undefined
  }
  transport.onClose = (code, reason) =>
    fail(
      // Ours end at 4000 and above; anything else is the path's doing, and another try may pass.
      new FairleadError(
        code >= 4000 ? 'unauthenticated' : 'bad_upstream',
        `The other end closed during the handshake (${code}${reason === '' ? '' : `: ${reason}`}).`,
        {
          details: { closeCode: code, closeReason: reason },
        },
      ),
    )
  return {
    next(): Promise<Uint8Array> {
      if (failure !== undefined) return Promise.reject(failure)
      const first = queue.shift()
      if (first !== undefined) return Promise.resolve(first)
      return new Promise((resolve, reject) => (waiting = { resolve, reject }))
    },
    stop() {
      cancel()
    },
  }
}

function broken(what: string, cause?: unknown): FairleadError {
  return new FairleadError('unauthenticated', `The handshake failed: ${what}.`, { cause })
}
