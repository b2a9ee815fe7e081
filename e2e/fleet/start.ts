import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './until.ts'

const root = join(import.meta.dirname, '../..')

/** `npm start` on a machine without an engine. */
export interface Started {
  readonly dir: string
  readonly base: string
  readonly code: string
  /** Ctrl-C; answers the exit code. What it kept on disk stays until `forget`. */
  stop(): Promise<number | null>
  forget(): void
}

export async function startEverything(...options: string[]): Promise<Started> {
  const dir = mkdtempSync('/var/tmp/fairlead-start-')
  chmodSync(dir, 0o711)
  let said = ''
  const program = spawn(process.execPath, [join(root, 'start.ts'), ...options], {
    env: {
      PATH: process.env['PATH'],
      FAIRLEAD_DATA_DIR: dir,
      FAIRLEAD_LISTEN: 'http://localhost:0',
      FAIRLEAD_TLS_LISTEN: 'https://127.0.0.1:0',
      FAIRLEAD_ENGINE: join(dir, 'none.sock'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  program.stdout.on('data', (part: Buffer) => (said += part.toString()))
  await until(() => /https on port \d+/.test(said))
  return {
    dir,
    base: `https://127.0.0.1:${/https on port (\d+)/.exec(said)![1]}`,
    code: /code:\s+(\S+)/.exec(said)![1]!,
    async stop() {
      if (program.exitCode === null) {
        const ended = once(program, 'exit')
        program.kill('SIGINT')
        await ended
      }
      return program.exitCode
    },
    forget: () => rmSync(dir, { recursive: true, force: true }),
  }
}
