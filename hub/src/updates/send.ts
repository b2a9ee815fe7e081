import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { blockBytes, mostTogether, type UpdateState } from '@fairlead/protocol/features/updates.ts'
import { packBlock } from '@fairlead/protocol/features/update-blocks.ts'
import type { LiveHost } from '../fleet/fleet.ts'
import { openFile, readBlock, wantedBlocks } from './blocks.ts'
import type { HeldRelease, ReleaseFile } from './releases.ts'

/** Hosts that are fed at once. Bulk gives way to everything else on a link, but not to itself on the hub's own. */
export const mostFed = 4
/** Packed before the link takes them: 1.5 MiB of blocks for each host that is fed. */
const packedAhead = 4

const brotli = promisify(brotliCompress)
/** So many are worth a tenth of a second each; of a whole file the link takes less time than that. */
const fewBlocks = 64
const quality = { few: 11, many: 5 } as const

interface Sending {
  readonly updates: LiveHost['clients']['updates']
  readonly release: Pick<HeldRelease, 'manifest' | 'signature'>
  readonly file: ReleaseFile
  readonly signal: AbortSignal
  /** Bytes of blocks, unpacked. */
  readonly onProgress: (sent: number, wanted: number) => void
}

/**
 * Offers a release and sends what the host lacks of it; what it says once it judged all of it. Begun anew after a break, it sends what is
 * still missing. Nothing of it runs before `start`.
 */
export async function sendRelease({ updates, release, file, signal, onProgress }: Sending): Promise<UpdateState> {
  const { manifest, signature } = release
  const offer = { manifest, signature, blocks: file.blocks.toString('base64') }
  const { sha256, wanted, blocks, together = 1 } = await updates.offer(offer, { signal })
  const most = Math.ceil(file.bytes / blockBytes)
  if (sha256 !== file.sha256 || blocks !== most)
    throw new FairleadError('bad_upstream', 'The host speaks of another file than the one that it was offered.')
  const runs = runsOf(wantedBlocks(Buffer.from(wanted, 'base64'), most), Math.min(together, mostTogether))
  const bytesOf = (index: number) => Math.min(blockBytes, file.bytes - index * blockBytes)
  const bytesIn = (run: readonly number[]) => run.reduce((sum, index) => sum + bytesOf(index), 0)
  const total = bytesIn(runs.flat())
  onProgress(0, total)
  const { fill } = updates
  const pipe = fill({ sha256 }, { signal })
  const handle = await openFile(file.path)
  async function send(): Promise<void> {
    let sent = 0
    for await (const { run, packed } of packRuns(handle, runs)) {
      await pipe.send(packBlock({ index: run[0]!, packed }))
      onProgress((sent += bytesIn(run)), total)
    }
    pipe.end()
  }
  const sending = send()
  try {
    const [last] = await Promise.all([lastOf(pipe), sending])
    if (last === undefined) throw new FairleadError('bad_upstream', 'The host did not say what became of what it was sent.')
    return last
  } catch (error) {
    pipe.close()
    throw error
  } finally {
    // What is packed still reads from the file, though the host is gone.
    await sending.catch(() => undefined)
    await handle.close()
  }
}

async function lastOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined
  for await (const item of items) last = item
  return last
}

/** Blocks that follow one another, so many at most. */
export function runsOf(indexes: readonly number[], most: number): number[][] {
  const runs: number[][] = []
  for (const index of indexes) {
    const last = runs.at(-1)
    if (last !== undefined && last.length < most && last.at(-1) === index - 1) last.push(index)
    else runs.push([index])
  }
  return runs
}

/** In order, a few ahead. */
async function* packRuns(handle: FileHandle, runs: readonly (readonly number[])[]) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: runs.flat().length <= fewBlocks ? quality.few : quality.many,
    [constants.BROTLI_PARAM_LGWIN]: Math.ceil(Math.log2(mostTogether * blockBytes)),
  }
  const pack = async (run: readonly number[]) => {
    const blocks = await Promise.all(run.map((index) => readBlock(handle, index)))
    return { run, packed: await brotli(Buffer.concat(blocks), { params }) }
  }
  const ahead: ReturnType<typeof pack>[] = []
  try {
    for (const run of runs) {
      const packing = pack(run)
      // Heard of once its turn comes: until then a fault of it is nobody's.
      packing.catch(() => undefined)
      ahead.push(packing)
      if (ahead.length >= packedAhead) yield await ahead.shift()!
    }
    while (ahead.length > 0) yield await ahead.shift()!
  } finally {
    // Whoever left: nothing reads from a file that is closed.
    await Promise.allSettled(ahead)
  }
}

/** So many at once; the others in the order in which they came. */
export function createSlots(most: number): (signal: AbortSignal) => Promise<() => void> {
  let free = most
  const waiting: (() => void)[] = []
  const leave = () => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  return async (signal) => {
    signal.throwIfAborted()
    if (free > 0) free--
    else
      await new Promise<void>((resolve, reject) => {
        const enter = () => {
          signal.removeEventListener('abort', give)
          resolve()
        }
        const give = () => {
          const at = waiting.indexOf(enter)
          if (at >= 0) waiting.splice(at, 1)
          reject(new FairleadError('canceled', 'It was given up before its turn.'))
        }
        waiting.push(enter)
        signal.addEventListener('abort', give, { once: true })
      })
    let held = true
    return () => {
      if (held) leave()
      held = false
    }
  }
}
