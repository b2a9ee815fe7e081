/** What one end receives on a stream, until its reader takes it. Offsets are absolute: they count from the stream's very beginning. */
export class Inbox {
  receivedBytes: number
  consumedBytes: number
  /** What the peer may send, as it was told. */
  grantedBytes: number
  /** How much may be under way and not consumed. */
  windowBytes: number
  /** The peer half-closed. */
  ended = false
  lastCreditMs = 0
  #payloads: Uint8Array[] | undefined
  #wanting: { readonly resolve: (payload: Uint8Array | undefined) => void; readonly reject: (error: unknown) => void } | undefined

  constructor(at: number, windowBytes: number) {
    this.receivedBytes = this.consumedBytes = at
    this.windowBytes = windowBytes
    this.grantedBytes = at + windowBytes
  }

  get empty(): boolean {
    return this.#payloads === undefined || this.#payloads.length === 0
  }

  /** `payload` is the reader's to keep. */
  push(payload: Uint8Array): void {
    if (this.#wanting === undefined) return void (this.#payloads ??= []).push(payload)
    const { resolve } = this.#wanting
    this.#wanting = undefined
    this.consumedBytes += payload.length
    resolve(payload)
  }

  shift(): Uint8Array | undefined {
    const payload = this.#payloads?.shift()
    if (payload !== undefined) this.consumedBytes += payload.length
    return payload
  }

  /** The next one to come; undefined at the end. */
  wait(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => (this.#wanting = { resolve, reject }))
  }

  /** Everything that waits. */
  drain(): readonly Uint8Array[] {
    const payloads = this.#payloads ?? []
    this.#payloads = undefined
    return payloads
  }

  end(): void {
    this.ended = true
    const wanting = this.#wanting
    this.#wanting = undefined
    wanting?.resolve(undefined)
  }

  fail(error: unknown): void {
    const wanting = this.#wanting
    this.#wanting = undefined
    wanting?.reject(error)
  }
}
