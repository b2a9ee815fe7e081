import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { codeOf } from '../errors.ts'
import { limits } from './limits.ts'
import { nodePacking } from './pack-node.ts'
import { webPacking } from './pack-web.ts'
import { packItem, unpackItem, type Packing } from './pack.ts'

interface Vector {
  readonly name: string
  readonly block: string
  /** Hex, or absent where the block is refused with `code`. */
  readonly item?: string
  readonly repeated?: number
  readonly code?: string
}

const { deflate, inflate } = nodePacking(zlib)
const inflaters: Readonly<Record<string, Packing['inflate']>> = { 'node:zlib': inflate, 'a browser’s streams': webPacking()!.inflate }
const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/packed.json', import.meta.url), 'utf8')) as readonly Vector[]
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const code = async (run: () => unknown) => {
  try {
    await run()
  } catch (error) {
    return codeOf(error)
  }
  return undefined
}

for (const [name, inflate] of Object.entries(inflaters)) {
  describe(`a packed item, unpacked by ${name}`, () => {
    for (const vector of vectors) {
      if (vector.code === undefined)
        it(`${vector.name}: means this`, async () => {
          const item = Buffer.from(await unpackItem(bytesOf(vector.block), inflate))
          assert.equal(item.toString('hex'), vector.item!.repeat(vector.repeated ?? 1))
        })
      else
        it(`${vector.name}: refused as ${vector.code}`, async () => {
          assert.equal(await code(() => unpackItem(bytesOf(vector.block), inflate)), vector.code)
        })
    }

    it('is what was packed, whatever it was', async () => {
      const text = fc.string({ maxLength: 4000 }).map((one) => new Uint8Array(Buffer.from(one.repeat(3))))
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 3000 }), text), async (item) => {
          if (item.length === 0) return
          const block = packItem(item, deflate)
          assert.ok(block.length <= item.length + 1)
          assert.deepEqual(Buffer.from(await unpackItem(block, inflate)), Buffer.from(item))
        }),
        { numRuns: 200, seed: 7 },
      )
    })

    it('is refused at every place where it may break off, and when something follows it', async () => {
      const block = packItem(Buffer.from(JSON.stringify(Array.from({ length: 200 }, (_, i) => ({ i, name: `web-${i}` })))), deflate)
      assert.equal(block[0], 1)
      for (let end = 1; end < block.length; end += 7)
        assert.equal(await code(() => unpackItem(block.subarray(0, end), inflate)), 'invalid_input')
      assert.equal(await code(() => unpackItem(Buffer.concat([block, Buffer.of(0)]), inflate)), 'invalid_input')
    })

    it('may be 64 KiB, and not a byte more [limit pack.inflatedBytes]', async () => {
      const most = limits.pack.inflatedBytes
      const packed = (bytes: number) => Buffer.concat([Buffer.of(1), zlib.deflateRawSync(new Uint8Array(bytes), { level: 9 })])
      assert.equal((await unpackItem(packed(most), inflate)).length, most)
      assert.equal(await code(() => unpackItem(packed(most + 1), inflate)), 'too_large')
      const bomb = packed(30 * 1024 * 1024)
      assert.ok(bomb.length < limits.dataBytes)
      assert.equal(await code(() => unpackItem(bomb, inflate)), 'too_large')
      // It is the inflater itself that stops.
      assert.equal(await code(() => inflate(bomb.subarray(1), 1000)), 'too_large')
    })
  })
}

describe('an item on its way out', () => {
  it('goes as it is when it is small, does not shrink, or nothing packs [limit pack.smallBytes]', () => {
    const zeros = new Uint8Array(limits.pack.smallBytes)
    const small = packItem(zeros.subarray(1), deflate)
    assert.deepEqual([small[0], small.length], [0, limits.pack.smallBytes])
    assert.equal(packItem(zeros, deflate)[0], 1)
    assert.equal(packItem(zeros, undefined)[0], 0)
    const noise = Uint8Array.from({ length: 1000 }, (_, i) => (i * i * 2_654_435_761) >>> 13)
    assert.deepEqual([...packItem(noise, (plain) => plain)], [0, ...noise])
  })

  it('is refused by an end whose inflater is careless', async () => {
    assert.equal(await code(() => unpackItem(Uint8Array.of(1, 2), () => new Uint8Array(limits.pack.inflatedBytes + 1))), 'too_large')
  })
})

describe('a flood of packed items', () => {
  // 256 KiB of them, one read, were half a second in which the hub did nothing else.
  for (const [bytes, perTurn] of [
    [64 * 1024, 15],
    [256, 240],
  ] as const)
    it(`of ${bytes} bytes lets all others have their turn, whoever unpacks it [limit pack.turnBytes pack.itemCostBytes]`, async () => {
      const { deflate, inflate } = nodePacking(zlib)
      const block = packItem(new Uint8Array(bytes), deflate)
      let unpacked = 0
      let most = 0
      let over = false
      const watch = () => {
        most = Math.max(most, unpacked)
        unpacked = 0
        if (!over) setImmediate(watch)
      }
      setImmediate(watch)
      const readers = Array.from({ length: 4 }, async () => {
        for (let n = 0; n < perTurn; n++) {
          assert.equal((await unpackItem(block, inflate)).length, bytes)
          unpacked++
        }
      })
      await Promise.all(readers)
      over = true
      most = Math.max(most, unpacked)
      assert.ok(most <= perTurn + 2 * readers.length, `${most} items in one turn`)
    })
})
