import { FairleadError, isCode, type Code } from '../errors.ts'
import { firstIgnorable, frame, type ControlFrame, type FrameWriter } from './frame.ts'
import { watchHealth, type Health } from './health.ts'
import { toHex } from './json-codec.ts'
import { limits, peerLimits } from './limits.ts'
import { number, readMeta } from './meta.ts'
import { createPathWindow, type PathWindow } from './path.ts'
import { MalformedFrame } from './prescan.ts'
import { createBucket, createSchedule, type Bucket, type Schedule } from './schedule.ts'
import { countStreams, StreamImpl, type Carrier } from './stream.ts'
import type { Transport } from './transport.ts'
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
  #waiting: StreamImpl[] = []
  #schedule!: Schedule
  #path!: PathWindow
  #nextId = 0
  #lastPeerId = 0
  #sent = 0
  #acked = 0
  #received = 0
  #ackedBack = 0
  #lastAckMs = 0
  #ackTimer = false
  #pumping = false
  #grantedBytes = 0
  #breaches = 0
  #draining = false
  #goawayMs: number | undefined
  #pings = new Map<number, { sentMs: number; done: (rttMs: number) => void }>()
  #pingId = 0
  #opens!: Bucket
  #controls!: Bucket
  #rapid!: Bucket

  constructor(transport: Transport, options: SessionOptions) {
    this.#options = options
    this.#start(transport)
  }

  #start(transport: Transport): void {
    const { side, codec, clock } = this.#options
    const peer = peerLimits[side]
    this.#transport = transport
    this.#writer = codec.writer((message) => transport.send(message))
    this.#streams = new Map()
    this.#schedule = createSchedule()
    this.#path = createPathWindow()
    this.#nextId = side === 'hub' ? 2 : 1
    this.#lastPeerId = 0
    this.#sent = this.#acked = this.#received = this.#ackedBack = 0
    this.#grantedBytes = 0
    this.#breaches = 0
    this.#draining = false
    this.#goawayMs = undefined
    this.#opens = createBucket(peer.opensPerSecond, peer.openBurst)
    this.#controls = createBucket(peer.controlPerSecond, peer.controlPerSecond * 4)
    this.#rapid = createBucket(peer.rapidResetsPerSecond)
    this.#alive = true
    transport.onMessage = (message) => this.#message(message)
    transport.onClose = (code, reason) => this.#ended({ code, reason })
    this.#health = watchHealth(clock, this.#options.heartbeatMs ?? limits.heartbeatMs, {
      ping: () => void this.ping().catch(() => undefined),
      dead: () => this.close(1006, 'nothing received'),
      unacked: () => this.#sent > this.#acked,
    })
    for (let i = 0; i < 3; i++) void this.ping().catch(() => undefined)
  }

  get alive(): boolean {
    return this.#alive
  }

  get stats() {
    return {
      ...countStreams(this.#streams.values()),
      roundTripMs: this.#path.minRttMs,
      pathWindowBytes: this.#path.bytes,
      sentBytes: this.#sent,
      receivedBytes: this.#received,
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
    const id = this.#nextId
    this.#nextId += 2
    const fields: Record<string, unknown> = { c: stream.priority, w: stream.grantedLimit }
    if (meta.deadlineMs !== undefined && meta.deadlineMs > 0) fields['d'] = meta.deadlineMs
    if (meta.resumeKey !== undefined) fields['k'] = meta.resumeKey
    if (meta.idempotencyKey !== undefined) fields['i'] = meta.idempotencyKey
    if (meta.trace !== undefined) fields['t'] = meta.trace
    if (stream.receivedBytes > 0 || meta.resumeAt !== undefined) fields['o'] = stream.receivedBytes || meta.resumeAt
    this.#streams.set(id, stream)
    this.#grantedBytes += stream.windowBytes
    this.control(frame.open, id, stream.method, stream.params, fields)
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
    return new Promise((resolve) => {
      const id = (this.#pingId = (this.#pingId + 1) >>> 0)
      if (this.#pings.size > 16) this.#pings.clear()
      this.#pings.set(id, { sentMs: this.nowMs(), done: resolve })
      this.control(frame.ping, id)
    })
  }

  goaway(code: string, reconnectInMs: number, resumeForMs: number): void {
    this.#draining = true
    this.control(frame.goaway, this.#lastPeerId, code, reconnectInMs, resumeForMs)
  }

  close(code: number, reason: string): void {
    if (!this.#alive) return
    this.#writer.flush()
    this.#transport.close(code, reason)
    this.#ended({ code, reason })
  }

  resume(transport: Transport): void {
    this.#start(transport)
    const waiting = this.#waiting
    this.#waiting = []
    for (const stream of waiting) if (!stream.over) this.#sendOpen(stream)
  }

  #ended(end: SessionEnd): void {
    if (!this.#alive) return
    this.#alive = false
    this.#health.stop()
    this.#transport.onMessage = () => undefined
    this.#transport.onClose = () => undefined
    this.#pings.clear()
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) this.#keepOrLose(stream)
    this.#options.onClose?.(this.#goawayMs === undefined ? end : { ...end, reconnectInMs: this.#goawayMs })
  }

  #keepOrLose(stream: StreamImpl): void {
    const { resumeKey } = stream.meta
    const { resumeStore } = this.#options
    stream.carrier = undefined
    if (stream.over) return
    if (resumeKey === undefined) return stream.fail(new FairleadError('lost', 'The link to the host was lost.'))
    stream.detach()
    if (stream.opener) this.#waiting.push(stream)
    else if (resumeStore === undefined) stream.fail(new FairleadError('lost', 'The link was lost.'))
    else resumeStore.put(toHex(resumeKey), stream, stream.meta.priority === 1 ? 600_000 : 60_000)
  }

  // ---- what streams ask --------------------------------------------------------------------------------------------

  nowMs = (): number => this.#options.clock.now()
  roundTripMs = (): number => Math.max(this.#path.minRttMs, 1)

  ready(stream: StreamImpl): void {
    this.#schedule.add(stream)
    this.#soon()
  }

  control(...fields: [type: number, ...fields: unknown[]]): void {
    if (!this.#alive) return
    this.#writer.control(fields)
    this.#health.sent()
    this.#soon()
  }

  reply(sid: number, value: unknown): Uint8Array | undefined {
    if (!this.#alive) return undefined
    this.#soon()
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
  }

  /** All that one turn of the event loop produced leaves together. */
  #soon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      if (this.#alive) this.#pump()
    })
  }

  #pump(): void {
    const { clock } = this.#options
    const path = this.#path
    const slice = path.bytesPerMs > 0 && path.bytesPerMs < limits.slowBytesPerMs ? limits.slowSliceBytes : limits.sliceBytes
    for (;;) {
      const calls = this.#transport.bufferedBytes <= limits.socketBytes
      const inFlight = this.#sent - this.#acked
      const stream = this.#schedule.next({ calls, bulk: calls && inFlight < path.bytes })
      if (stream === undefined) break
      const payload = stream.hasEndOnly ? undefined : stream.takeSlice(slice)
      if (payload !== undefined) {
        this.#sent += payload.length
        path.sent(payload.length, this.#sent - this.#acked, clock.now())
        this.#writer.data(stream.id, payload)
        this.#health.sent()
      }
      if (stream.hasEndOnly) stream.sendEnd()
      else this.#schedule.add(stream)
    }
    this.#writer.flush()
  }

  // ---- what the peer says ------------------------------------------------------------------------------------------

  #message(message: Uint8Array | string): void {
    this.#health.received()
    try {
      if (message.length > limits.messageBytes) throw new MalformedFrame('a message that is too long')
      this.#options.codec.decode(message, {
        control: (control) => this.#control(control),
        data: (sid, payload) => this.#data(sid, payload),
      })
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error
      this.close(4400, `malformed: ${error.message}`)
    }
  }

  #data(sid: number, payload: Uint8Array): void {
    this.#received += payload.length
    this.#controls.earn(payload.length / limits.controlPerDataBytes)
    this.#acknowledge()
    const stream = this.#streams.get(sid)
    if (stream === undefined) return this.#unknown(sid)
    if (stream.receive(payload)) return
    stream.reset('flow', 'More was sent than the window allows.')
    if (++this.#breaches >= limits.flowBreaches) this.close(4400, 'flow')
  }

  /** On receipt, whatever becomes of the stream: resets must not leak the path's credit. */
  #acknowledge(): void {
    const pending = this.#received - this.#ackedBack
    const now = this.nowMs()
    if (pending >= limits.ack.bytes || (pending >= limits.ack.smallBytes && now - this.#lastAckMs >= 1)) return this.#ackNow(now)
    if (this.#ackTimer) return
    this.#ackTimer = true
    this.#options.clock.after(limits.ack.delayMs, () => {
      this.#ackTimer = false
      if (this.#alive && this.#received > this.#ackedBack) this.#ackNow(this.nowMs())
    })
  }

  #ackNow(now: number): void {
    this.#ackedBack = this.#received
    this.#lastAckMs = now
    this.control(frame.ack, this.#received)
  }

  #control(control: ControlFrame): void {
    const [type] = control
    if (!this.#alive) return
    if (type === frame.data) throw new MalformedFrame('a DATA frame out of shape')
    if (type !== frame.ack && type !== frame.credit && !this.#controls.take(this.nowMs()))
      return this.close(4429, 'too many control frames')
    switch (type) {
      case frame.open:
        return this.#opened(control)
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
        return void (typeof first === 'string' && stream.onSignal(first, second))
      default:
        return this.#resetReceived(stream, first, second)
    }
  }

  #resetReceived(stream: StreamImpl, code: unknown, message: unknown): void {
    const known: Code = isCode(code) ? code : 'internal'
    if (!stream.opener && stream.receivedBytes + stream.sentBytes === 0 && !this.#rapid.take(this.nowMs()))
      return this.close(4429, 'rapid resets')
    const { resumeStore } = this.#options
    const { resumeKey } = stream.meta
    if (known === 'lost' && !stream.opener && resumeKey !== undefined && resumeStore !== undefined) {
      // The viewer lost its way here but may return: the stream waits.
      this.#streams.delete(stream.id)
      stream.detach()
      return resumeStore.put(toHex(resumeKey), stream, stream.meta.priority === 1 ? 600_000 : 60_000)
    }
    stream.fail(new FairleadError(known, typeof message === 'string' ? message : 'The other end left.'))
  }

  /** A closed id is ignored; one that was never opened is a breach. */
  #unknown(sid: number): void {
    const own = sid % 2 === (this.#options.side === 'hub' ? 0 : 1)
    if (sid === 0 || sid >= limits.lastStreamId || (own ? sid >= this.#nextId : sid > this.#lastPeerId))
      this.close(4400, 'a stream that was never opened')
  }

  #opened([, id, method, params, meta]: ControlFrame): void {
    const sid = number(id)
    const fields = typeof meta === 'object' && meta !== null ? (meta as Record<string, unknown>) : {}
    const peerParity = this.#options.side === 'hub' ? 1 : 0
    if (sid % 2 !== peerParity || sid <= this.#lastPeerId || sid >= limits.lastStreamId || typeof method !== 'string')
      return this.close(4400, 'a wrong stream id')
    this.#lastPeerId = sid
    const stream = this.#resumed(fields) ?? new StreamImpl(method, params, readMeta(fields), false)
    const refuse = (code: Code, message: string) => this.control(frame.reset, sid, code, message)
    if (this.#draining) return refuse('draining', 'This end is going away; connect again.')
    if (!this.#opens.take(this.nowMs())) return refuse('rate_limited', 'Too many requests at once.')
    if (this.#peerStreams() >= peerLimits[this.#options.side].openStreams) return refuse('too_many', 'Too many open streams.')
    this.#streams.set(sid, stream)
    this.#grantedBytes += stream.windowBytes
    if (!stream.fresh) return this.#reattach(stream, sid, number(fields['o'] ?? 0))
    stream.attach(this, sid)
    this.#time(stream)
    this.#options.onOpen(stream)
  }

  #peerStreams(): number {
    let count = 0
    for (const stream of this.#streams.values()) if (!stream.opener) count++
    return count
  }

  #resumed(fields: Record<string, unknown>): StreamImpl | undefined {
    const { resumeStore } = this.#options
    const key = fields['k']
    if (resumeStore === undefined || !(key instanceof Uint8Array) || fields['o'] === undefined) return undefined
    const found = resumeStore.take(toHex(key))
    return found instanceof StreamImpl && !found.over ? found : undefined
  }

  #reattach(stream: StreamImpl, sid: number, offset: number): void {
    if (!stream.rewind(offset)) {
      this.#streams.delete(sid)
      this.control(frame.reset, sid, 'lost', 'What you want next was already let go.')
      return stream.fail(new FairleadError('lost', 'The stream could not be resumed.'))
    }
    this.control(frame.head, sid, { offset: stream.receivedBytes, w: stream.grantedLimit, mode: stream.mode })
    stream.attach(this, sid)
  }

  #ackReceived(total: number): void {
    if (total > this.#sent) return this.close(4400, 'an acknowledgement of what was never sent')
    if (total <= this.#acked) return
    this.#path.acked(total - this.#acked, this.nowMs())
    this.#acked = total
    this.#health.acked()
    this.#soon()
  }

  #ponged(id: number): void {
    const ping = this.#pings.get(id)
    if (ping === undefined) return
    this.#pings.delete(id)
    const rttMs = this.nowMs() - ping.sentMs
    this.#path.sample(rttMs, this.nowMs())
    ping.done(rttMs)
  }

  #goaway([, , , reconnectInMs]: ControlFrame): void {
    this.#draining = true
    this.#goawayMs = Math.min(Math.max(Number(reconnectInMs) || 0, 0), 3_600_000)
  }
}
