import { Acks } from './acks.ts'
import type { Carrier } from './carrier.ts'
import { frame, type FrameWriter } from './frame.ts'
import { Guard } from './guard.ts'
import { Health, type Watcher } from './health.ts'
import { limits, peerLimits } from './limits.ts'
import { writeMeta } from './meta.ts'
import type { Packing } from './pack.ts'
import { Pings } from './pings.ts'
import { Sender } from './sender.ts'
import { countStreams } from './stats.ts'
import type { StreamImpl } from './stream.ts'
import type { Transport } from './transport.ts'
import type { SessionEnd, SessionOptions, SessionStats } from './types.ts'
import { budgeted } from './unpack-budget.ts'
import { placeOf } from './waiting.ts'
import { processWindows, Windows } from './windows.ts'

/** One transport's life inside a session: its streams, and everything that is counted anew on the next one. */
export class Link implements Carrier, Watcher {
  readonly options: SessionOptions
  readonly transport: Transport
  readonly streams = new Map<number, StreamImpl>()
  readonly sender: Sender
  readonly acks: Acks
  readonly pings: Pings
  readonly guard: Guard
  readonly health: Health
  readonly windows: Windows
  readonly peerLimits: (typeof limits)['agent' | 'hub' | 'console']
  nextId: number
  lastPeerId = 0
  /** No new OPEN from either end. */
  draining = false
  alive = true
  /** What the peer's GOAWAY said. */
  goawayMs: number | undefined
  readonly #writer: FrameWriter
  readonly #ended: (end: SessionEnd) => void
  #promised: Windows | undefined
  #inflate: Packing['inflate'] | undefined

