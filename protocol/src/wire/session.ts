import { FairleadError, isCode, type Code } from '../errors.ts'
import { firstIgnorable, frame, type ControlFrame, type FrameWriter } from './frame.ts'
import { Acks } from './acks.ts'
import { checkSize, Guard } from './guard.ts'
import { watchHealth, type Health } from './health.ts'
import { toHex } from './json-codec.ts'
import { limits, peerLimits } from './limits.ts'
import { number, readMeta, writeMeta } from './meta.ts'
import { Pings } from './pings.ts'
import { MalformedFrame } from './prescan.ts'
import { createBucket } from './schedule.ts'
import { Sender } from './sender.ts'
import { countStreams } from './stats.ts'
import { StreamImpl, type Carrier } from './stream.ts'
import type { Transport } from './transport.ts'
import { keepMs, lose, Waiting } from './waiting.ts'
import type { OpenMeta, Session, SessionEnd, SessionOptions, WireStream } from './types.ts'

export type { OpenMeta, ResumeStore, Session, SessionEnd, SessionOptions, SessionStats, WireStream } from './types.ts'

/** One end of a live link. Owns the transport until it ends. */
export function openSession(transport: Transport, options: SessionOptions): Session {
  return new SessionImpl(transport, options)
}

class SessionImpl implements Session, Carrier {
  readonly #options: SessionOptions
  #transport!: Transport
  #writer!: FrameWriter
  #health!: Health
  #alive = false
  #streams = new Map<number, StreamImpl>()
  readonly #waiting: Waiting
  #sender!: Sender
  #nextId = 0
  #lastPeerId = 0
  #acks!: Acks
  #grantedBytes = 0
  #breaches = 0
  #draining = false
  #goawayMs: number | undefined
  #pings!: Pings
  #guard!: Guard
  readonly #peerLimits: (typeof limits)['agent' | 'hub' | 'console']

  constructor(transport: Transport, options: SessionOptions) {
    this.#options = options
    // A hub has agents and consoles; the codec tells which one this is.
    this.#peerLimits = options.side === 'hub' && options.codec.name === 'fairlead.1+json' ? limits.console : peerLimits[options.side]
    this.#waiting = new Waiting(options.clock)
    this.#start(transport)
  }

