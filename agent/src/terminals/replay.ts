/** The newest output of a terminal, by absolute position. */
export interface Replay {
  /** Of the next byte to come. */
  readonly position: number
  /** Of the oldest byte still here. */
  readonly oldest: number
  push(bytes: Uint8Array): void
  /** At most so many bytes from a position on; empty when there is nothing newer. */
  read(from: number, most: number): Uint8Array
}

export function createReplay(capacity: number): Replay {
  const ring = new Uint8Array(capacity)
  let position = 0
  return {
    get position() {
      return position
    },
    get oldest() {
      return Math.max(0, position - capacity)
    },
    push(bytes) {
      const tail = bytes.length > capacity ? bytes.subarray(bytes.length - capacity) : bytes
      let at = (position + bytes.length - tail.length) % capacity
      const first = Math.min(tail.length, capacity - at)
      ring.set(tail.subarray(0, first), at)
      at = 0
      ring.set(tail.subarray(first), at)
      position += bytes.length
    },
    read(from, most) {
      const start = Math.max(from, position - capacity, 0)
      const length = Math.min(most, position - start)
      if (length <= 0) return new Uint8Array(0)
      const at = start % capacity
      const out = new Uint8Array(length)
      const first = Math.min(length, capacity - at)
      out.set(ring.subarray(at, at + first))
      out.set(ring.subarray(0, length - first), first)
      return out
    },
  }
}
