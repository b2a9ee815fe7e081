import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { roots } from './machine.ts'

const packages = 'busybox-static,musl,libc6,libstdc++6,curl'
/** Programs for glibc that such a machine is lent, with all that they need: nothing else in it finds that C library. */
const lent = '/opt/lent'

/**
 * A machine whose C library is musl, as Alpine's is: busybox and musl's own loader, of Debian's packages. curl is there as after "apk add
 * curl"; it and a Node are programs for glibc, started by a loader of their own, for npm has no Node for musl.
 */
export async function buildMuslRoot(): Promise<string> {
  const made = join(roots, 'musl-1')
  if (existsSync(made)) return made
  mkdirSync(roots, { recursive: true })
  const work = mkdtempSync(join(roots, 'making-'))
  const [packed, root] = [join(work, 'packed'), join(work, 'root')]
  await new Promise<void>((resolve, reject) => {
    const argv = ['--quiet', '--variant=extract', '--format=directory', `--include=${packages}`, 'bookworm', packed]
    execFile('mmdebstrap', argv, { timeout: 300_000 }, (error, _out, said) => (error ? reject(new Error(said.slice(-2000))) : resolve()))
  })
  for (const name of [
    'bin',
    'lib',
    'etc',
    'root',
    'tmp',
    'proc',
    'sys',
    'dev',
    'run',
    'opt',
    'home',
    'usr/bin',
    'usr/sbin',
    'usr/local/bin',
    'var',
  ])
    mkdirSync(join(root, name), { recursive: true })
  writeFileSync(join(root, 'etc/os-release'), 'ID=musl-test\nPRETTY_NAME="A machine with musl"\n')
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
  copyFileSync(join(packed, 'bin/busybox'), join(root, 'bin/busybox'))
  execFileSync('chroot', [root, '/bin/busybox', '--install', '-s', '/bin'])
  const processor = process.arch === 'x64' ? 'x86_64' : 'aarch64'
  copyFileSync(
    globSync(`{lib,usr/lib}/${processor}-linux-musl/libc.so`, { cwd: packed }).map((file) => join(packed, file))[0]!,
    join(root, `lib/ld-musl-${processor}.so.1`),
  )
  chmodSync(join(root, `lib/ld-musl-${processor}.so.1`), 0o755)
  writeFileSync(join(root, 'bin/sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
  renameSync(packed, join(root, lent))
  lend(root, 'curl', join(lent, 'usr/bin/curl'))
  if (!existsSync(made)) renameSync(root, made)
  rmSync(work, { recursive: true, force: true })
  return made
}

/** Puts a program that is in the machine, and is for glibc, where its shell finds it. */
export function lend(root: string, name: string, program: string): void {
  // Not its link in /lib64, which leads past the place that it was moved to.
  const [loader] = globSync('{lib,usr/lib}/*-linux-gnu/ld-linux-*.so.?', { cwd: join(root, lent) })
  const libraries = ['lib', 'usr/lib'].flatMap((folder) => globSync(`${folder}/*-linux-gnu`, { cwd: join(root, lent) }))
  const path = libraries.map((folder) => join(lent, folder)).join(':')
  mkdirSync(dirname(join(root, 'usr/bin', name)), { recursive: true })
  writeFileSync(join(root, 'usr/bin', name), `#!/bin/sh\nexec ${join(lent, loader!)} --library-path ${path} ${program} "$@"\n`, {
    mode: 0o755,
  })
}
