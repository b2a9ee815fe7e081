import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { codeOf } from '../errors.ts'
import { mostPackedBytes, packBlock, readBlocks, type PackedBlock } from './update-blocks.ts'
import { mostBlocks } from './updates.ts'

async function read(pieces: readonly Uint8Array[]): Promise<PackedBlock[]> {
  const blocks: PackedBlock[] = []
  for await (const block of readBlocks(
    (async function* () {
      yield* pieces
    })(),
  ))
    blocks.push(block)
  return blocks
}

describe('blocks of an update', () => {
  it('come out as they went in, however the bytes were cut', async () => {
    const block = fc.record({ index: fc.nat(mostBlocks - 1), packed: fc.uint8Array({ minLength: 1, maxLength: 200 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(block, { maxLength: 8 }), fc.integer({ min: 1, max: 64 }), async (blocks, cut) => {
        const whole = Buffer.concat(blocks.map(packBlock))
        const pieces = Array.from({ length: Math.ceil(whole.length / cut) }, (_, i) => whole.subarray(i * cut, (i + 1) * cut))
        const got = await read(pieces)
        assert.deepEqual(
          got.map(({ index, packed }) => [index, Buffer.from(packed).toString('hex')]),
          blocks.map(({ index, packed }) => [index, Buffer.from(packed).toString('hex')]),
        )
      }),
    )
  })

  it('are refused with a length or a number that none has, and where they are torn [security 142]', async () => {
    const head = (index: number, length: number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeUInt32BE(index, 0)
      bytes.writeUInt32BE(length, 4)
      return bytes
    }
    const bad = [head(0, 0), head(0, mostPackedBytes + 1), head(0, 0xffffffff), head(mostBlocks, 1), head(0, 5), Buffer.alloc(3)]
    for (const bytes of bad) await assert.rejects(read([bytes]), (error) => codeOf(error) === 'invalid_input')
  })
})
