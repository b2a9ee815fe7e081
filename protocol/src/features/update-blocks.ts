import { FairleadError } from '../errors.ts'
import { blockBytes, mostBlocks, mostTogether } from './updates.ts'

/** Blocks that cannot be packed grow by a few bytes. */
export const mostPackedBytes = mostTogether * blockBytes + 1024
const headBytes = 8

/** One block, or several that follow one another. */
export interface PackedBlock {
  /** Of the first. */
  readonly index: number
  /** Brotli. */
  readonly packed: Uint8Array
}

/** u32 index, u32 length, both big endian, then the packed bytes. */
export function packBlock({ index, packed }: PackedBlock): Uint8Array {
  const out = new Uint8Array(headBytes + packed.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, index)
  view.setUint32(4, packed.length)
  out.set(packed, headBytes)
  return out
}

/** Puts blocks together from bytes that were cut anywhere. Throws `invalid_input` for a length or an index that no block has, or a torn end. */
export async function* readBlocks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<PackedBlock> {
  const head = new Uint8Array(headBytes)
  let body: Uint8Array | undefined
  let index = 0
  let filled = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const into = body ?? head
      const take = Math.min(into.length - filled, piece.length - at)
      into.set(piece.subarray(at, at + take), filled)
      at += take
      filled += take
      if (filled < into.length) continue
      filled = 0
      if (body !== undefined) {
        yield { index, packed: body }
        body = undefined
        continue
      }
      const view = new DataView(head.buffer)
      index = view.getUint32(0)
      const length = view.getUint32(4)
      if (index >= mostBlocks || length === 0 || length > mostPackedBytes)
        throw new FairleadError('invalid_input', `No block has number ${index} and ${length} bytes.`)
      body = new Uint8Array(length)
    }
  }
  if (body !== undefined || filled > 0) throw new FairleadError('invalid_input', 'The blocks end in the middle of one.')
}
