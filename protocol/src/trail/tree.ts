/** SHA-256 of these bytes, one after the other. Handed in: protocol imports no crypto. */
export type Digest = (...parts: readonly Uint8Array[]) => Uint8Array

/**
 * The part [from, to) of a Merkle tree (RFC 6962), as the roots of the largest whole subtrees that it is made of, left to right. How
 * many there are, and how large each is, follows from `from` and `to`: at most twice as many as `to` has binary digits.
 */
export interface Range {
  readonly from: number
  readonly to: number
  readonly hashes: readonly Uint8Array[]
}

const leafMark = Uint8Array.of(0)
const nodeMark = Uint8Array.of(1)
/** Sizes stay exact numbers. */
const mostLeaves = 2 ** 48

export function noLeaves(at = 0): Range {
  return { from: at, to: at, hashes: [] }
}

/** Sizes of the subtrees of [from, to): each begins at a multiple of its size. */
export function sizesOf(from: number, to: number): number[] {
  const sizes: number[] = []
  for (let at = from; at < to; at += sizes.at(-1)!) {
    let size = 1
    while (at % (size * 2) === 0 && at + size * 2 <= to) size *= 2
    sizes.push(size)
  }
  return sizes
}

/** Whether it has as many hashes as such a part must have: one that came from elsewhere may say anything. */
export function isWhole({ from, to, hashes }: Range): boolean {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from || to > mostLeaves) return false
  return hashes.every((hash) => hash.length === 32) && sizesOf(from, to).length === hashes.length
}

/** A part of a tree that grows at its end. */
export interface Growing {
  /** The next leaf; `content` is the hash of a row of the trail. */
  leaf(content: Uint8Array): void
  /** What touches its end. */
  add(range: Range): void
  readonly to: number
  /** As it is now. */
  range(): Range
}

export function growFrom(digest: Digest, start: Range): Growing {
  const nodes: { readonly at: number; readonly size: number; readonly hash: Uint8Array }[] = []
  let to = start.from
  const put = (size: number, hash: Uint8Array) => {
    nodes.push({ at: to, size, hash })
    to += size
    for (let left = nodes.at(-2); left !== undefined; left = nodes.at(-2)) {
      const right = nodes.at(-1)!
      if (left.size !== right.size || left.at % (left.size * 2) !== 0) return
      nodes.splice(-2, 2, { at: left.at, size: left.size * 2, hash: digest(nodeMark, left.hash, right.hash) })
    }
  }
  const add = (range: Range) => {
    if (range.from !== to) throw new RangeError('these parts of a tree do not touch')
    for (const [index, size] of sizesOf(range.from, range.to).entries()) put(size, range.hashes[index]!)
  }
  add(start)
  return {
    leaf: (content) => put(1, digest(leafMark, content)),
    add,
    get to() {
      return to
    },
    range: () => ({ from: start.from, to, hashes: nodes.map(({ hash }) => hash) }),
  }
}

/** Two parts that touch, as one. */
export function joinRanges(digest: Digest, left: Range, right: Range): Range {
  const grown = growFrom(digest, left)
  grown.add(right)
  return grown.range()
}

/** The tree head of all leaves so far, as RFC 6962 says. */
export function rootOf(digest: Digest, { from, hashes }: Range): Uint8Array {
  if (from !== 0) throw new RangeError('a part of a tree has no root')
  return hashes.length === 0 ? digest() : hashes.reduceRight((right, left) => digest(nodeMark, left, right))
}

/** The hashes one after the other, for a row or a frame. */
export function packHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(hashes.length * 32)
  for (const [index, hash] of hashes.entries()) packed.set(hash, index * 32)
  return packed
}

export function unpackHashes(packed: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(packed.length / 32) }, (_, index) => packed.slice(index * 32, index * 32 + 32))
}
