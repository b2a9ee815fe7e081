/** What carries whole messages both ways, in order: a WebSocket, a sealed one, a pair in memory. */
export interface Transport {
  /** Never throws; a broken transport says so through `onClose`. */
  send(message: Uint8Array | string): void
  /** Handed over and not yet taken by the kernel. */
  readonly bufferedBytes: number
  /** Closes with a WebSocket close code; `onClose` still fires, once. */
  close(code: number, reason: string): void
  /** Set by whoever reads: the handshake first, then the session. A message is the reader's: its memory is not written to again. */
  onMessage: (message: Uint8Array | string) => void
  onClose: (code: number, reason: string) => void
}

/** Time and timers, so that tests own them. Monotonic: jumps of the wall clock do not reach it. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number
  /** Runs once; the answer cancels it. Never keeps a process alive. */
  after(delayMs: number, run: () => void): () => void
}
