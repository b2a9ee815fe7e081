import { concat } from '../wire/concat.ts'
import type { AeadKey, Keypair, Suite } from './suite.ts'

/**
 * Noise_XX_25519_AESGCM_SHA256, from the specification (revision 34): three messages after which both ends know each
 * other's static key and share two cipher states. Every read throws on anything that does not authenticate.
 */
export interface Handshake {
  /** The next message of this end, with a payload that is encrypted as soon as a key exists. */
  write(payload: Uint8Array): Uint8Array
  /** The payload of the peer's next message. */
  read(message: Uint8Array): Uint8Array
  readonly done: boolean
  /** The peer's static key, once it is known. */
  readonly peerStatic: Uint8Array | undefined
  /** Binds everything said: after the last message. */
  readonly hash: Uint8Array
  /** Keys for sending and receiving, after the last message. */
  split(): { readonly send: AeadKey; readonly receive: AeadKey }
}

interface HandshakeOptions {
  readonly suite: Suite
  readonly initiator: boolean
  readonly prologue: Uint8Array
  readonly staticKey: Keypair
  /** For vectors only. */
  readonly ephemeral?: Keypair
}

const name = new TextEncoder().encode('Noise_XX_25519_AESGCM_SHA256')
const patterns = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] as const
const keyBytes = 32
const tagBytes = 16
const empty = new Uint8Array(0)

export function openHandshake({ suite, initiator, prologue, staticKey, ephemeral }: HandshakeOptions): Handshake {
  const state = openSymmetric(suite, prologue)
  let turn = 0
  let own = ephemeral
  let peerEphemeral: Uint8Array | undefined
  let peerStatic: Uint8Array | undefined

  /** `es` is always the initiator's ephemeral with the responder's static, whoever computes it. */
  function mixDh(token: 'ee' | 'es' | 'se'): void {
    const withOwnStatic = token === 'se' ? initiator : token === 'es' ? !initiator : false
    const withPeerStatic = token === 'es' ? initiator : token === 'se' ? !initiator : false
    state.mixKey(suite.dh(withOwnStatic ? staticKey : own!, withPeerStatic ? peerStatic! : peerEphemeral!))
  }

  return {
    write(payload) {
      const parts: Uint8Array[] = []
      for (const token of patterns[turn]!) {
        if (token === 'e') {
          own ??= suite.keypair()
          state.mixHash(own.publicKey)
          parts.push(own.publicKey)
        } else if (token === 's') parts.push(state.seal(staticKey.publicKey))
        else mixDh(token)
      }
      turn++
      parts.push(state.seal(payload))
      return concat(parts)
    },
    read(message) {
      let at = 0
      const take = (bytes: number) => {
        if (message.length < at + bytes) throw new Error('a handshake message is too short')
        at += bytes
        return message.slice(at - bytes, at)
      }
      for (const token of patterns[turn]!) {
        if (token === 'e') {
          peerEphemeral = take(keyBytes)
          state.mixHash(peerEphemeral)
        } else if (token === 's') peerStatic = state.unseal(take(keyBytes + tagBytes))
        else mixDh(token)
      }
      turn++
      return state.unseal(message.slice(at))
    },
    get done() {
      return turn === patterns.length
    },
    get peerStatic() {
      return peerStatic
    },
    get hash() {
      return state.hash()
    },
    split() {
      const [up, down] = state.split()
      return initiator ? { send: up, receive: down } : { send: down, receive: up }
    },
  }
}

/** The specification's SymmetricState: a running hash of all that was said, a chaining key, and the key of the moment. */
function openSymmetric(suite: Suite, prologue: Uint8Array) {
  let hash = new Uint8Array(32)
  hash.set(name)
  let chain = hash.slice()
  let key: AeadKey | undefined
  let nonce = 0

  const mixHash = (data: Uint8Array) => void (hash = suite.hash(hash, data))
  mixHash(prologue)
  return {
    mixHash,
    hash: () => hash,
    mixKey(secret: Uint8Array) {
      const [next, aead] = suite.hkdf(chain, secret)
      chain = next
      key = suite.aead(aead)
      nonce = 0
    },
    seal(plain: Uint8Array): Uint8Array {
      const out = key === undefined ? plain : key.seal(nonce++, hash, plain)
      mixHash(out)
      return out
    },
    unseal(cipher: Uint8Array): Uint8Array {
      const plain = key === undefined ? cipher : key.open(nonce++, hash, cipher)
      mixHash(cipher)
      return plain
    },
    split(): [AeadKey, AeadKey] {
      const [first, second] = suite.hkdf(chain, empty)
      return [suite.aead(first), suite.aead(second)]
    },
  }
}
