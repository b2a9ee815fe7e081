import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { blockBytes, blockHashBytes } from '@fairlead/protocol/features/updates.ts'

/** Read and hashed in one turn of the event loop: a few ms. */
const pieceBytes = 16 * blockBytes

export interface Digests {
  readonly bytes: number
  readonly sha256: string
  /** The first bytes of the SHA-256 of each block, one after the other. */
  readonly blocks: Buffer
}

/** A file of a release itself, never what a link leads to. */
export const openFile = (path: string): Promise<FileHandle> => open(path, constants.O_RDONLY | constants.O_NOFOLLOW)

/** Of a file and each of its blocks, piece by piece: nobody waits for a large one. */
export async function digestFile(file: FileHandle, mostBytes: number): Promise<Digests> {
  const whole = createHash('sha256')
  const blocks: Buffer[] = []
  const piece = Buffer.allocUnsafe(pieceBytes)
  let bytes = 0
  while (bytes <= mostBytes) {
    const filled = await fill(file, piece, bytes)
    if (filled === 0) break
    whole.update(piece.subarray(0, filled))
    for (let at = 0; at < filled; at += blockBytes) {
      const block = piece.subarray(at, Math.min(at + blockBytes, filled))
      blocks.push(createHash('sha256').update(block).digest().subarray(0, blockHashBytes))
    }
    bytes += filled
    if (filled < pieceBytes) break
  }
  return { bytes, sha256: whole.digest('hex'), blocks: Buffer.concat(blocks) }
}

/** As much as there is from there on: a read may give less than was asked for. */
async function fill(file: FileHandle, into: Buffer, from: number): Promise<number> {
  let filled = 0
  while (filled < into.length) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, from + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

export async function readBlock(file: FileHandle, index: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(blockBytes)
  return block.subarray(0, await fill(file, block, index * blockBytes))
}

/** The lowest bit of a byte first. */
export function wantedBlocks(bits: Uint8Array, blocks: number): number[] {
  return Array.from({ length: blocks }, (_, index) => index).filter((index) => ((bits[index >> 3] ?? 0) >> (index & 7)) & 1)
}
