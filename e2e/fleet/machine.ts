import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Namespace } from './net.ts'
import { until } from './until.ts'

/** A Debian of its own in a site's network, with an init as process 1 or with nothing that starts services. */
export interface Machine {
  /** Its file system, as seen from here. */
  readonly root: string
  /** Runs shell text as root in it. */
  sh(text: string, stdin?: string): Promise<Ran>
  stop(): Promise<void>
}

export interface Ran {
  readonly code: number
  /** Both outputs, in order of their arrival. */
  readonly said: string
}

const common = 'curl,iproute2,procps,sudo,libstdc++6'
/** What starts services. */
const inits = { systemd: 'systemd,systemd-sysv,dbus', openrc: 'openrc,sysvinit-core' } as const
export type Init = keyof typeof inits
/** Those that are made once. */
export const roots = '/var/tmp/fairlead-roots'

/** A minimal Debian from Debian's own packages; made once, for it takes a minute. */
export async function buildRoot(
  suite: 'bullseye' | 'bookworm' | 'trixie' = 'bookworm',
  init: Init = 'systemd',
  more = '',
): Promise<string> {
  const packages = `${inits[init]},${common}${more}`
  const id = createHash('sha256').update(`${suite} ${packages}`).digest('hex').slice(0, 12)
  const made = join(roots, `${suite}-${id}`)
  if (existsSync(made)) return made
  mkdirSync(roots, { recursive: true })
  const work = mkdtempSync(join(roots, 'making-'))
  await new Promise<void>((resolve, reject) => {
    const argv = [
      '--quiet',
      '--variant=minbase',
      '--format=directory',
      `--include=${packages}`,
      suite,
      join(work, 'root'),
      ...archive(suite),
    ]
    execFile('mmdebstrap', argv, { timeout: 300_000 }, (error, _out, said) => (error ? reject(new Error(said.slice(-2000))) : resolve()))
  })
  // One that comes from elsewhere in the meantime is as good.
  if (!existsSync(made)) renameSync(join(work, 'root'), made)
  rmSync(work, { recursive: true, force: true })
  return made
}

/** The oldest gets no more updates: its own part of the archive, where this machine takes its packages, is all that there is. */
function archive(suite: string): string[] {
  if (suite !== 'bullseye') return []
  const files = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].filter((file) => existsSync(file))
  const said = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const mirror = /^(?:URIs: *|deb (?:\[[^\]]*\] *)?)(\S+)/m.exec(said)?.[1]
  if (mirror === undefined) throw new Error(`No archive of Debian is named in ${files.join(' or ') || '/etc/apt'}.`)
  return [mirror]
}

export interface MachineOptions {
  readonly base: string
  readonly where: Namespace
  /** What its root has and process 1 is; undefined: nothing is there that would start a service. */
  readonly init: Init | undefined
  /** Files of this machine by where they are to be in that one. */
  readonly binds?: Readonly<Record<string, string>>
}

/** Says when everything was started. */
const up = { systemd: 'systemctl is-system-running', openrc: 'cat /run/openrc/softlevel' } as const

export async function startMachine({ base, where, init, binds = {} }: MachineOptions): Promise<Machine> {
  const dir = mkdtempSync('/var/tmp/fairlead-machine-')
  const root = join(dir, 'root')
  for (const name of ['root', 'upper', 'work']) mkdirSync(join(dir, name))
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=${base},upperdir=${dir}/upper,workdir=${dir}/work`, root])
  writeFileSync(join(root, 'etc/machine-id'), '')
  const argv = [
    '--register=no',
    '--keep-unit',
    '-q',
    '-D',
    root,
    '--machine=fairlead-test',
    '--resolv-conf=off',
    '--link-journal=no',
    `--network-namespace-path=/run/netns/${where.name}`,
    '--capability=all',
    '--drop-capability=CAP_SYS_RESOURCE',
    '--system-call-filter=@known',
    ...Object.entries(binds).map(([from, to]) => `--bind=${from}:${to}`),
    ...(init === undefined ? ['--as-pid2', 'sleep', 'infinity'] : ['--boot']),
  ]
  const nspawn = spawn('systemd-nspawn', argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1' },
  })
  let output = ''
  for (const stream of [nspawn.stdout, nspawn.stderr])
    stream.on('data', (part: Buffer) => (output = (output + part.toString()).slice(-100_000)))
  const ended = new Promise<void>((done) => nspawn.once('exit', () => done()))
  const sh = (text: string, stdin = '') => runInside(leaderOf(nspawn)!, text, stdin)
  async function stop(): Promise<void> {
    const leader = leaderOf(nspawn)
    if (leader === undefined) nspawn.kill('SIGKILL')
    else process.kill(leader, 'SIGKILL')
    await ended
    execFileSync('umount', ['-l', root])
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    await until(() => {
      if (nspawn.exitCode !== null) throw new Error(`the machine ended with ${nspawn.exitCode}: ${output.slice(-2000)}`)
      return leaderOf(nspawn) !== undefined
    })
    if (init !== undefined) await until(async () => /^(running|degraded|default)$/m.test((await sh(up[init])).said))
  } catch (error) {
    await stop()
    throw error
  }
  return { root, sh, stop }
}

/** Process 1 of the machine, by its number here. */
function leaderOf({ pid }: ChildProcess): number | undefined {
  for (const parent of childrenOf(pid!))
    for (const one of [parent, ...childrenOf(parent)])
      try {
        if (/^NSpid:.*\t1$/m.test(readFileSync(`/proc/${one}/status`, 'utf8'))) return one
      } catch {
        // It went in between.
      }
  return undefined
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

function runInside(leader: number, text: string, stdin: string): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', TERM: 'dumb' }
    const child = spawn('nsenter', ['-t', String(leader), '-m', '-u', '-i', '-p', '-n', '-r', '-w', '/bin/sh', '-c', text], { env })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
    child.stdin.on('error', () => undefined)
    child.stdin.end(stdin)
    child.once('close', (code) => resolve({ code: code ?? -1, said }))
  })
}
