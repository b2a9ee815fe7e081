import type { FrameWriter } from './frame.ts'
import { limits } from './limits.ts'
import { PathWindow } from './path.ts'
import { Schedule } from './schedule.ts'
import { giveSlab } from './slabs.ts'
import type { StreamImpl } from './stream.ts'
import type { Link } from './link.ts'
import type { Transport } from './transport.ts'

/** The sending half of one link: all that one turn of the event loop produced leaves together, bulk within the path window. */
export class Sender {
  sent = 0
  acked = 0
  readonly path = new PathWindow()
  readonly #schedule = new Schedule()
  readonly #transport: Transport
  readonly #writer: FrameWriter
  readonly #link: Link
  #soonQueued = false
  #afterTurnQueued = false
  #timer = false
  /** Bulk pauses until so much was acknowledged, to measure the round trip. */
  #emptyAt = Number.POSITIVE_INFINITY
  /** How much was acknowledged when the last PING left that is sent because data flows. */
  #measuredAt = 0
  #stopped = false

  constructor(transport: Transport, writer: FrameWriter, link: Link) {
    this.#transport = transport
    this.#writer = writer
    this.#link = link
  }

  ready(stream: StreamImpl): void {
    this.#schedule.add(stream)
    if (stream.priority === 3) this.afterTurn()
    else this.soon()
  }

  /** Bulk, and what answers it, waits for all that this turn of the event loop brings: what leaves is a system call, and wakes the other end. */
  afterTurn(): void {
    if (this.#afterTurnQueued || this.#soonQueued) return
    this.#afterTurnQueued = true
    this.#link.options.clock.afterTurn(() => {
      this.#afterTurnQueued = false
      this.#pump()
    })
  }

  soon(): void {
    if (this.#soonQueued) return
    this.#soonQueued = true
    queueMicrotask(() => {
      this.#soonQueued = false
      this.#pump()
    })
  }

  /** False: so much was never sent. */
  ackReceived(total: number): boolean {
    if (total > this.sent) return false
    if (total > this.acked) {
      this.path.acked(total - this.acked, this.#link.nowMs())
      this.acked = total
      if (total === this.sent && !this.#schedule.waiting) this.path.idle(this.#link.nowMs())
      this.#measureIfEmpty()
      this.#measureInFlow()
      this.soon()
    }
    return true
  }

  /** PING measured one; nothing was in its way if all was acknowledged when it left, and nothing has been sent since. */
  roundTrip(rttMs: number, clearAt: number | undefined): void {
    // What paused for it goes on: nothing else would say so.
    if (!this.path.sample(rttMs, this.#link.nowMs(), clearAt === this.sent)) return this.soon()
    this.#emptyAt = this.sent
    if (this.acked < this.sent) this.#link.ask()
    this.#measureIfEmpty()
  }

  stop(): void {
    this.#stopped = true
  }

  /** The shortest round trip may change while data flows, and heartbeats come only in silence. Of a fleet's small samples nobody wants it. */
  #measureInFlow(): void {
    if (this.acked - this.#measuredAt < limits.path.frameBytes || this.#link.nowMs() - this.#link.pings.lastMs < limits.probe.pingMs) return
    this.#measuredAt = this.acked
    this.#link.ping()
  }

  /** What was under way when bulk paused would be part of the round trip that is measured. */
  #measureIfEmpty(): void {
    if (this.acked < this.#emptyAt) return
    this.#emptyAt = Number.POSITIVE_INFINITY
    this.path.probe()
    this.#link.ping()
  }

  #pump(): void {
    if (this.#stopped) return
    this.#link.acks.settle()
    // Others have their turn in between, however fast the link is.
    if (this.#sendTogether()) this.afterTurn()
    if (!this.#schedule.waiting || this.#transport.bufferedBytes <= limits.socketBytes) return
    this.path.blocked()
    this.#later()
  }

  /** What may leave in one system call. True: there may be more. */
  #sendTogether(): boolean {
    const { path } = this
    const calls = this.#transport.bufferedBytes <= limits.socketBytes
    const slice = sliceFor(path.bytesPerMs)
    let left: number = limits.togetherBytes
    let spent: Uint8Array[] | undefined
    const corked = calls && this.#schedule.bulk
    if (corked) this.#transport.cork?.()
    while (left > 0) {
      const stream = this.#schedule.next(calls, calls && this.sent - this.acked < path.bytes)
      if (stream === undefined) break
      if (!stream.out.endOnly) {
        const now = this.#link.nowMs()
        const payload = stream.takeSlice(slice, now)
        left -= payload.length
        if (this.sent === this.acked) this.#link.health.acked()
        this.sent += payload.length
        path.sent(this.sent - this.acked, now)
        this.#writer.data(stream.id, payload)
        if (stream.out.spent(payload)) (spent ??= []).push(payload)
        this.#link.sentData()
        stream.sendSignals()
        // Nobody has any of a message before its end: on a slow link each slice is one, and is acknowledged while the next is under way.
        if (slice < limits.dataBytes) this.#writer.flush()
      }
      if (stream.over) continue
      if (stream.out.endOnly) stream.sendEnd()
      else this.#schedule.add(stream)
    }
    this.#writer.flush()
    if (corked) this.#transport.uncork?.()
    // Not before: until then the writer only knows where they are.
    if (spent !== undefined) for (const payload of spent) giveSlab(payload)
    return left <= 0
  }

  /** The kernel is full, and nothing tells when it is not: nobody may be left to acknowledge anything. */
  #later(): void {
    if (this.#timer) return
    this.#timer = true
    this.#link.options.clock.after(limits.ack.delayMs, () => {
      this.#timer = false
      this.#pump()
    })
  }
}

/** A slice takes a few ms at most, so that a key never waits for long behind one; a rate of 0 is not known yet. */
function sliceFor(bytesPerMs: number): number {
  if (bytesPerMs >= limits.fastBytesPerMs) return limits.dataBytes
  return bytesPerMs > 0 && bytesPerMs < limits.slowBytesPerMs ? limits.slowSliceBytes : limits.sliceBytes
}
