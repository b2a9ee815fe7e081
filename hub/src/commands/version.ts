import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export async function showVersion(): Promise<number> {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
  process.stdout.write(`${version}\n`)
  return 0
}
