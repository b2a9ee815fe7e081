import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { openCeiling } from './fleet/ceiling.ts'

/** Each component that a test may need, with a check that tries the thing, not just its name. */
const checks = {
  binutils: () =>
    runs('strip', ['--version']) && runs(process.arch === 'x64' ? 'aarch64-linux-gnu-strip' : 'x86_64-linux-gnu-strip', ['--version']),
  ceiling: () => root() && tries(() => openCeiling(1 << 30).close()),
  chromium: () => runs('chromium', ['--version']),
  compose: () => root() && runs('docker', ['compose', 'version']),
  curl: () => runs('curl', ['--version']),
  dockerd: () => root() && runs('dockerd', ['--version']) && runs('unshare', ['-m', 'true']),
  podman: () => root() && runs('podman', ['--version']),
  pebble: () => existsSync('/usr/bin/pebble') && existsSync('/usr/bin/pebble-challtestsrv'),
  netns: () => root() && runs('unshare', ['-n', 'true']) && runs('nft', ['--version']) && runs('ip', ['-V']),
  tc: () => root() && runs('tc', ['-V']),
  busybox: () => existsSync('/bin/busybox'),
  fish: () => runs('fish', ['--version']),
  man: () => runs('man', ['--version']) && existsSync('/usr/bin/mandoc'),
  minisign: () => existsSync('/usr/bin/minisign'),
  nginx: () => runs('nginx', ['-v']),
  nspawn: () => root() && runs('systemd-nspawn', ['--version']) && runs('mmdebstrap', ['--version']),
  openssl: () => runs('openssl', ['version']),
  pgbouncer: () => runs('pgbouncer', ['--version']),
  postgres15: () => existsSync('/usr/lib/postgresql/15/bin/postgres'),
  faketime: () => existsSync('/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'),
  qemu: () =>
    process.arch !== 'x64' || (runs('qemu-aarch64-static', ['--version']) && existsSync('/usr/aarch64-linux-gnu/lib/libstdc++.so.6')),
  python3: () => existsSync('/usr/bin/python3'),
  slapd: () => runs('slapd', ['-VV']) && runs('ldapadd', ['-VV']),
  strace: () => runs('strace', ['-V']),
  tmpfs: () => root() && runs('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']),
  zsh: () => runs('zsh', ['--version']),
} satisfies Record<string, () => boolean>

export type Component = keyof typeof checks

const known = new Map<Component, boolean>()

/**
 * Options for a test that needs real components: `it('...', need('dockerd'), ...)`. Without one of them the test is
 * skipped with its name; under FAIRLEAD_REQUIRE_ALL=1 that is a failure.
 */
export function need(...components: Component[]): { skip?: string } {
  const missing = components.filter((name) => !has(name))
  if (missing.length === 0) return {}
  const reason = `${missing.join(', ')}: not usable on this machine`
  if (process.env['FAIRLEAD_REQUIRE_ALL'] === '1') throw new Error(`FAIRLEAD_REQUIRE_ALL is set and ${reason}`)
  return { skip: reason }
}

function has(name: Component): boolean {
  const before = known.get(name)
  if (before !== undefined) return before
  const found = checks[name]()
  known.set(name, found)
  return found
}

function root(): boolean {
  return process.getuid?.() === 0
}

function tries(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}

function runs(file: string, argv: readonly string[]): boolean {
  return spawnSync(file, argv, { stdio: 'ignore', timeout: 10_000 }).status === 0
}
