import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'

export const arches = ['x64', 'arm64'] as const
export type Arch = (typeof arches)[number]

/** The Node that tests ran under is the Node that ships: the lock file pins it, with the hash of each package. */
export const nodeVersion = '24.21.0'

const debianNames = { x64: 'x86_64', arm64: 'aarch64' } as const

/**
 * A Node without its symbols, once a hash of its package: where `kept` has one of that hash, nothing is fetched. Symbols go
 * before anything is put in, since they could not be found afterwards.
 */
export async function fetchBase(root: string, kept: string, arch: Arch): Promise<string> {
  const name = `node-linux-${arch}`
  const integrity = pinned(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'), name)
  const strip = findStrip(arch)
  const digest = createHash('sha256').update(integrity).digest('hex').slice(0, 16)
  const file = join(kept, `node-${nodeVersion}-${arch}-${digest}`)
  if (existsSync(file)) return file
  const work = join(kept, `.fetch-${arch}-${process.pid}`)
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  try {
    await run('npm', ['pack', '--silent', `${name}@${nodeVersion}`], { cwd: work })
    const archive = readFileSync(join(work, `${name}-${nodeVersion}.tgz`))
    const is = `sha512-${createHash('sha512').update(archive).digest('base64')}`
    if (is !== integrity) throw new Error(`${name}@${nodeVersion} came as ${is}; pnpm-lock.yaml pins ${integrity}. Nothing was built.`)
    await run('tar', ['xzf', `${name}-${nodeVersion}.tgz`, 'package/bin/node'], { cwd: work })
    await run(strip, ['package/bin/node'], { cwd: work })
    chmodSync(join(work, 'package/bin/node'), 0o755)
    renameSync(join(work, 'package/bin/node'), file)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return file
}

/** What `pkg` looks for before it would fetch anything itself: with this it opens no connection. */
export function seedCache(home: string, bases: ReadonlyMap<Arch, string>): void {
  for (const [arch, base] of bases) {
    const cache = join(home, '.pkg-cache/sea')
    const name = `node-v${nodeVersion}-linux-${arch}`
    mkdirSync(join(cache, name, 'bin'), { recursive: true })
    writeFileSync(join(cache, name, 'bin/node'), readFileSync(base), { mode: 0o755 })
    for (const mark of [`${name}.tar.gz`, `${name}.tar.gz.ok`, `${name}/bin/node.ok`]) writeFileSync(join(cache, mark), '')
  }
}

/** The hash of exactly this version; no lock file without it builds anything. */
export function pinned(lock: string, name: string): string {
  const found = new RegExp(
    `^  ${name}@${nodeVersion.replaceAll('.', '\\.')}:\\n    resolution: \\{integrity: (sha512-[A-Za-z0-9+/]{86}==)\\}`,
    'm',
  ).exec(lock)
  if (found === null) throw new Error(`pnpm-lock.yaml pins no ${name}@${nodeVersion}.`)
  return found[1]!
}

function findStrip(arch: Arch): string {
  const own = process.arch === arch
  const file = own ? 'strip' : `${debianNames[arch]}-linux-gnu-strip`
  if ((process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, file)))) return file
  const package_ = own ? 'binutils' : `binutils-${debianNames[arch].replace('_', '-')}-linux-gnu`
  throw new Error(
    `"${file}" is not on this machine; install it (Debian: apt-get install ${package_}), or build the other one alone: --only ${arch === 'x64' ? 'arm64' : 'x64'}.`,
  )
}
