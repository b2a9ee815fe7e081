import { createWriteStream, openSync, renameSync, rmSync, type WriteStream } from 'node:fs'
import { FairleadError } from '@fairlead/protocol/errors.ts'

/** Whole or not at all, and on the disk: never half a backup under the name of one. Nobody else may read it. */
export async function writeWhole<T>(file: string, write: (out: WriteStream) => Promise<T>): Promise<T> {
  const part = `${file}.part`
  // Opened before anything listens to the stream: one that fails to open by itself would end the hub.
  const out = createWriteStream(part, { fd: openPart(file, part), flush: true })
  try {
    const written = await write(out)
    renameSync(part, file)
    return written
  } catch (error) {
    out.destroy()
    rmSync(part, { force: true })
    throw error
  }
}

function openPart(file: string, part: string): number {
  try {
    rmSync(part, { force: true })
    return openSync(part, 'wx', 0o600)
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code
    throw new FairleadError(
      'invalid_input',
      `${file} cannot be written (${why}); name a file in a folder that is there and that the hub’s account may write to.`,
      { cause },
    )
  }
}
