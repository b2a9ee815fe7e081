import { limits } from './limits.ts'

/** `cat` of a large file must not beat typing elsewhere: a terminal that floods goes as bulk until it was quiet. */
export class Burst {
  #fromMs = 0
  #bytes = 0
  #sentMs = 0

  /** True: it is more than a terminal may send as one. */
  sent(bytes: number, nowMs: number): boolean {
    if (nowMs - this.#fromMs > 1000) {
      this.#fromMs = nowMs
      this.#bytes = 0
    }
    this.#bytes += bytes
    this.#sentMs = nowMs
    return this.#bytes > limits.terminalBurstBytes
  }

  quiet(nowMs: number): boolean {
    return nowMs - this.#sentMs > limits.terminalQuietMs
  }
}
