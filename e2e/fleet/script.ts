import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The installer as a hub would serve it that serves these files, by name. */
export function makeScript(files: Readonly<Record<string, string | Uint8Array>>): string {
  const part = (name: string) => readFileSync(join(import.meta.dirname, '../../installers', name), 'utf8').trimEnd()
  const lines = Object.entries(files).map(([name, content]) => `${createHash('sha256').update(content).digest('hex')}  ${name}`)
  return part('install.sh')
    .replace('@FILES@', () => lines.join('\n'))
    .replace('@UNIT@', () => part('fairlead-agent.service'))
    .replace('@OPENRC@', () => part('fairlead-agent.openrc'))
}
