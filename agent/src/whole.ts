import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'

const mostBytes = 64 * 1024 * 1024
/** Opens no link, and waits for nobody: whoever opens a pipe otherwise waits until somebody writes into it. */
export const plainFlags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK

/** A file of the state directory, which may be another account’s than the reader’s. Throws as `readFileSync` does, `conflict` where it is no plain file or beyond 64 MiB. */
export function readPlain(file: string): Buffer {
  const descriptor = fs.openSync(file, plainFlags)
  try {
    const facts = fs.fstatSync(descriptor)
    if (!facts.isFile() || facts.size > mostBytes)
      throw new FairleadError('conflict', `${file} is no file of the agent: no plain one, or larger than 64 MiB. Move it away.`)
    return fs.readFileSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** The steps of a write; a test stops between any two of them. */
export type Disk = Pick<typeof fs, 'rmSync' | 'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync' | 'renameSync'>

/** The same, as text. */
export const readText = (file: string): string => readPlain(file).toString('utf8')

/** All or nothing, also when the power fails: a new file, synced, renamed, the folder synced. For this account's eyes only. */
export function writeWhole(file: string, content: string, disk: Disk = fs): void {
  const fresh = `${file}.new`
  disk.rmSync(fresh, { force: true })
  const descriptor = disk.openSync(fresh, 'wx', 0o600)
  try {
    disk.writeSync(descriptor, content)
    disk.fsyncSync(descriptor)
  } finally {
    disk.closeSync(descriptor)
  }
  disk.renameSync(fresh, file)
  syncFolder(dirname(file), disk)
}

/** What was renamed in it stays so when the power fails. */
export function syncFolder(path: string, disk: Pick<Disk, 'openSync' | 'fsyncSync' | 'closeSync'> = fs): void {
  const folder = disk.openSync(path, 'r')
  try {
    disk.fsyncSync(folder)
  } finally {
    disk.closeSync(folder)
  }
}

/** The same for a file in the state directory, when it may be root that writes it for an agent of another account: it is the directory's owner's. */
export function writeForAgent(file: string, content: string, disk?: Disk): void {
  writeWhole(file, content, disk)
  giveToAgent(file)
}

/** A folder in the state directory, likewise. */
export function makeForAgent(folder: string): void {
  if (fs.mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) giveToAgent(folder)
}

function giveToAgent(path: string): void {
  const { uid, gid } = fs.statSync(dirname(path))
  if (process.geteuid?.() === 0 && uid !== 0) fs.lchownSync(path, uid, gid)
}
