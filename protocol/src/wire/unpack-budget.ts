import { limits } from './limits.ts'
import type { Packing } from './pack.ts'
import type { Clock } from './transport.ts'

/**
 * The same inflater for one link, which may make so much of what comes and then only so much a second: 90 bytes may be 64 KiB, and
 * a peer that sends nothing else would have this end unpack all day. Beyond it an item is handed on later; its reader asks for the
 * next one later, and credit slows the peer. Nobody is refused.
 */
export function budgeted(inflate: Packing['inflate'], clock: Clock): Packing['inflate'] {
  const { budgetBytes, bytesPerSecond, itemCostBytes } = limits.pack
  let left: number = budgetBytes
  let lastMs = clock.now()

  const charge = (plain: Uint8Array): Uint8Array | Promise<Uint8Array> => {
    const nowMs = clock.now()
    left = Math.min(budgetBytes, left + ((nowMs - lastMs) / 1000) * bytesPerSecond) - plain.length - itemCostBytes
    lastMs = nowMs
    if (left >= 0) return plain
    return new Promise((resolve) => void clock.after((-left / bytesPerSecond) * 1000, () => resolve(plain)))
  }

  return (packed, mostBytes) => {
    const plain = inflate(packed, mostBytes)
    return plain instanceof Promise ? plain.then(charge) : charge(plain)
  }
}
