import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

/**
 * A sum of windows: what peers may have under way towards one session, or towards this whole process, and not yet consumed.
 * At its most a new window is 36 KiB and old ones come down to that with their next grant, so that the sum falls again.
 */
export class Windows {
  bytes = 0
  readonly #most: number
  readonly #whole: Windows | undefined

  /** `whole`: a larger sum that this one is part of. */
  constructor(most: number, whole?: Windows) {
    this.#most = most
    this.#whole = whole
  }

  /** How large a window may be now; already counted. */
  take(wishedBytes: number): number {
    const bytes = this.fits(wishedBytes) ? wishedBytes : Math.min(wishedBytes, limits.smallWindowBytes)
    this.add(bytes)
    return bytes
  }

  fits(bytes: number): boolean {
    return this.bytes + bytes <= this.#most && (this.#whole?.fits(bytes) ?? true)
  }

  add(bytes: number): void {
    this.bytes += bytes
    this.#whole?.add(bytes)
  }

  /** Some were given that are beyond the most. */
  get pressed(): boolean {
    return this.bytes > this.#most || (this.#whole?.pressed ?? false)
  }
}

const processes = new WeakMap<Clock, Windows>()

/** The sum of all sessions of this process: those of one clock, so that tests do not meet. */
export function processWindows(clock: Clock): Windows {
  const found = processes.get(clock) ?? new Windows(limits.processWindowBytes)
  processes.set(clock, found)
  return found
}
