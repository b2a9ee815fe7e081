import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { blockBytes, blockHashBytes, mostTogether } from '@fairlead/protocol/features/updates.ts'
import type { PackedBlock } from '@fairlead/protocol/features/update-blocks.ts'
import { syncFolder } from '../whole.ts'
import type { Release } from './memory.ts'

/** What stays free on the disk of a host. */
const spareBytes = 32 * 1024 * 1024
const unpack = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress)

/** A file that comes together from what is here already and from what is sent. */
export interface Part {
  readonly blocks: number
  readonly haveBytes: number
  /** A bit for each block that is missing, the lowest of a byte first. */
  wanted(): Uint8Array
  /** Throws at a block that is not wanted, or is another one than was offered; those before it are kept. */
  write(block: PackedBlock): Promise<void>
  /** Whole, true and on the disk under its own name; throws, and keeps nothing that is false. */
  finish(): Promise<void>
  close(): Promise<void>
}

export interface PartOptions {
  /** The name under which it is whole. */
  readonly file: string
  /** What runs: most blocks of the next one are in it. */
  readonly from: string
  readonly release: Pick<Release, 'sha256' | 'bytes'>
  readonly hashes: Buffer
}

/** What is on the disk is judged by its hash, whoever wrote it and however far it came. */
export async function openPart({ file, from, release, hashes }: PartOptions): Promise<Part> {
  const partial = `${file}.part`
  const handle = await openFile(partial, from, release.bytes)
  const blocks = hashes.length / blockHashBytes
  const have = new Uint8Array(blocks)
  let haveBytes = 0
  const lengthOf = (index: number) => Math.min(blockBytes, release.bytes - index * blockBytes)
  const isBlock = (index: number, bytes: Uint8Array) =>
    createHash('sha256')
      .update(bytes)
      .digest()
      .subarray(0, blockHashBytes)
      .equals(hashes.subarray(index * blockHashBytes, (index + 1) * blockHashBytes))
  const mark = (index: number) => {
    have[index] = 1
    haveBytes += lengthOf(index)
  }
  const refuseUnasked = (index: number) => {
    if (have[index] !== 0) throw new FairleadError('invalid_input', `Block ${index} was not asked for.`)
  }
  const buffer = Buffer.alloc(blockBytes)
  for (let index = 0; index < blocks; index++) {
    // Each read is a turn of the loop: whatever else the agent does goes on.
    const { bytesRead } = await handle.read(buffer, 0, lengthOf(index), index * blockBytes)
    if (bytesRead === lengthOf(index) && isBlock(index, buffer.subarray(0, bytesRead))) mark(index)
  }
  return {
    blocks,
    get haveBytes() {
      return haveBytes
    },
    wanted() {
      const bits = new Uint8Array(Math.ceil(blocks / 8))
      for (let index = 0; index < blocks; index++) if (have[index] !== 1) bits[index >> 3]! |= 1 << (index & 7)
      return bits
    },
    async write({ index, packed }) {
      refuseUnasked(index)
      // It ends there, however much is packed in it.
      const most = Math.min(mostTogether * blockBytes, release.bytes - index * blockBytes)
      const bytes = await unpack(packed, { maxOutputLength: most }).catch((cause: unknown) => {
        throw new FairleadError('invalid_input', `Block ${index} cannot be unpacked into ${most} bytes.`, { cause })
      })
      for (let at = 0, own = index; at === 0 || at < bytes.length; at += blockBytes, own++) {
        refuseUnasked(own)
        const block = bytes.subarray(at, at + blockBytes)
        if (block.length !== lengthOf(own) || !isBlock(own, block))
          throw new FairleadError('invalid_input', `Block ${own} is another one than was offered.`)
        await handle.write(block, 0, block.length, own * blockBytes).catch(refuseFull)
        mark(own)
      }
    },
    async finish() {
      await handle.chmod(0o700)
      await handle.sync().catch(refuseFull)
      if ((await hashOf(handle)) !== release.sha256) {
        await fs.rm(partial, { force: true })
        throw new FairleadError('forbidden', 'The file that came is not the one that was signed; it was thrown away.')
      }
      // No kernel starts what somebody may still write.
      await handle.close()
      await fs.rename(partial, file)
      syncFolder(dirname(file))
    },
    close: () => handle.close(),
  }
}

/** What is there of it, or what runs in its place; of its length, with room for all of it. */
async function openFile(partial: string, from: string, bytes: number): Promise<fs.FileHandle> {
  try {
    const there = await fs.stat(partial).then(
      () => true,
      () => false,
    )
    if (!there) {
      const { bavail, bsize } = await fs.statfs(dirname(partial))
      if (bavail * bsize < bytes + spareBytes)
        throw new FairleadError(
          'refused',
          `${Math.floor((bavail * bsize) / 1_000_000)} MB are free in ${dirname(partial)}, and ${Math.ceil((bytes + spareBytes) / 1_000_000)} are wanted: make room there.`,
        )
      // Where the file system can, no byte is copied.
      await fs.copyFile(from, partial, constants.COPYFILE_FICLONE)
      // Nobody else's to read or start, whatever the one that runs is.
      await fs.chmod(partial, 0o600)
    }
    const handle = await fs.open(partial, constants.O_RDWR | constants.O_NOFOLLOW)
    await handle.truncate(bytes)
    return handle
  } catch (error) {
    return refuseFull(error)
  }
}

function refuseFull(error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code
  if (codeOf(error) !== 'internal') throw error
  const words = /^(ENOSPC|EDQUOT)$/.test(code ?? '')
    ? 'The disk of this host is full: make room there.'
    : `The disk of this host does not take it (${code ?? 'unknown'}).`
  throw new FairleadError('refused', words, { cause: error })
}

/** In pieces: a hundred megabytes hold nothing up. */
export async function hashOf(handle: fs.FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(4 * blockBytes)
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
}

/** undefined: there is none, or it cannot be read. */
export async function hashOfFile(file: string): Promise<string | undefined> {
  const handle = await fs.open(file, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
  try {
    return handle && (await hashOf(handle))
  } finally {
    await handle?.close()
  }
}
