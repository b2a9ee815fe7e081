import { spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { until } from './until.ts'

const root = join(import.meta.dirname, '../..')

/** `npm start` on a machine without an engine. */
export interface Started {
  readonly dir: string
  readonly base: string
  readonly code: string
  /** What it showed so far. */
  readonly said: string
  /** Resolves with its exit code once it is gone. */
  readonly ended: Promise<number | null>
  /** Ctrl-C; answers the exit code. What it kept on disk stays until `forget`. */
  stop(): Promise<number | null>
  forget(): void
}

export function startEverything(...options: string[]): Promise<Started> {
  const dir = mkdtempSync('/var/tmp/fairlead-start-')
  chmodSync(dir, 0o711)
  return startAgain(dir, ...options)
}

/** On the data of an earlier one. */
export function startAgain(dir: string, ...options: string[]): Promise<Started> {
  return launch(join(root, 'start.ts'), options, dir)
}

/** `npm run dev` in a copy of the tree: what a test saves there is nobody's source. The copy has what is installed here. */
export async function startDev(...options: string[]): Promise<Started & { readonly tree: string }> {
  const dir = mkdtempSync('/var/tmp/fairlead-dev-')
  chmodSync(dir, 0o711)
  const tree = join(dir, 'tree')
  const left = new Set(['node_modules', '.git', '.fairlead'])
  cpSync(root, tree, { recursive: true, preserveTimestamps: true, filter: (path) => !left.has(basename(path)) })
  for (const folder of ['.', 'protocol', 'agent', 'hub', 'ui', 'e2e'])
    if (existsSync(join(root, folder, 'node_modules'))) symlinkSync(join(root, folder, 'node_modules'), join(tree, folder, 'node_modules'))
  // Not spread: what it said grows.
  return Object.assign(await launch(join(tree, 'dev.ts'), options, dir), { tree })
}

async function launch(script: string, options: readonly string[], dir: string): Promise<Started> {
  let said = ''
  const program = spawn(process.execPath, [script, ...options], {
    env: {
      PATH: process.env['PATH'],
      FAIRLEAD_DATA_DIR: dir,
      FAIRLEAD_LISTEN: 'http://localhost:0',
      FAIRLEAD_TLS_LISTEN: 'https://127.0.0.1:0',
      FAIRLEAD_ENGINE: join(dir, 'none.sock'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
  const ended = new Promise<number | null>((done) => program.once('exit', done))
  await Promise.race([
    until(() => /https on port \d+/.test(said)),
    ended.then((exit) => {
      throw new Error(`${basename(script)} ended with ${exit}: ${said.slice(-2000)}`)
    }),
  ])
  return {
    dir,
    base: `https://127.0.0.1:${/https on port (\d+)/.exec(said)![1]}`,
    // An owner needs none.
    code: /code:\s+(\S+)/.exec(said)?.[1] ?? '',
    get said() {
      return said
    },
    ended,
    stop() {
      program.kill('SIGINT')
      return ended
    },
    forget: () => rmSync(dir, { recursive: true, force: true }),
  }
}
