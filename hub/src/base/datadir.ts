import { closeSync, constants, existsSync, mkdirSync, openSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'

/** How long a holder of a folder may take to say where its console is. */
const answerMs = 1000

/** Why the hub cannot keep its data in this folder, with what mends it; undefined: it can. Makes the folder. */
export function dataDirProblem(dir: string): string | undefined {
  const elsewhere = 'or set FAIRLEAD_DATA_DIR to another folder'
  try {
    mkdirSync(dir, { recursive: true, mode: 0o711 })
    const probe = join(dir, `.probe-${process.pid}`)
    writeFileSync(probe, Buffer.alloc(4096))
    rmSync(probe)
    return undefined
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOSPC':
      case 'EDQUOT':
        return `The disk that holds ${dir} is full; free some space there, ${elsewhere}.`
      case 'EROFS':
        return `${dir} is on a disk that is mounted read-only; mount it writable, ${elsewhere}.`
      case 'EACCES':
      case 'EPERM':
        return `${dir} cannot be written by this account; run "chown $(id -u) ${dir}" as root, ${elsewhere}.`
      case 'ENOTDIR':
      case 'EEXIST':
        return `${dir} is not a folder, or lies below something that is none; move that away, ${elsewhere}.`
      default:
        return `${dir} cannot be used as the data folder (${(error as NodeJS.ErrnoException).code}); make it, ${elsewhere}.`
    }
  }
}

interface DataDirLock {
  /** Where the console is, once it is: whoever comes second is told. */
  tell(url: string): void
  close(): void
}

/**
 * Makes this process the only one that holds `name` in a folder, until it ends, however it ends. A socket in the folder, not a
 * file with a process number: it holds across containers too, and a dead one answers nobody. Throws `conflict`.
 */
export async function lockDataDir(dir: string, name = 'hub.sock'): Promise<DataDirLock> {
  const { fd, path } = openDir(dir, name)
  const told = { url: '' }
  try {
    for (let tries = 0; tries < 5; tries++) {
      const server = await bind(path, told)
      if (server !== undefined && (await isOurs(path))) {
        server.unref()
        return {
          tell: (url) => void (told.url = url),
          close() {
            server.close()
            closeSync(fd)
          },
        }
      }
      server?.close()
      const url = await answerOf(path)
      if (url !== undefined)
        throw new FairleadError(
          'conflict',
          `Another hub runs on ${dir} already${url === '' ? '' : ` (its console is ${url})`}; stop it, or give this one its own folder with FAIRLEAD_DATA_DIR.`,
        )
      if (server === undefined) unlink(path)
    }
    throw new FairleadError('conflict', `Several hubs start on ${dir} at once; start only one.`)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** The console's address of whoever holds `name` in this folder: '' while it starts, undefined when nobody does. Touches nothing. */
export async function whoHolds(dir: string, name = 'hub.sock'): Promise<string | undefined> {
  if (!existsSync(join(dir, name))) return undefined
  const { fd, path } = openDir(dir, name)
  const url = await answerOf(path)
  closeSync(fd)
  return url
}

/** Through the folder's descriptor: a socket's whole path may have 107 bytes only. */
function openDir(dir: string, name: string): { readonly fd: number; readonly path: string } {
  const fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY)
  return { fd, path: `/proc/self/fd/${fd}/${name}` }
}

function bind(path: string, told: { readonly url: string }): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on('error', () => undefined).end(told.url))
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(path, () => resolve(server))
  })
}

/** Of two that took away one dead socket at the same moment, the first lost its own with it: it sees so a moment later. */
async function isOurs(path: string): Promise<boolean> {
  const inode = statSync(path).ino
  await new Promise((resolve) => setTimeout(resolve, 50))
  try {
    return statSync(path).ino === inode
  } catch {
    return false
  }
}

/** What the holder of a socket says; '' of one that is busy, or says what is no address. */
function answerOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = ''
    let connected = false
    const socket = connect(path, () => (connected = true))
    socket.setTimeout(answerMs, () => socket.destroy())
    socket.on('data', (part: Buffer) => (said = (said + part.toString()).slice(0, 300)))
    socket.on('error', () => undefined)
    socket.once('close', () => resolve(connected ? (/^https?:\/\/[\w.:[\]-]+$/.exec(said)?.[0] ?? '') : undefined))
  })
}

function unlink(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Somebody else was quicker.
  }
}
