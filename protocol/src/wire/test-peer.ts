import assert from 'node:assert/strict'
import { fakeClock, type FakeClock } from './clock.ts'
import { encodeValue, msgpackCodec } from './codec.ts'
import type { ControlFrame, FrameCodec } from './frame.ts'
import { jsonCodec } from './json-codec.ts'
import { pair } from './pair.ts'
import { openSession, type Session, type SessionEnd, type SessionOptions, type WireStream } from './session.ts'

/** A session whose peer is typed by hand, frame by frame. */
export interface Typed {
  readonly clock: FakeClock
  readonly session: Session
  readonly ends: SessionEnd[]
  /** What the peer opened. */
  readonly opened: WireStream[]
  /** Frames that came back, DATA as `[2, sid, bytes]`. */
  readonly heard: ControlFrame[]
  /** One message: these frames back to back. */
  say(...frames: (Uint8Array | readonly unknown[])[]): Promise<void>
  /** Any message at all. */
  sayRaw(message: Uint8Array | string): Promise<void>
  heardOf(type: number): ControlFrame[]
  cut(): Promise<void>
}

export type TypedOptions = Partial<Omit<SessionOptions, 'clock'>> & { readonly clock?: FakeClock }

export function typedPeer(options: TypedOptions = {}): Typed {
  const clock = options.clock ?? fakeClock()
  const codec: FrameCodec = options.codec ?? msgpackCodec
  const link = pair({ clock })
  const ends: SessionEnd[] = []
  const opened: WireStream[] = []
  const heard: ControlFrame[] = []
  const session = openSession(link.left, {
    side: 'hub',
    onOpen: (stream) => void opened.push(stream),
    onClose: (end) => void ends.push(end),
    ...options,
    codec,
    clock,
  })
  link.right.onMessage = (message) =>
    codec.decode(message, {
      control: (control) => void heard.push(control),
      data: (sid, payload) => void heard.push([2, sid, payload.slice()]),
    })
  const sayRaw = async (message: Uint8Array | string) => {
    link.right.send(message)
    await clock.advance(0)
  }
  return {
    clock,
    session,
    ends,
    opened,
    heard,
    sayRaw,
    say: (...frames) =>
      codec === jsonCodec
        ? sayRaw(JSON.stringify(frames))
        : sayRaw(Buffer.concat(frames.map((one) => (one instanceof Uint8Array ? one : encodeValue(one))))),
    heardOf: (type) => heard.filter(([first]) => first === type),
    async cut() {
      link.cut()
      await clock.advance(0)
    },
  }
}

/** Numbers that look random and are the same in every run. */
export function lcg(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8
}

/** Nothing is open, granted, queued or kept at either end, and all that was sent is acknowledged. */
export function assertAtRest(sessions: readonly Session[]): void {
  for (const { stats } of sessions) {
    const { openStreams, grantedBytes, queuedBytes, retainedBytes, ackedBytes, sentBytes } = stats
    assert.deepEqual(
      { openStreams, grantedBytes, queuedBytes, retainedBytes },
      { openStreams: 0, grantedBytes: 0, queuedBytes: 0, retainedBytes: 0 },
    )
    assert.equal(ackedBytes, sentBytes)
  }
}
