import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { growFrom, isWhole, joinRanges, noLeaves, packHashes, rootOf, sizesOf, unpackHashes, type Range } from './tree.ts'

const digest = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
const contents = Array.from({ length: 70 }, (_, index) => digest(Uint8Array.of(index)))
const join = (left: Range, right: Range) => joinRanges(digest, left, right)
function rangeOf(from: number, to: number): Range {
  const grown = growFrom(digest, noLeaves(from))
  for (const content of contents.slice(from, to)) grown.leaf(content)
  return grown.range()
}

/** As RFC 6962 writes it down: the largest power of two below the size is the left half. */
function headOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return digest()
  if (leaves.length === 1) return digest(Uint8Array.of(0), leaves[0]!)
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return digest(Uint8Array.of(1), headOf(leaves.slice(0, half)), headOf(leaves.slice(half)))
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('the tree over a trail', () => {
  it('has the head that RFC 6962 defines, for every size', () => {
    for (let size = 0; size <= 70; size++) assert.equal(hex(rootOf(digest, rangeOf(0, size))), hex(headOf(contents.slice(0, size))))
  })

  it('has the same head however it was cut into parts, and a part is never larger than it must be', () => {
    for (let a = 0; a <= 33; a++)
      for (let b = a; b <= 33; b++) {
        const [left, middle, right] = [rangeOf(0, a), rangeOf(a, b), rangeOf(b, 33)]
        assert.ok(isWhole(middle) && middle.hashes.length <= 12)
        assert.deepEqual(join(join(left, middle), right), join(left, join(middle, right)))
        assert.equal(hex(rootOf(digest, join(join(left, middle), right))), hex(headOf(contents.slice(0, 33))))
      }
  })

  it('is whole only with exactly the hashes that its place and size ask for', () => {
    const range = rangeOf(3, 29)
    assert.ok(isWhole(range))
    assert.ok(!isWhole({ ...range, hashes: range.hashes.slice(1) }))
    assert.ok(!isWhole({ ...range, to: 30 }) || sizesOf(3, 30).length === range.hashes.length)
    assert.ok(!isWhole({ from: 5, to: 4, hashes: [] }))
    assert.ok(!isWhole({ from: 0, to: 2 ** 60, hashes: [new Uint8Array(32)] }))
    assert.throws(() => join(rangeOf(0, 3), rangeOf(4, 5)))
  })

  it('travels as bytes and comes back', () => {
    const { hashes } = rangeOf(1, 20)
    assert.deepEqual(unpackHashes(packHashes(hashes)), hashes)
  })
})