  #start(transport: Transport): void {
    const { side, codec, clock } = this.#options
    this.#transport = transport
    this.#writer = codec.writer((message) => transport.send(message))
    this.#streams = new Map()
    this.#nextId = side === 'hub' ? 2 : 1
    this.#lastPeerId = 0
    this.#sender = new Sender(transport, this.#writer, clock, () => {
      this.#guard.sentFrame()
      this.#health.sent()
    })
    this.#acks = new Acks(clock, (total) => transport === this.#transport && this.control(frame.ack, total))
    this.#grantedBytes = 0
    this.#breaches = 0
    this.#draining = false
    this.#goawayMs = undefined
    this.#guard = new Guard(this.#peerLimits)
    this.#pings = new Pings(clock)
    this.#alive = true
    transport.onMessage = (message) => this.#message(message)
    transport.onClose = (code, reason) => this.#ended({ code, reason })
    this.#health = watchHealth(clock, this.#options.heartbeatMs ?? limits.heartbeatMs, {
      ping: () => void this.ping().catch(() => undefined),
      dead: () => this.close(1006, 'nothing received'),
      unacked: () => this.#sender.sent > this.#sender.acked,
    })
    for (let i = 0; i < 3; i++) void this.ping().catch(() => undefined)
  }

  get alive(): boolean {
    return this.#alive
  }

  get stats() {
    return {
      ...countStreams(this.#streams.values()),
      roundTripMs: this.#sender.path.minRttMs,
      pathWindowBytes: this.#sender.path.bytes,
      sentBytes: this.#sender.sent,
      ackedBytes: this.#sender.acked,
      grantedBytes: this.#grantedBytes,
      receivedBytes: this.#acks.received,
    }
  }

  // ---- what the owner does -----------------------------------------------------------------------------------------

  open(method: string, params: unknown, meta: OpenMeta = {}): WireStream {
    const stream = new StreamImpl(method, params, meta, true)
    if (!this.#alive || this.#draining || this.#nextId >= limits.lastStreamId) {
      if (this.#nextId >= limits.lastStreamId) this.goaway('ids', 0, 60_000)
      stream.fail(new FairleadError('refused', 'The link takes no new requests right now; try again in a moment.'))
      return stream
    }
    this.#sendOpen(stream)
    this.#time(stream)
    return stream
  }

  #sendOpen(stream: StreamImpl): void {
    const { meta } = stream
    const again = !stream.fresh || meta.resumeAt !== undefined
    const id = this.#nextId
    this.#nextId += 2
    if (again) {
      stream.hold()
      stream.cancelKeep?.()
    }
    this.#streams.set(id, stream)
    this.#grantedBytes += stream.windowBytes
    this.control(
      frame.open,
      id,
      stream.method,
      stream.params,
      writeMeta(meta, stream.grantedLimit, again ? stream.receivedBytes : undefined),
    )
    stream.attach(this, id)
  }

  /** Both ends time a deadline; there are no clocks to compare. */
  #time(stream: StreamImpl): void {
    const { deadlineMs } = stream.meta
    if (deadlineMs === undefined || deadlineMs <= 0) return
    stream.cancelDeadline = this.#options.clock.after(deadlineMs, () =>
      stream.reset('deadline_exceeded', `No answer within ${deadlineMs} ms.`),
    )
  }

  ping(): Promise<number> {
    return this.#pings.send((id) => this.control(frame.ping, id))
  }

  goaway(code: string, reconnectInMs: number, resumeForMs: number): void {
    this.#draining = true
    this.control(frame.goaway, this.#lastPeerId, code, reconnectInMs, resumeForMs)
  }

  close(code: number, reason: string): void {
    if (!this.#alive) return this.#waiting.abandon()
    this.#writer.flush()
    this.#transport.close(code, reason)
    this.#ended({ code, reason })
  }

  resume(transport: Transport): void {
    if (this.#alive) {
      const old = this.#transport
      this.#letGo()
      old.close(1000, 'replaced')
    }
    this.#start(transport)
    for (const stream of this.#waiting.takeAll()) this.#sendOpen(stream)
  }

  takeOver(old: Session): void {
    if (!(old instanceof SessionImpl) || old.alive) throw new FairleadError('internal', 'Only an ended session has streams to take over.')
    for (const stream of old.#waiting.takeAll()) this.#sendOpen(stream)
  }

  #ended(end: SessionEnd): void {
    if (!this.#alive) return
    this.#letGo()
    this.#options.onClose?.(this.#goawayMs === undefined ? end : { ...end, reconnectInMs: this.#goawayMs })
  }

  #letGo(): void {
    this.#alive = false
    this.#sender.stop()
    this.#health.stop()
    this.#transport.onMessage = () => undefined
    this.#transport.onClose = () => undefined
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) this.#keepOrLose(stream)
  }

  #keepOrLose(stream: StreamImpl): void {
    const { resumeKey } = stream.meta
    const { resumeStore } = this.#options
    stream.detach()
    if (stream.over) return
    if (resumeKey === undefined) return lose(stream)
    if (stream.opener) return this.#waiting.keep(stream)
    if (resumeStore === undefined) return lose(stream)
    resumeStore.put(toHex(resumeKey), stream, keepMs(stream))
  }

  // ---- what streams ask --------------------------------------------------------------------------------------------

  nowMs = (): number => this.#options.clock.now()
  roundTripMs = (): number => Math.max(this.#sender.path.minRttMs, 1)

  ready(stream: StreamImpl): void {
    this.#sender.ready(stream)
  }

  control(...fields: [type: number, ...fields: unknown[]]): void {
    if (!this.#alive) return
    this.#writer.control(fields)
    this.#health.sent()
    this.#sender.soon()
  }

  reply(sid: number, value: unknown): Uint8Array | undefined {
    if (!this.#alive) return undefined
    this.#sender.soon()
    this.#health.sent()
    return this.#writer.reply(sid, value)
  }

  widen(bytes: number): boolean {
    if (this.#grantedBytes + bytes > limits.sessionWindowBytes) return false
    this.#grantedBytes += bytes
    return true
  }

  narrow(bytes: number): void {
    this.#grantedBytes = Math.max(0, this.#grantedBytes - bytes)
  }

  forget(stream: StreamImpl): void {
    this.#streams.delete(stream.id)
    const { resumeKey } = stream.meta
    if (!stream.opener && resumeKey !== undefined) this.#options.resumeStore?.untrack(toHex(resumeKey), stream)
  }

  release(stream: StreamImpl): void {
    this.#streams.delete(stream.id)
    this.control(frame.reset, stream.id, 'lost', 'The stream goes on over another link.')
    stream.detach()
  }

  // ---- what the peer says ------------------------------------------------------------------------------------------

  #message(message: Uint8Array | string): void {
    this.#health.received()
    try {
      if (message.length > limits.messageBytes) throw new MalformedFrame('a message that is too long')
      this.#options.codec.decode(message, {
        control: (control, bytes) => this.#control(control, bytes),
        data: (sid, payload) => this.#data(sid, payload),
      })
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error
      this.close(4400, `malformed: ${error.message}`)
    }
  }

  #data(sid: number, payload: Uint8Array): void {
    this.#guard.received(payload.length)
    this.#acks.data(payload.length)
    const stream = this.#streams.get(sid)
    if (stream === undefined) return this.#unknown(sid)
    if (payload.length < limits.smallDataBytes && stream.meta.priority === 3 && !this.#guard.smallData(this.nowMs()))
      return stream.reset('rate_limited', 'Bulk data comes in pieces that are far too small.')
    if (stream.receive(payload)) return
    stream.reset('flow', 'More was sent than the window allows.')
    if (++this.#breaches >= limits.flowBreaches) this.close(4400, 'flow')
  }

  #control(control: ControlFrame, bytes: number): void {
    const [type] = control
    if (!this.#alive) return
    if (type === frame.data) throw new MalformedFrame('a DATA frame out of shape')
    if (!this.#guard.control(this.nowMs())) return this.close(4429, 'too many control frames')
    const size = checkSize(type, bytes)
    if (size === 'close') return this.close(4400, 'a frame that is too large')
    if (size !== undefined && type !== frame.open) {
      const stream = this.#streams.get(number(control[1]))
      return stream === undefined ? this.#unknown(number(control[1])) : stream.reset(size, 'A frame was larger than the wire allows.')
    }
    switch (type) {
      case frame.open:
        return this.#opened(control, size)
      case frame.ack:
        return this.#ackReceived(number(control[1]))
      case frame.ping:
        return this.control(frame.pong, number(control[1]))
      case frame.pong:
        return this.#ponged(number(control[1]))
      case frame.goaway:
        return this.#goaway(control)
      case frame.credit:
      case frame.end:
      case frame.reset:
      case frame.head:
      case frame.reply:
      case frame.signal:
        return this.#forStream(control)
      case frame.hello:
      case frame.welcome:
        return this.close(4400, 'hello in the middle of a session')
      case frame.resume:
        return
      default:
        if (type < firstIgnorable || type > 0x7f) this.close(4400, 'unknown frame')
    }
  }

  #forStream(control: ControlFrame): void {
    const sid = number(control[1])
    const stream = this.#streams.get(sid)
    if (stream === undefined) return this.#unknown(sid)
    const [type, , first, second] = control
    switch (type) {
      case frame.credit:
        return stream.receiveCredit(number(first), second)
      case frame.end:
        return stream.receiveEnd(first)
      case frame.head:
        return stream.receiveAnswer({ head: typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : {} })
      case frame.reply:
        return stream.receiveAnswer({ reply: first })
      case frame.signal:
        return this.#signaled(stream, first, second)
      default:
        return this.#resetReceived(stream, first, second)
    }
  }

  #signaled(stream: StreamImpl, kind: unknown, value: unknown): void {
    stream.signalBucket ??= createBucket(limits.signalsPerSecond)
    if (!stream.signalBucket.take(this.nowMs())) return stream.reset('rate_limited', 'Too many signals.')
    if (typeof kind === 'string') this.#guarded(stream, () => stream.onSignal(kind, value))
  }

  /** What a listener throws ends its stream, never the session or the process. */
  #guarded(stream: StreamImpl, run: () => void): void {
    try {
      run()
    } catch {
      stream.reset('internal', 'Something went wrong on the other end.')
    }
  }

  #resetReceived(stream: StreamImpl, code: unknown, message: unknown): void {
    const known: Code = isCode(code) ? code : 'internal'
    if (!stream.opener && stream.receivedBytes + stream.sentBytes === 0 && !this.#guard.rapidReset(this.nowMs()))
      return this.close(4429, 'rapid resets')
    const { resumeStore } = this.#options
    const { resumeKey } = stream.meta
    if (known === 'lost' && !stream.opener && resumeKey !== undefined && resumeStore !== undefined) {
      // The viewer lost its way here but may return: the stream waits.
      this.#streams.delete(stream.id)
      stream.detach()
      return resumeStore.put(toHex(resumeKey), stream, keepMs(stream))
    }
    stream.fail(new FairleadError(known, typeof message === 'string' ? message : 'The other end left.'))
  }

  /** A closed id is ignored; one that was never opened is a breach. */
  #unknown(sid: number): void {
    const own = sid % 2 === (this.#options.side === 'hub' ? 0 : 1)
    if (sid === 0 || sid >= limits.lastStreamId || (own ? sid >= this.#nextId : sid > this.#lastPeerId))
      this.close(4400, 'a stream that was never opened')
  }

  #opened([, id, method, params, meta]: ControlFrame, size: Code | undefined): void {
    const sid = number(id)
    const peerParity = this.#options.side === 'hub' ? 1 : 0
    if (sid % 2 !== peerParity || sid <= this.#lastPeerId || sid >= limits.lastStreamId || typeof method !== 'string')
      return this.close(4400, 'a wrong stream id')
    this.#lastPeerId = sid
    const refuse = (code: Code, message: string) => this.control(frame.reset, sid, code, message)
    if (size !== undefined) return refuse(size, 'The request is larger than 64 KiB.')
    if (this.#draining) return refuse('draining', 'This end is going away; connect again.')
    if (!this.#guard.open(this.nowMs())) return refuse('rate_limited', 'Too many requests at once.')
    if (this.#peerStreams() >= this.#peerLimits.openStreams) return refuse('too_many', 'Too many open streams.')
    const fields = readMeta(typeof meta === 'object' && meta !== null ? (meta as Record<string, unknown>) : {})
    const found = this.#resumed(fields)
    if (found !== undefined) return this.#reattach(found, sid, fields)
    if (fields.resumeAt !== undefined && fields.resumeAt > 0 && this.#options.resumeStore !== undefined)
      return refuse('lost', 'The stream is no longer here.')
    const stream = new StreamImpl(method, params, fields, false)
    if (fields.resumeKey !== undefined && this.#options.resumeStore !== undefined) {
      stream.retains = true
      this.#options.resumeStore.track(toHex(fields.resumeKey), stream)
    }
    this.#streams.set(sid, stream)
    this.#grantedBytes += stream.windowBytes
    stream.attach(this, sid)
    this.#time(stream)
    this.#guarded(stream, () => this.#options.onOpen(stream))
  }

  #peerStreams(): number {
    let count = 0
    for (const stream of this.#streams.values()) if (!stream.opener) count++
    return count
  }

  /** A stream of this key that waits, or that another link carries which is dead without knowing it. */
  #resumed({ resumeKey, resumeAt }: OpenMeta): StreamImpl | undefined {
    if (resumeKey === undefined || resumeAt === undefined) return undefined
    const found = this.#options.resumeStore?.take(toHex(resumeKey))
    if (!(found instanceof StreamImpl) || found.over) return undefined
    found.carrier?.release(found)
    return found
  }

  #reattach(stream: StreamImpl, sid: number, meta: OpenMeta): void {
    this.#streams.set(sid, stream)
    this.#grantedBytes += stream.windowBytes
    if (stream.reattach(this, sid, meta)) return
    this.#streams.delete(sid)
    this.control(frame.reset, sid, 'lost', 'What you want next was already let go.')
    stream.fail(new FairleadError('lost', 'The stream could not be resumed.'))
  }

  #ackReceived(total: number): void {
    if (!this.#sender.ackReceived(total)) return this.close(4400, 'an acknowledgement of what was never sent')
    this.#health.acked()
    // The shortest round trip may change while data flows, and heartbeats come only in silence.
    if (this.nowMs() - this.#pings.lastMs >= limits.probeMs) void this.ping()
  }

  #ponged(id: number): void {
    const rttMs = this.#pings.answered(id)
    const { path } = this.#sender
    if (rttMs === undefined || !path.sample(rttMs, this.nowMs())) return
    this.#options.clock.after(limits.drainMs, () => {
      path.probe()
      void this.ping()
    })
  }

  #goaway([, , , reconnectInMs]: ControlFrame): void {
    this.#draining = true
    this.#goawayMs = Math.min(Math.max(Number(reconnectInMs) || 0, 0), 3_600_000)
  }
}
