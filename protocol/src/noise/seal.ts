import type { Transport } from '../wire/transport.ts'
import type { AeadKey } from './suite.ts'

const none = new Uint8Array(0)
const text = new TextEncoder()
/** After so many messages the nonce space of a key is treated as used up: the session ends and a new handshake begins. */
const mostMessages = 2 ** 40

/**
 * Seals whole messages with AES-256-GCM under a counter per direction. What does not authenticate, comes twice, is skipped
 * or reordered closes the transport without a word.
 */
export function sealed(inner: Transport, keys: { readonly send: AeadKey; readonly receive: AeadKey }): Transport {
  let sendCounter = 0
  let receiveCounter = 0
  let broken = false
  const outer: Transport = {
    send(message) {
      if (broken) return
      if (sendCounter >= mostMessages) return inner.close(4400, 'keys used up')
      inner.send(keys.send.seal(sendCounter++, none, typeof message === 'string' ? text.encode(message) : message))
    },
    get bufferedBytes() {
      return inner.bufferedBytes
    },
    close: (code, reason) => inner.close(code, reason),
    onMessage: () => undefined,
    onClose: () => undefined,
  }
  inner.onMessage = (message) => {
    if (broken) return
    let plain: Uint8Array
    try {
      if (typeof message === 'string') throw new TypeError('a text message')
      plain = keys.receive.open(receiveCounter, none, message)
      receiveCounter++
    } catch {
      broken = true
      return inner.close(4400, '')
    }
    outer.onMessage(plain)
  }
  inner.onClose = (code, reason) => outer.onClose(code, reason)
  return outer
}
