import { limits } from './limits.ts'
import type { StreamImpl } from './stream.ts'
import type { Windows } from './windows.ts'

/** One half of a relay: payloads, ends and credit pass straight through to the other stream. */
export class Joint {
  readonly to: StreamImpl
  #promisedTo: Windows | undefined
  #promisedBytes = 0

  constructor(to: StreamImpl) {
    this.to = to
  }

  /**
   * Credit one to one: what the other stream may send is what we grant, at most so much that the queue here stays small;
   * and 32 KiB once the queues of that link, or the windows of this one, are full.
   */
  limit(pressed: boolean): number {
    const { out, carrier } = this.to
    const others = carrier === undefined ? 0 : carrier.promised.bytes - (carrier.promised === this.#promisedTo ? this.#promisedBytes : 0)
    const room = pressed ? 0 : limits.queueBytes - others
    return Math.min(out.limit, out.sentBytes + Math.max(room, limits.smallWindowBytes))
  }

  /** Remembers what was granted: so much may come to be queued. */
  promise(bytes: number): void {
    const windows = this.to.carrier?.promised
    if (windows !== this.#promisedTo) {
      this.#promisedTo?.add(-this.#promisedBytes)
      this.#promisedTo = windows
      this.#promisedBytes = 0
    }
    windows?.add(bytes - this.#promisedBytes)
    this.#promisedBytes = bytes
  }
}
