import type * as NodeCrypto from 'node:crypto'
import { fromBase64Url, toBase64Url } from '../join.ts'
import { dropMemory } from '../wire/blocks.ts'

export interface Keypair {
  readonly publicKey: Uint8Array
  readonly privateKey: unknown
}

/** One direction's key. `counter` is the nonce: it must rise by one each time. */
export interface AeadKey {
  seal(counter: number, associated: Uint8Array, plain: Uint8Array): Uint8Array
  /** Throws when it does not authenticate. */
  open(counter: number, associated: Uint8Array, cipher: Uint8Array): Uint8Array
  /** The key of the next epoch: REKEY of the specification. This one is used no more; the counter goes on. */
  next(): AeadKey
}

/** The primitives behind the handshake, so that protocol itself imports no crypto. */
export interface Suite {
  keypair(): Keypair
  dh(own: Keypair, peer: Uint8Array): Uint8Array
  hash(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>
  hkdf(salt: Uint8Array, secret: Uint8Array): [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]
  aead(key: Uint8Array): AeadKey
  sign(identity: Identity, message: Uint8Array): Uint8Array
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  randomBytes(count: number): Uint8Array
  /** In constant time. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}

/** An Ed25519 key that names a hub or an agent. */
export interface Identity {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly privateKey: NodeCrypto.KeyObject
}

const tagBytes = 16
const expandedBytes = 64

/** The suite over Node's own crypto, handed in as a module. */
export function nodeSuite(crypto: typeof NodeCrypto): Suite {
  const publicKey = (crv: 'X25519' | 'Ed25519', raw: Uint8Array) => {
    if (raw.length !== 32) throw new Error('a public key has 32 bytes')
    return crypto.createPublicKey({ key: { kty: 'OKP', crv, x: toBase64Url(raw) }, format: 'jwk' })
  }
  return {
    keypair() {
      const pair = crypto.generateKeyPairSync('x25519')
      return { publicKey: rawPublicKey(pair.publicKey), privateKey: pair.privateKey }
    },
    dh(own, peer) {
      const privateKey = own.privateKey as NodeCrypto.KeyObject
      const secret = withoutTraces(() => crypto.diffieHellman({ privateKey, publicKey: publicKey('X25519', peer) }))
      if (secret.every((byte) => byte === 0)) throw new Error('a key of low order')
      return new Uint8Array(secret)
    },
    hash(...parts) {
      const hash = crypto.createHash('sha256')
      for (const part of parts) hash.update(part)
      return new Uint8Array(hash.digest())
    },
    hkdf(salt, secret) {
      // What the specification spells out as three HMACs is RFC 5869 without info.
      const out = withoutTraces(() => new Uint8Array(crypto.hkdfSync('sha256', secret, salt, none, expandedBytes)))
      return [out.slice(0, 32), out.slice(32)]
    },
    // A KeyObject: a plain buffer as key costs five times as much an operation on this Node.
    aead: (key) => new GcmKey(crypto, crypto.createSecretKey(key), 0),
    sign: ({ privateKey }, message) => new Uint8Array(crypto.sign(null, message, privateKey)),
    verify: (raw, message, signature) => withoutTraces(() => crypto.verify(null, message, publicKey('Ed25519', raw), signature)),
    randomBytes: (count) => new Uint8Array(crypto.randomBytes(count)),
    equal: (a, b) => a.length === b.length && crypto.timingSafeEqual(a, b),
  }
}

/** The 32 bytes of an X25519 or Ed25519 public key. */
export function rawPublicKey(key: NodeCrypto.KeyObject): Uint8Array {
  // As JWK: the same as DER takes twenty times as long.
  return fromBase64Url(key.export({ format: 'jwk' }).x!)
}

/**
 * Node finds out what a key is by errors that it throws and catches, each with a stack trace: up to half of the CPU of a
 * handshake. `work` must not wait for anything.
 */
function withoutTraces<T>(work: () => T): T {
  const depth = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = depth
  }
}

/** A class, not closures: a hub holds two for each of its agents. */
class GcmKey implements AeadKey {
  readonly #crypto: typeof NodeCrypto
  readonly #key: NodeCrypto.KeyObject
  readonly #epoch: number

  constructor(crypto: typeof NodeCrypto, key: NodeCrypto.KeyObject, epoch: number) {
    this.#crypto = crypto
    this.#key = key
    this.#epoch = epoch
  }

  seal(counter: number, associated: Uint8Array, plain: Uint8Array): Uint8Array {
    return this.#seal(nonce(this.#epoch, counter), associated, plain)
  }

  #seal(iv: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array {
    const cipher = this.#crypto.createCipheriv('aes-256-gcm', this.#key, iv)
    if (associated.length > 0) cipher.setAAD(associated)
    const body = cipher.update(plain)
    cipher.final()
    const out = new Uint8Array(body.length + tagBytes)
    out.set(body)
    out.set(cipher.getAuthTag(), body.length)
    dropMemory(body)
    return out
  }

  open(counter: number, associated: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (sealed.length < tagBytes) throw new Error('a sealed message is too short')
    const decipher = this.#crypto.createDecipheriv('aes-256-gcm', this.#key, nonce(this.#epoch, counter))
    if (associated.length > 0) decipher.setAAD(associated)
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
    const plain = decipher.update(sealed.subarray(0, sealed.length - tagBytes))
    decipher.final()
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.length)
  }

  next(): AeadKey {
    const raw = this.#seal(highest, none, new Uint8Array(32)).subarray(0, 32)
    return new GcmKey(this.#crypto, this.#crypto.createSecretKey(raw), this.#epoch + 1)
  }
}

const none = new Uint8Array(0)
/** The specification keeps the highest nonce for REKEY. */
const highest = Uint8Array.from([0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255])

/** Noise for AES-GCM: 32 bits, zero until the first REKEY and then its count, and the counter as 64 bits, all big-endian. */
function nonce(epoch: number, counter: number): Uint8Array {
  const out = new Uint8Array(12)
  const view = new DataView(out.buffer)
  view.setUint32(0, epoch)
  view.setUint32(4, Math.floor(counter / 2 ** 32))
  view.setUint32(8, counter >>> 0)
  return out
}
