import { frame } from './frame.ts'
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
   * and 36 KiB once the queues of that link, or the windows of this one, are full.
   */
  limit(pressed: boolean): number {
    const { out, carrier } = this.to
    const others = carrier === undefined ? 0 : carrier.promised.bytes - (carrier.promised === this.#promisedTo ? this.#promisedBytes : 0)
    const room = pressed ? 0 : limits.queueBytes - others
    return Math.min(out.limit, out.sentBytes + Math.max(room, limits.smallWindowBytes))
  }

  /** Grants `from` what the other stream may send. */
  grant(from: StreamImpl): void {
    const { in: inbox, carrier } = from
    if (carrier === undefined || from.over || inbox.ended) return
    const { out } = this.to
    const limit = this.limit(carrier.windows.pressed)
    // Not for every slice that left, as long as a whole item still fits.
    const enough = inbox.grantedBytes - inbox.receivedBytes >= limits.dataBytes && limit - inbox.grantedBytes < limits.dataBytes
    if (limit <= inbox.grantedBytes || (limit < out.limit && enough)) return
    inbox.grantedBytes = limit
    this.promise(limit - out.sentBytes)
    inbox.count(limit - out.sentBytes, carrier.windows)
    carrier.control(frame.credit, from.id, limit, out.peerHas)
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

/** From now on what either side receives leaves by the other; what waits already goes first, with its signals in their places. */
export function joinStreams(near: StreamImpl, far: StreamImpl): void {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.joint = new Joint(to)
    let at = from.in.consumedBytes
    for (const payload of from.in.drain()) {
      for (const { kind, value } of from.heardUntil(at)) to.sendSignal(kind, value)
      to.push(payload)
      at += payload.length
    }
    from.onSignal = (kind, value) => to.sendSignal(kind, value)
    from.in.consumedBytes = from.in.receivedBytes
    if (from.in.ended) to.end(from.trailer)
    // A viewer that came back for what it had already may have said so before the agent answered.
    if (from.wholeTaken) to.takeWhole()
    from.grantAsJoined()
  }
}
