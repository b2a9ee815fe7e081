import { limits } from './limits.ts'
import { giveSlab, inSlab } from './slabs.ts'
import type { Transport } from './transport.ts'

const rubbish = new Uint8Array(limits.dataBytes).fill(0xee)

/** Writes over all memory that waits to be used again: whoever still reads it is found out. */
export function spoilSlabs(): void {
  const taken = Array.from({ length: 80 }, () => inSlab(rubbish))
  // With room for what is given back next.
  for (const slab of taken.slice(0, 32)) giveSlab(slab)
}

/** Hands over every message in memory of just its size, and overwrites that, and what was given back, as soon as the reader returns. */
export function lending(inner: Transport): Transport {
  const outer: Transport = {
    send: (message, done) => inner.send(message, done),
    lends: true,
    get bufferedBytes() {
      return inner.bufferedBytes
    },
    close: (code, reason) => inner.close(code, reason),
    onMessage: () => undefined,
    onClose: () => undefined,
  }
  inner.onMessage = (message) => {
    const memory = (message as Uint8Array).slice()
    outer.onMessage(memory)
    memory.fill(0xee)
    spoilSlabs()
  }
  inner.onClose = (code, reason) => outer.onClose(code, reason)
  return outer
}
