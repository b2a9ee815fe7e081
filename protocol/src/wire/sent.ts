/** What was sent and not yet confirmed by the peer, so that a resume can send it again. Made when first needed. */
export class Sent {
  /** Everything before this offset was let go. */
  from: number
  #slices: Uint8Array[] = []

  constructor(from: number) {
    this.from = from
  }

  push(slice: Uint8Array): void {
    this.#slices.push(slice)
  }

  /** The peer has everything up to `offset`: nothing before it will be asked for again. */
  confirm(offset: number): void {
    while (this.#slices.length > 0 && this.from + this.#slices[0]!.length <= offset) this.from += this.#slices.shift()!.length
  }

  /** What follows `offset`, to be sent again; what is before it stays until it is confirmed. */
  after(offset: number): Uint8Array[] {
    let before = offset - this.from
    const kept: Uint8Array[] = []
    const again: Uint8Array[] = []
    for (const slice of this.#slices) {
      if (before > 0) kept.push(slice.subarray(0, before))
      if (before < slice.length) again.push(slice.subarray(Math.max(0, before)))
      before -= slice.length
    }
    this.#slices = kept
    return again
  }

  clear(): void {
    this.#slices = []
  }
}
