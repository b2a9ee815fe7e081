import type { Packing } from './pack.ts'
import type { StreamImpl } from './stream.ts'
import type { Windows } from './windows.ts'

/** What a stream asks of the link that carries it now. */
export interface Carrier {
  nowMs(): number
  roundTripMs(): number
  /** The receive windows of this link's streams. */
  readonly windows: Windows
  /** What relays may have queued towards this link's peer. */
  readonly promised: Windows
  readonly packing: Packing | undefined
  /** Unpacks what the peer packed, no more of it than one link may ask for. */
  readonly inflate: Packing['inflate']
  /** Packing is worth its while on this link now. */
  readonly packsNow: boolean
  /** The stream has something to send, or may have. */
  ready(stream: StreamImpl): void
  control(type: number, ...fields: unknown[]): void
  reply(sid: number, value: unknown): Uint8Array | undefined
  /** The stream is over on both sides: forget it. */
  forget(stream: StreamImpl): void
  /** The stream goes on elsewhere: forget it, and tell the peer that its end of it is lost. */
  release(stream: StreamImpl): void
  /** More is kept for resumes than this process may keep. False: nothing that could be let go is left. */
  letGo(): boolean
}
