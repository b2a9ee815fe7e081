import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readScript } from '@fairlead/hub/base/installer.ts'

/** The installer as a hub would serve it that serves these files, by name. */
export function makeScript(files: Readonly<Record<string, string | Uint8Array>>): string {
  const lines = Object.entries(files).map(([name, content]) => `${createHash('sha256').update(content).digest('hex')}  ${name}`)
  return readScript(join(import.meta.dirname, '../../installers'))(lines)
}
