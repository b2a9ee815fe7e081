import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { usual } from './usual.ts'

const main = join(import.meta.dirname, '../../agent/src/main.ts')

/** A verb of the emergency CLI. Not waited for in one go: links that this process has open with a hub would be lost unseen meanwhile. */
export async function runCli(env: Readonly<Record<string, string | undefined>>, argv: readonly string[], input = '') {
  const child = spawn(process.execPath, [main, ...argv], { env: { ...usual, ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  // A verb that reads nothing may be gone before it is told anything.
  child.stdin.on('error', () => undefined).end(input)
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}
