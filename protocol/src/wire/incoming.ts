import { FairleadError, isCode, type Code } from '../errors.ts'
import { checkFields } from './fields.ts'
import { firstIgnorable, frame, type ControlFrame, type FrameSink } from './frame.ts'
import { checkSize } from './guard.ts'
import { limits } from './limits.ts'
import type { Link } from './link.ts'
import { readMeta } from './meta.ts'
import type { Trailer } from './outbox.ts'
import { MalformedFrame } from './prescan.ts'
import { Bucket } from './schedule.ts'
import { StreamImpl } from './stream.ts'
import type { OpenMeta } from './types.ts'
import { keepMs, placeOf } from './waiting.ts'

/** What the peer says on one link. Every peer is hostile: sizes, rates, types and order are checked here, on both ends alike. */
export class Incoming implements FrameSink {
  readonly #link: Link
  #breaches = 0

  constructor(link: Link) {
    this.#link = link
  }

  message(message: Uint8Array | string): void {
    const link = this.#link
    link.health.received()
    try {
      if (message.length > limits.messageBytes) throw new MalformedFrame('a message that is too long')
      link.options.codec.decode(message, this)
    } catch (error) {
      if (error instanceof MalformedFrame) return link.close(4400, `malformed: ${error.message}`)
      // A fault of ours ends the session it showed in, never the process.
      link.close(1011, 'internal', error)
    }
  }

  data(sid: number, payload: Uint8Array): void {
    const link = this.#link
    if (!link.alive) return
    link.guard.received(payload.length)
    const stream = link.streams.get(sid)
    const bulk = stream === undefined || stream.meta.priority === 3
    link.acks.data(payload.length, bulk)
    if (stream === undefined) return this.#unknown(sid)
    if (payload.length < limits.smallDataBytes && bulk && !link.guard.smallData(link.nowMs()))
      return stream.reset('rate_limited', 'Bulk data comes in pieces that are far too small.')
    if (stream.receive(payload, link.transport.lends === true)) return
    stream.reset('flow', 'More was sent than the window allows.')
    if (++this.#breaches >= limits.flowBreaches) link.close(4400, 'flow')
  }

  control(control: ControlFrame, bytes: number): void {
    const link = this.#link
    const [type] = control
    if (!link.alive) return
    if (type === frame.data) throw new MalformedFrame('a DATA frame out of shape')
    if (!link.guard.control(link.nowMs())) return link.close(4429, 'too many control frames')
    const size = checkSize(type, bytes)
    if (size === 'close') return link.close(4400, 'a frame that is too large')
    checkFields(control)
    if (size !== undefined && type !== frame.open) {
      const stream = link.streams.get(control[1] as number)
      return stream === undefined ? this.#unknown(control[1] as number) : stream.reset(size, 'A frame was larger than the wire allows.')
    }
    switch (type) {
      case frame.open:
        return this.#open(control, size)
      case frame.ack:
        return this.#ack(control[1] as number)
      case frame.ping:
        // Who asks may wait for what is not acknowledged yet.
        link.acks.tell()
        return link.control(frame.pong, control[1])
      case frame.pong:
        return this.#pong(control[1] as number)
      case frame.goaway:
        link.draining = true
        link.goawayMs = Math.min(control[3] as number, 3_600_000)
        return
      case frame.credit:
      case frame.end:
      case frame.reset:
      case frame.head:
      case frame.reply:
      case frame.signal:
        return this.#forStream(control)
      case frame.hello:
      case frame.welcome:
        return link.close(4400, 'hello in the middle of a session')
      case frame.resume:
        return
      default:
        if (type < firstIgnorable || type > 0x7f) link.close(4400, 'unknown frame')
    }
  }

  #forStream([type, sid, first, second]: ControlFrame): void {
    const stream = this.#link.streams.get(sid as number)
    if (stream === undefined) return this.#unknown(sid as number)
    switch (type) {
      case frame.credit:
        return stream.receiveCredit(first as number, second as number | undefined)
      case frame.end:
        return stream.receiveEnd((first ?? {}) as Trailer, second === true)
      case frame.head:
        return stream.receiveAnswer({ head: first as Record<string, unknown> })
      case frame.reply:
        return stream.receiveAnswer({ reply: first })
      case frame.signal:
        return this.#signal(stream, first as string, second)
      default:
        return this.#reset(stream, first as string, second as string | undefined)
    }
  }