  /** `ended` is called once, unless `stop` was before. */
  constructor(transport: Transport, options: SessionOptions, ended: (end: SessionEnd) => void) {
    const { side, codec, clock } = options
    this.options = options
    this.transport = transport
    this.#ended = ended
    // A hub has agents and consoles; the codec tells which one this is.
    this.peerLimits = side === 'hub' && codec.name === 'fairlead.1+json' ? limits.console : peerLimits[side]
    this.nextId = options.firstId ?? (side === 'hub' ? 2 : 1)
    this.windows = new Windows(limits.sessionWindowBytes, processWindows(clock))
    this.guard = new Guard(this.peerLimits)
    this.pings = new Pings(clock)
    this.#writer = codec.writer((message, done) => transport.send(message, done))
    this.sender = new Sender(transport, this.#writer, this)
    this.acks = new Acks(clock, this)
    this.health = new Health(clock, options.heartbeatMs ?? limits.heartbeatMs, this)
    for (let i = 0; i < 3; i++) this.ping()
  }

  get stats(): SessionStats {
    return {
      ...countStreams(this.streams.values()),
      roundTripMs: this.sender.path.minRttMs,
      pathWindowBytes: this.sender.path.bytes,
      sentBytes: this.sender.sent,
      ackedBytes: this.sender.acked,
      grantedBytes: this.windows.bytes,
      receivedBytes: this.acks.received,
    }
  }

  /** Opens a stream, or opens again one that goes on. False: the ids are used up. */
  open(stream: StreamImpl): boolean {
    const id = this.nextId
    if (id >= limits.lastStreamId) return false
    this.nextId += 2
    const again = !stream.fresh || stream.meta.resumeAt !== undefined
    if (again) {
      stream.out.held = true
      stream.cancelKeep?.()
    }
    this.streams.set(id, stream)
    const fields = writeMeta(stream.meta, stream.claim(this), again ? stream.receivedBytes : undefined)
    this.control(frame.open, id, stream.method, stream.params, fields)
    stream.attach(this, id)
    return true
  }

  /** Both ends time a deadline; there are no clocks to compare. */
  time(stream: StreamImpl): void {
    const { deadlineMs } = stream.meta
    if (deadlineMs === undefined || deadlineMs <= 0) return
    stream.cancelDeadline = this.options.clock.after(deadlineMs, () =>
      stream.reset('deadline_exceeded', `No answer within ${deadlineMs} ms.`),
    )
  }

  /** `done` hears the round trip, ms. */
  ping(done?: (rttMs: number) => void): void {
    const { sent, acked } = this.sender
    this.control(frame.ping, this.pings.next(sent === acked ? sent : undefined, done))
  }

  goaway(code: string, reconnectInMs: number, resumeForMs: number): void {
    this.draining = true
    this.control(frame.goaway, this.lastPeerId, code, reconnectInMs, resumeForMs)
  }

  close(code: number, reason: string, cause?: unknown): void {
    if (!this.alive) return
    this.#writer.flush()
    this.transport.close(code, reason)
    this.end(cause === undefined ? { code, reason } : { code, reason, cause })
  }

  end(end: SessionEnd): void {
    if (!this.alive) return
    this.stop()
    this.#ended(this.goawayMs === undefined ? end : { ...end, reconnectInMs: this.goawayMs })
  }

  /** Sends and reads nothing more. Its streams stay in `streams`, without a link. */
  stop(): void {
    this.alive = false
    this.sender.stop()
    this.health.stop()
    this.transport.onMessage = () => undefined
    this.transport.onClose = () => undefined
    for (const stream of this.streams.values()) stream.detach()
  }

  // ---- its health ------------------------------------------------------------------------------------------------

  beat(): void {
    if (this.acks.tell()) this.sender.soon()
    else this.ping()
  }

  ask(): void {
    this.control(frame.ping, this.pings.unheard())
  }

  dead(): void {
    this.close(1006, 'nothing received')
  }

  get unacked(): boolean {
    return this.sender.sent > this.sender.acked
  }

  // ---- what streams ask ------------------------------------------------------------------------------------------

  nowMs(): number {
    return this.options.clock.now()
  }

  roundTripMs(): number {
    return Math.max(this.sender.path.minRttMs, 1)
  }

  get promised(): Windows {
    return (this.#promised ??= new Windows(limits.queueBytes))
  }

  get packing(): Packing | undefined {
    return this.options.packing
  }

  get inflate(): Packing['inflate'] {
    return (this.#inflate ??= budgeted(this.options.packing!.inflate, this.options.clock))
  }

  /** A console may be anywhere. Between agent and hub only where bytes are what is waited for; a rate of 0 is not known yet. */
  get packsNow(): boolean {
    const { bytesPerMs } = this.sender.path
    return this.options.codec.name === 'fairlead.1+json' || (bytesPerMs > 0 && bytesPerMs < limits.pack.slowBytesPerMs)
  }

  ready(stream: StreamImpl): void {
    this.sender.ready(stream)
  }

  control(...fields: [type: number, ...fields: unknown[]]): void {
    if (!this.alive) return
    this.#writer.control(fields)
    this.health.sent()
    if (fields[0] === frame.credit) this.sender.afterTurn()
    else this.sender.soon()
  }

  /** Leaves with what is just being sent. */
  ack(total: number): void {
    this.#writer.control([frame.ack, total])
    this.health.sent()
  }

  afterTurn(): void {
    this.sender.afterTurn()
  }

  reply(sid: number, value: unknown): Uint8Array | undefined {
    if (!this.alive) return undefined
    this.sender.soon()
    this.health.sent()
    return this.#writer.reply(sid, value)
  }

  /** A DATA frame left. */
  sentData(): void {
    this.guard.sentFrame()
    this.health.sent()
  }

  forget(stream: StreamImpl): void {
    this.streams.delete(stream.id)
    const { resumeKey } = stream.meta
    if (!stream.opener && resumeKey !== undefined) this.options.resumeStore?.untrack(placeOf(stream.method, resumeKey), stream)
  }

  release(stream: StreamImpl): void {
    this.streams.delete(stream.id)
    this.control(frame.reset, stream.id, 'lost', 'The stream goes on over another link.')
    stream.detach()
  }

  letGo(): boolean {
    return this.options.resumeStore?.dropOldest() ?? false
  }
}
