/** What carries whole messages both ways, in order: a WebSocket, a sealed one, a pair in memory. */
export interface Transport {
  /**
   * Never throws; a broken transport says so through `onClose`. The message is the transport's until `done` is called, if
   * it ever is: then its memory may be written to again.
   */
  send(message: Uint8Array | string, done?: () => void): void
  /** Messages are lent: whoever keeps some of one beyond `onMessage` copies it. Otherwise their memory is the reader's own. */
  readonly lends?: boolean | undefined
  /** What is sent between the two leaves in one system call, where the transport knows how. */
  cork?(): void
  uncork?(): void
  /** Handed over and not yet taken by the kernel. */
  readonly bufferedBytes: number
  /** Closes with a WebSocket close code; `onClose` still fires, once. */
  close(code: number, reason: string): void
  /** Set by whoever reads: the handshake first, then the session. */
  onMessage: (message: Uint8Array | string) => void
  onClose: (code: number, reason: string) => void
}

/** Time and timers, so that tests own them. Monotonic: jumps of the wall clock do not reach it. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number
  /** Runs once; the answer cancels it. Never keeps a process alive. */
  after(delayMs: number, run: () => void): () => void
  /** Runs once this turn of the event loop has heard everybody, and no promise is left to settle. */
  afterTurn(run: () => void): void
}
