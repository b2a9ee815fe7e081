import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { copyTree } from './tree.ts'
import { until } from './until.ts'
import { usual } from './usual.ts'

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
  /** Asks what was started to end, and nothing below it. */
  signal(name: NodeJS.Signals): void
  /** Ctrl-C; answers the exit code. What it kept on disk stays until `forget`. */
  stop(): Promise<number | null>
  /** Also ends whatever should not be there any more: a test that failed leaves nothing either. */
  forget(): void
}

/** Processes whose command line or environment names this folder. */
export function processesOf(dir: string): { readonly pid: number; readonly line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return { pid: Number(pid), line, all: line + readFileSync(`/proc/${pid}/environ`, 'utf8') }
      } catch {
        return { pid: 0, line: '', all: '' }
      }
    })
    .filter(({ all }) => all.includes(dir))
    .map(({ pid, line }) => ({ pid, line }))
}

export function startEverything(...options: string[]): Promise<Started> {
  return startAgain(makeDir(), ...options)
}

function makeDir(): string {
  const dir = mkdtempSync('/var/tmp/fairlead-start-')
  chmodSync(dir, 0o711)
  return dir
}

/** The same through what people have before it: npm itself, or the Node that was fetched, where its package says it is. */
export function startThrough(wrapper: 'npm' | 'node'): Promise<Started> {
  const argv = wrapper === 'npm' ? ['npm', 'start'] : [join(root, 'node_modules/.bin/node'), join(root, 'start.ts')]
  return launch(argv, makeDir())
}

/** On the data of an earlier one. */
export function startAgain(dir: string, ...options: string[]): Promise<Started> {
  return launch([process.execPath, join(root, 'start.ts'), ...options], dir)
}

/** `npm run dev` in a copy of the tree. */
export async function startDev(...options: string[]): Promise<Started & { readonly tree: string }> {
  const dir = mkdtempSync('/var/tmp/fairlead-dev-')
  chmodSync(dir, 0o711)
  const tree = join(dir, 'tree')
  copyTree(tree)
  // Not spread: what it said grows.
  return Object.assign(await launch([process.execPath, join(tree, 'dev.ts'), ...options], dir), { tree })
}

async function launch([file, ...argv]: readonly string[], dir: string): Promise<Started> {
  let said = ''
  const program = spawn(file!, argv, {
    cwd: root,
    env: {
      ...usual,
      HOME: process.env['HOME'],
      // As below npm: it ends with whoever started it, so also with a test that dies.
      npm_lifecycle_event: 'start',
      FAIRLEAD_DATA_DIR: dir,
      FAIRLEAD_LISTEN: 'http://localhost:0',
      FAIRLEAD_TLS_LISTEN: 'https://127.0.0.1:0',
      FAIRLEAD_ENGINE: join(dir, 'none.sock'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
  const ended = new Promise<number | null>((done) => program.once('exit', done))
  try {
    await Promise.race([
      until(() => /https on port \d+/.test(said)),
      ended.then((exit) => {
        throw new Error(`${argv.join(' ')} ended with ${exit}`)
      }),
    ])
  } catch (error) {
    program.kill('SIGTERM')
    await ended
    throw new Error(`${(error as Error).message}: ${said.slice(-2000)}`, { cause: error })
  }
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
    signal: (name) => void program.kill(name),
    forget() {
      for (const { pid } of processesOf(dir))
        try {
          process.kill(pid, 'SIGKILL')
        } catch (error) {
          // It went by itself meanwhile.
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
        }
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
