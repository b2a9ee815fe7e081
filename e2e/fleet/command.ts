import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { usual } from './usual.ts'

const program = join(import.meta.dirname, '../../hub/src/main.ts')

interface CommandEnd {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command of the hub's own program, on a data folder; `input` is what somebody types. */
export function hubCommand(
  args: readonly string[],
  {
    env,
    input = '',
    killAfterMs,
  }: { readonly env: Readonly<Record<string, string>>; readonly input?: string; readonly killAfterMs?: number },
): Promise<CommandEnd> {
  const child = spawn(process.execPath, [program, ...args], { env: { ...usual, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (part: Buffer) => (out += part.toString('latin1')))
  child.stderr.on('data', (part: Buffer) => (err += part.toString()))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  return new Promise((done) => child.once('close', (code) => done({ code, out, err })))
}
