import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** A clone of the state of this tree, as it would be committed, with its packages installed. */
export async function makeClone(dir: string): Promise<void> {
  copyTree(dir)
  await runIn(dir, 'npm', ['run', '--silent', 'setup'])
}

/** The state of this tree as it would be committed. */
export function copyTree(dir: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    cpSync(join(root, file), join(dir, file))
  }
}

/** Runs a program in a folder to its end; throws with what it said unless it ends well. */
export function runIn(cwd: string, file: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, argv, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (said = (said + part.toString()).slice(-100_000)))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`"${file} ${argv.join(' ')}" ended with ${code}: ${said}`)),
    )
  })
}
