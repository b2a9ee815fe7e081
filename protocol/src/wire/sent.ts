import { concat } from './concat.ts'
import { limits } from './limits.ts'
import { giveSlab, ownSlab } from './slabs.ts'

/** Bytes kept for a resume, summed over the streams of a process. */
export interface Sum {
  bytes: number
}

const chunkBytes = 8 * 1024
/** A slice of so much is kept as it is; smaller ones are gathered: one key of a terminal each would cost 200 times its size. */
const ownBytes = 4 * 1024

/** What was sent and not yet confirmed by the peer, so that a resume can send it again. */
export class Sent {
  /** Everything before this offset was let go. */
  from: number
  #chunks: Uint8Array[] = []
  /** Where the items end, absolute; none in a stream of bytes. */
  #ends: number[] | undefined
  /** Room that is left behind the last chunk, in the same memory. */
  #room = 0
  #bytes = 0
  readonly #sum: Sum | undefined

  constructor(from: number, sum?: Sum) {
    this.from = from
    this.#sum = sum
  }

  get bytes(): number {
    return this.#bytes
  }

  get overfull(): boolean {
    return this.#sum !== undefined && this.#sum.bytes > limits.retain.processBytes
  }

  /** `whole`: it is one item, to be sent again as one. */
  push(slice: Uint8Array, whole: boolean): void {
    this.#count(slice.length)
    // Small slices are copied, and those that are not need not follow one another any more: nothing would tell when it is free.
    if (slice.length < ownBytes) ownSlab(slice)
    if (whole) (this.#ends ??= []).push(this.from + this.#bytes)
    const last = this.#chunks.at(-1)
    if (last !== undefined && slice.length <= this.#room) {
      const grown = new Uint8Array(last.buffer, last.byteOffset, last.length + slice.length)
      grown.set(slice, last.length)
      this.#chunks[this.#chunks.length - 1] = grown
      this.#room -= slice.length
    } else if (slice.length >= ownBytes) {
      // A piece of something far larger would keep all of it.
      this.#chunks.push(slice.buffer.byteLength > 4 * limits.dataBytes ? slice.slice() : slice)
      this.#room = 0
    } else {
      const chunk = new Uint8Array(chunkBytes)
      chunk.set(slice)
      this.#chunks.push(chunk.subarray(0, slice.length))
      this.#room = chunkBytes - slice.length
    }
  }

  /**
   * The peer has everything up to `offset`: nothing before it will be asked for again. Lets go of whole chunks; `next` is what
   * will be sent next, and may be the rest of the last one's payload.
   */
  confirm(offset: number, next: Uint8Array | undefined): void {
    let gone = 0
    for (const chunk of this.#chunks) {
      if (this.from + chunk.length > offset) break
      if ((this.#chunks[gone + 1] ?? next)?.buffer !== chunk.buffer) giveSlab(chunk)
      this.from += chunk.length
      this.#count(-chunk.length)
      gone++
    }
    if (gone === 0) return
    this.#chunks.splice(0, gone)
    if (this.#chunks.length === 0) this.#room = 0
    if (this.#ends !== undefined) this.#ends.splice(0, this.#ends.findLastIndex((end) => end <= this.from) + 1)
  }

  /** What follows `offset`, in the pieces to be sent again; what is before it stays until it is confirmed. */
  after(offset: number): Uint8Array[] {
    const again: Uint8Array[] = []
    const kept: Uint8Array[] = []
    let at = this.from
    for (const chunk of this.#chunks) {
      const before = Math.min(Math.max(offset - at, 0), chunk.length)
      if (before > 0) kept.push(chunk.subarray(0, before))
      if (before < chunk.length) again.push(chunk.subarray(before))
      at += chunk.length
    }
    this.#count(offset - at)
    this.#chunks = kept
    this.#room = 0
    if (this.#ends === undefined) return again
    const ends = this.#ends.filter((end) => end > offset)
    this.#ends = this.#ends.filter((end) => end <= offset)
    return cut(again, offset, ends)
  }

  clear(): void {
    this.#count(-this.#bytes)
    this.#chunks = []
    this.#ends = undefined
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (this.#sum !== undefined) this.#sum.bytes += bytes
  }
}

/** The same bytes, one piece an item. */
function cut(pieces: readonly Uint8Array[], from: number, ends: readonly number[]): Uint8Array[] {
  const whole = pieces.length === 1 ? pieces[0]! : concat(pieces)
  let at = 0
  return ends.map((end) => {
    const item = whole.subarray(at, end - from)
    at = end - from
    return item
  })
}
