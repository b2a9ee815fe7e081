import { limits } from './limits.ts'
import type { Packing } from './pack.ts'
import type { Clock } from './transport.ts'

/**
 * The same inflater for one link, which may make so much of what comes and then only so much a second: 90 bytes may be 64 KiB, and
 * a peer that sends nothing else would have this end unpack all day. Beyond it an item is handed on later; its reader asks for the
 * next one later, and credit slows the peer. Nobody is refused.
 */
export function budgeted(inflate: Packing['inflate'], clock: Clock): Packing['inflate'] {
  const budget = new Budget(clock)
  return (packed, mostBytes) => {
    const plain = inflate(packed, mostBytes)
    return plain instanceof Promise ? plain.then((item) => budget.charge(item)) : budget.charge(plain)
  }
}

const { budgetBytes, bytesPerSecond, itemCostBytes } = limits.pack

class Budget {
  readonly #clock: Clock
  #left: number = budgetBytes
  #lastMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastMs = clock.now()
  }

  charge(plain: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const nowMs = this.#clock.now()
    this.#left = Math.min(budgetBytes, this.#left + ((nowMs - this.#lastMs) / 1000) * bytesPerSecond) - plain.length - itemCostBytes
    this.#lastMs = nowMs
    if (this.#left >= 0) return plain
    return new Promise((resolve) => void this.#clock.after((-this.#left / bytesPerSecond) * 1000, () => resolve(plain)))
  }
}
