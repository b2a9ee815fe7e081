import { closeSync, createReadStream, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Source } from './entries.ts'

// The database has its own way; the key goes along only where it is asked for, and the one to come and those before never; this machine's own agent is no part of the hub.
const left = new Set(['postgres', 'kek', 'agent', 'demo', 'logs', 'backups', 'restoring'])
const mostDepth = 6

const isName = (part: string) => /^[\w.+@ -]+$/.test(part) && !part.startsWith('.')

/** Files of the data folder that belong to a backup, by their paths below it. */
export function filesOf(dataDir: string): string[] {
  const walk = (folder: string, depth: number): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      if (folder === dataDir && (left.has(entry.name) || entry.name.startsWith('kek.'))) return []
      // What a restore would refuse, and what is a backup itself.
      if (!isName(entry.name) || /\.backup(\.part)?$/.test(entry.name)) return []
      if (entry.isDirectory()) return depth < mostDepth ? walk(path, depth + 1) : []
      return entry.isFile() && !/\.(new|part|log)$/.test(entry.name) ? [relative(dataDir, path)] : []
    })
  return existsSync(dataDir) ? walk(dataDir, 0).sort() : []
}

/** `as`: what it is called in the backup, where it lies outside of the data folder. */
export function fileSource(path: string, as: string): Source {
  return { head: { kind: 'file', path: as, mode: statSync(path).mode & 0o777 }, bytes: createReadStream(path) }
}

/** A name out of a backup, below a folder; throws for one that leads out of it. */
function within(folder: string, path: string): string {
  const parts = path.split('/')
  if (path.length > 500 || !parts.every(isName))
    throw new FairleadError('invalid_input', 'The backup names a file that is none of a hub’s. Nothing was changed.')
  return join(folder, ...parts)
}

export const stagingOf = (dataDir: string) => join(dataDir, 'restoring')

/** Beside their places, until all is there. */
export async function stageFile(dataDir: string, path: string, mode: number, bytes: AsyncIterable<Buffer>): Promise<void> {
  const target = within(stagingOf(dataDir), path)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  await pipeline(Readable.from(bytes), createWriteStream(target, { mode: mode & 0o700, flush: true }))
}

/** To their places, each as a whole. What is left when this is cut off goes there the next time. */
export function placeFiles(dataDir: string): void {
  const staging = stagingOf(dataDir)
  for (const path of walkAll(staging)) {
    const target = join(dataDir, relative(staging, path))
    mkdirSync(dirname(target), { recursive: true })
    renameSync(path, target)
  }
  const fd = openSync(dataDir, 'r')
  fsyncSync(fd)
  closeSync(fd)
  rmSync(staging, { recursive: true, force: true })
}

function walkAll(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walkAll(join(folder, entry.name)) : [join(folder, entry.name)],
  )
}

/** A hub whose files are of one backup and whose rows of another is none: it does not start. Throws `conflict`. */
export function refuseHalfRestored(dataDir: string): void {
  if (!existsSync(stagingOf(dataDir))) return
  throw new FairleadError(
    'conflict',
    `A restore of ${dataDir} was cut off; run the same "restore" again, it begins anew and ends it. The hub does not start before.`,
  )
}
