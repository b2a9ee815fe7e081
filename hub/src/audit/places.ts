import { same } from '@fairlead/protocol/trail/note.ts'

/** The hashes that a file says of rows, by their places: what two files of one trail are compared by. */
export interface Places {
  /** In rising order; what is not is wrong already, and no place. */
  add(seq: number, hash: Uint8Array): void
  readonly count: number
  seqAt(index: number): number
  hashAt(index: number): Uint8Array
}

export function createPlaces(): Places {
  let seqs = new Float64Array(256)
  let hashes = Buffer.alloc(256 * 32)
  let count = 0
  return {
    add(seq, hash) {
      if (count > 0 && seq <= seqs[count - 1]!) return
      if (count === seqs.length) {
        const [more, longer] = [new Float64Array(count * 2), Buffer.alloc(count * 64)]
        more.set(seqs)
        longer.set(hashes)
        ;[seqs, hashes] = [more, longer]
      }
      seqs[count] = seq
      hashes.set(hash, count++ * 32)
    },
    get count() {
      return count
    },
    seqAt: (index) => seqs[index]!,
    hashAt: (index) => hashes.subarray(index * 32, index * 32 + 32),
  }
}

/** The first place of both at which they differ. Each hash is of all rows so far: they went apart there, or before. */
export function firstDifference(one: Places, other: Places): number | undefined {
  let [a, b] = [0, 0]
  while (a < one.count && b < other.count) {
    const [here, there] = [one.seqAt(a), other.seqAt(b)]
    if (here === there && !same(one.hashAt(a), other.hashAt(b))) return here
    if (here <= there) a++
    if (there <= here) b++
  }
  return undefined
}
