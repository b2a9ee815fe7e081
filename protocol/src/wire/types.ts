import type { Code } from '../errors.ts'
import type { FrameCodec } from './frame.ts'
import type { Listener } from './listening.ts'
import type { Packing } from './pack.ts'
import type { Clock, Transport } from './transport.ts'

/** One stream of a session: what an OPEN made, on either side. */
export interface WireStream {
  readonly id: number
  readonly method: string
  readonly params: unknown
  readonly meta: OpenMeta
  /** Fires with the peer's RESET, the deadline, or the session's end past its resume time. */
  readonly signal: AbortSignal
  /** What the peer answered first: resolves with HEAD's meta, or with REPLY's value as `{ reply }`. Rejects with the reset. */
  answered(): Promise<{ readonly reply: unknown } | { readonly head: Readonly<Record<string, unknown>> }>
  /** Answers a call and closes the stream. Over 32 KiB it becomes HEAD, DATA, END by itself. */
  reply(value: unknown): void
  /** Answers a stream: once, before the first `write`. */
  head(meta: Readonly<Record<string, unknown>>): void
  /** One DATA frame (`items`, as HEAD said) or as many as it takes. Resolves when there is room for more; rejects when the stream ended. */
  write(payload: Uint8Array): Promise<void>
  /** Half-closes this direction. */
  end(trailer?: Readonly<Record<string, unknown>>): void
  /** Ends both directions at once. `canceled` is the ordinary way to leave. */
  reset(code: Code, message?: string): void
  /** At most 256 B and 50 a second; ordered with DATA. */
  sendSignal(kind: string, value: unknown): void
  set onSignal(listener: (kind: string, value: unknown) => void)
  /** Payloads of the peer. Asking for the next one is what grants credit. Each payload is the reader's own to keep. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array>
  /** The same for bulk: each payload is valid until the next one is asked for, and its memory is then used again. */
  lent(): AsyncIterator<Uint8Array>
  /**
   * Hands over each item when it comes; what its promise settles is what grants credit. Instead of the iterator, by who wants no answer.
   */
  listen<Item>(listener: Listener<Item>): void
  /** What the peer's END carried; set once the iterator is done. */
  readonly trailer: Readonly<Record<string, unknown>> | undefined
  /** Payload bytes received and sent so far: positions for a resume. */
  readonly receivedBytes: number
  readonly sentBytes: number
  /** False while no session carries it, and until the other end of a new one has said where it goes on. */
  readonly connected: boolean
  /** The other end takes packed items, and this end can pack them. */
  readonly canPack: boolean
}

export interface OpenMeta {
  readonly priority?: 1 | 2 | 3
  readonly deadlineMs?: number
  /** 16 bytes: this stream is to survive the link; it is found again under this key. */
  readonly resumeKey?: Uint8Array
  /** Set by whoever opens again. With `resumeKey`: go on at this payload offset of an earlier stream (a new session, a new hub). Answered by HEAD {offset} or RESET `lost`. */
  readonly resumeAt?: number
  /** 16 bytes, for mutations. */
  readonly idempotencyKey?: Uint8Array
  /** ms on the hub's clock, as the welcome said it and as time went on since: a mutation does not begin later. */
  readonly notAfterMs?: number
  readonly trace?: string
  /** Receive window granted from the start, bytes. */
  readonly windowBytes?: number
  /** What comes down may be packed, item by item. Said only by a session that has `packing`. */
  readonly takesPacked?: boolean
}

export interface SessionOptions {
  /** Ids: the hub opens even ones from 2, the other end (agent or console) odd ones from 1. */
  readonly side: 'hub' | 'agent' | 'console'
  /** msgpack frames between hub and agent; JSON text frames plus binary DATA to a console. */
  readonly codec: FrameCodec
  readonly clock: Clock
  /** Called for every OPEN of the peer. It answers through the stream; throwing resets it. */
  readonly onOpen: (stream: WireStream) => void
  readonly onClose?: (reason: SessionEnd) => void
  /** From HELLO and WELCOME. */
  readonly heartbeatMs?: number
  /** Where this end's stream ids begin; a test need not open two thousand million streams to see them used up. */
  readonly firstId?: number
  /** Where streams with a resume key wait for their next session; belongs to the process, not to the session. */
  readonly resumeStore?: ResumeStore
  /** Packs and unpacks the items of streams whose method allows it. Absent: nothing is packed, either way. */
  readonly packing?: Packing
}

/** Streams that lost their session and may be found again under their key. */
export interface ResumeStore {
  /** Takes the waiting stream of this key out of the store. */
  take(key: string): unknown
  put(key: string, stream: unknown, keepMs: number): void
  /** A stream with a key that runs: it may be asked for before the loss of its session is known here. */
  track(key: string, stream: unknown): void
  untrack(key: string, stream: unknown): void
  /** How many wait. */
  readonly size: number
  /** What is kept of all streams of this process, waiting or not, to be sent again. */
  readonly sum: { bytes: number }
  /** The one that waits longest is lost. False: none waits. */
  dropOldest(): boolean
}

export interface SessionEnd {
  /** WebSocket close code: 1000 goodbye, 1006 lost, 4400 protocol, 4401 no welcome, 4403 revoked, 4406 version, 4429 rate. */
  readonly code: number
  readonly reason: string
  /** What the peer's GOAWAY said, ms. */
  readonly reconnectInMs?: number
  /** A fault of our own that ended the session (1011): for the log, never for the peer. */
  readonly cause?: unknown
}

export interface SessionStats {
  readonly roundTripMs: number
  readonly pathWindowBytes: number
  readonly sentBytes: number
  /** Of `sentBytes`, what the peer acknowledged: equal at rest, whatever was reset. */
  readonly ackedBytes: number
  readonly receivedBytes: number
  /** Sum of the receive windows of open streams. */
  readonly grantedBytes: number
  readonly openStreams: number
  readonly queuedBytes: number
  /** Sent, and kept until the peer has it: what a resume may ask for again. */
  readonly retainedBytes: number
  readonly pausedStreams: number
}

export interface Session {
  open(method: string, params: unknown, meta?: OpenMeta): WireStream
  /** Round trip, ms. */
  ping(): Promise<number>
  /** Drain: no new OPEN from either end, running streams finish. */
  goaway(code: string, reconnectInMs: number, resumeForMs: number): void
  close(code: number, reason: string): void
  /**
   * Goes on over a new transport after a loss: opens again, at the byte where they stood, the streams of this end that have
   * a resume key. Streams without one were reset `lost` when the old transport ended. If the old transport has not ended
   * yet, it ends now, without `onClose`.
   */
  resume(transport: Transport): void
  /** Goes on with the streams that this end opened on an ended session to the same peer, and that still wait: a hub whose host is back. */
  takeOver(old: Session): void
  /** False between a loss and the next `resume`. */
  readonly alive: boolean
  readonly stats: SessionStats
}