  #signal(stream: StreamImpl, kind: string, value: unknown): void {
    stream.signalBucket ??= new Bucket(limits.signalsPerSecond)
    if (!stream.signalBucket.take(this.#link.nowMs())) return stream.reset('rate_limited', 'Too many signals.')
    guarded(stream, () => stream.receiveSignal(kind, value))
  }

  #reset(stream: StreamImpl, code: string, message: string | undefined): void {
    const link = this.#link
    const known: Code = isCode(code) ? code : 'internal'
    if (!stream.opener && stream.receivedBytes + stream.sentBytes === 0 && !link.guard.rapidReset(link.nowMs()))
      return link.close(4429, 'rapid resets')
    const { resumeStore } = link.options
    const { resumeKey } = stream.meta
    if (known === 'lost' && !stream.opener && resumeKey !== undefined && resumeStore !== undefined) {
      // The viewer lost its way here but may return: the stream waits.
      link.streams.delete(stream.id)
      stream.detach()
      return resumeStore.put(placeOf(stream.method, resumeKey), stream, keepMs(stream))
    }
    stream.fail(new FairleadError(known, message ?? 'The other end left.'))
  }

  /** A closed id is ignored; one that was never opened is a breach. */
  #unknown(sid: number): void {
    const { options, nextId, lastPeerId } = this.#link
    const own = sid % 2 === (options.side === 'hub' ? 0 : 1)
    if (sid === 0 || sid >= limits.lastStreamId || (own ? sid >= nextId : sid > lastPeerId))
      this.#link.close(4400, 'a stream that was never opened')
  }

  #open([, id, method, params, meta]: ControlFrame, size: Code | undefined): void {
    const link = this.#link
    const { options, guard } = link
    const sid = id as number
    const peerParity = options.side === 'hub' ? 1 : 0
    if (sid % 2 !== peerParity || sid <= link.lastPeerId || sid >= limits.lastStreamId) return link.close(4400, 'a wrong stream id')
    link.lastPeerId = sid
    const refuse = (code: Code, message: string) => link.control(frame.reset, sid, code, message)
    if (size !== undefined) return refuse(size, 'The request is larger than 64 KiB.')
    if (link.draining) return refuse('draining', 'This end is going away; connect again.')
    if (!guard.open(link.nowMs())) return refuse('rate_limited', 'Too many requests at once.')
    if (this.#peerStreams() >= link.peerLimits.openStreams) return refuse('too_many', 'Too many open streams.')
    const fields = readMeta((meta ?? {}) as Parameters<typeof readMeta>[0])
    const found = this.#resumed(method as string, fields)
    if (found !== undefined) return this.#reattach(found, sid, fields)
    if (fields.resumeAt !== undefined && fields.resumeAt > 0 && options.resumeStore !== undefined)
      return refuse('lost', 'The stream is no longer here.')
    const stream = new StreamImpl(method as string, params, fields, false)
    if (fields.resumeKey !== undefined && options.resumeStore !== undefined) {
      stream.out.retain(options.resumeStore.sum)
      options.resumeStore.track(placeOf(stream.method, fields.resumeKey), stream)
    }
    link.streams.set(sid, stream)
    stream.claim(link)
    stream.attach(link, sid)
    link.time(stream)
    guarded(stream, () => options.onOpen(stream))
  }

  #peerStreams(): number {
    let count = 0
    for (const stream of this.#link.streams.values()) if (!stream.opener) count++
    return count
  }

  /** A stream of this key that waits, or that another link carries which is dead without knowing it. */
  #resumed(method: string, { resumeKey, resumeAt }: OpenMeta): StreamImpl | undefined {
    if (resumeKey === undefined || resumeAt === undefined) return undefined
    const found = this.#link.options.resumeStore?.take(placeOf(method, resumeKey))
    if (!(found instanceof StreamImpl) || found.over) return undefined
    found.carrier?.release(found)
    return found
  }

  #reattach(stream: StreamImpl, sid: number, meta: OpenMeta): void {
    const link = this.#link
    link.streams.set(sid, stream)
    if (stream.reattach(link, sid, meta)) return
    link.streams.delete(sid)
    link.control(frame.reset, sid, 'lost', 'What you want next was already let go.')
    stream.fail(new FairleadError('lost', 'The stream could not be resumed.'))
  }

  #ack(total: number): void {
    const link = this.#link
    const before = link.sender.acked
    if (!link.sender.ackReceived(total)) return link.close(4400, 'an acknowledgement of what was never sent')
    if (link.sender.acked > before) link.health.acked()
  }

  #pong(id: number): void {
    const answered = this.#link.pings.answered(id)
    if (answered !== undefined) this.#link.sender.roundTrip(answered.rttMs, answered.clearAt)
  }
}

/** What a listener throws ends its stream, never the session or the process. */
function guarded(stream: StreamImpl, run: () => void): void {
  try {
    run()
  } catch {
    stream.reset('internal', 'Something went wrong on the other end.')
  }
}
