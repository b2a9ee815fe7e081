import { dropMemory } from '../wire/blocks.ts'
import { limits } from '../wire/limits.ts'
import type { Clock, Transport } from '../wire/transport.ts'
import type { AeadKey } from './suite.ts'

const none = new Uint8Array(0)
const text = new TextEncoder()

interface SealKeys {
  readonly send: AeadKey
  readonly receive: AeadKey
}

/**
 * Seals whole messages with AES-256-GCM under a counter per direction. What does not authenticate, comes twice, is skipped
 * or reordered closes the transport without a word. Each sender goes on to its next key after 2^20 messages or an hour; the
 * receiver notices by the message that opens under that one only.
 */
export function sealed(inner: Transport, keys: SealKeys, clock: Clock): Transport {
  return new Sealed(inner, keys, clock)
}

/** A class, not closures: a hub holds one for each of its agents. */
class Sealed implements Transport {
  onMessage: Transport['onMessage'] = () => undefined
  onClose: Transport['onClose'] = () => undefined
  readonly lends = true
  readonly #inner: Transport
  readonly #clock: Clock
  #send: AeadKey
  #receive: AeadKey
  #sent = 0
  #received = 0
  #keyFrom = 0
  #keyMs: number
  #broken = false

  constructor(inner: Transport, keys: SealKeys, clock: Clock) {
    this.#inner = inner
    this.#clock = clock
    this.#send = keys.send
    this.#receive = keys.receive
    this.#keyMs = clock.now()
    inner.onMessage = (message) => this.#read(message)
    inner.onClose = (code, reason) => this.onClose(code, reason)
  }

  send(message: Uint8Array | string, done?: () => void): void {
    if (this.#broken) return
    const now = this.#clock.now()
    if (this.#sent - this.#keyFrom >= limits.rekey.messages || now - this.#keyMs >= limits.rekey.ms) {
      this.#send = this.#send.next()
      this.#keyFrom = this.#sent
      this.#keyMs = now
    }
    const whole = this.#send.seal(this.#sent++, none, typeof message === 'string' ? text.encode(message) : message)
    this.#inner.send(whole, () => dropMemory(whole))
    done?.()
  }

  cork(): void {
    this.#inner.cork?.()
  }

  uncork(): void {
    this.#inner.uncork?.()
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes
  }

  close(code: number, reason: string): void {
    this.#inner.close(code, reason)
  }

  #read(message: Uint8Array | string): void {
    if (this.#broken) return
    const plain = typeof message === 'string' ? undefined : this.#open(message)
    if (plain === undefined) {
      this.#broken = true
      return this.#inner.close(4400, '')
    }
    this.#received++
    this.onMessage(plain)
    dropMemory(plain)
  }

  #open(message: Uint8Array): Uint8Array | undefined {
    try {
      return this.#receive.open(this.#received, none, message)
    } catch {
      // The sender may have gone on to its next key; anything else is no message of its.
    }
    try {
      const next = this.#receive.next()
      const plain = next.open(this.#received, none, message)
      this.#receive = next
      return plain
    } catch {
      return undefined
    }
  }
}
