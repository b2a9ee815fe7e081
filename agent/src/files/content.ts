import { close, constants, fstat, open, read, type BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { mostFileBytes } from '@fairlead/protocol/features/files.ts'
import { refusalOf, type Place } from './beneath.ts'

const opened = promisify(open)
const closed = promisify(close)
const readInto = promisify(read)
const factsOf = promisify(fstat) as (descriptor: number, options: { bigint: true }) => Promise<BigIntStats>

const chunkBytes = 64 * 1024

/** The first so many bytes of a file, or all that it had when this began. Throws when it has less than that by now. */
export async function* readContent(place: Place, bytes: number | undefined, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // By what is held, not by its name: this very file, and nothing that acts when it is opened.
  if (!place.facts.isFile())
    throw new FairleadError('invalid_input', place.facts.isDirectory() ? 'This is a folder; list it.' : 'Only plain files are read.')
  const descriptor = await opened(place.link, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw refusalOf(error)
  })
  try {
    const size = Number((await factsOf(descriptor, { bigint: true })).size)
    let left = Math.min(bytes ?? size, size)
    if (left > mostFileBytes)
      throw new FairleadError('too_large', `This file has more than ${mostFileBytes / 1024 ** 3} GiB; fetch it from the host itself.`)
    while (left > 0 && !signal.aborted) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(left, chunkBytes))
      const { bytesRead } = await readInto(descriptor, buffer, 0, buffer.length, null)
      if (bytesRead === 0) throw new FairleadError('conflict', 'The file became shorter while it was read; ask again.')
      left -= bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } catch (error) {
    throw refusalOf(error)
  } finally {
    await closed(descriptor)
  }
}
