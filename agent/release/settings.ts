import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPublicKeys } from '../src/minisign.ts'
import { version } from '../src/version.ts'

type Env = Readonly<Record<string, string | undefined>>

/** What goes into each bundle: who signs releases, and the counter of this one. */
export function readBuilt(env: Env): { readonly keys: string; readonly counter: number } {
  const file = env['FAIRLEAD_RELEASE_KEYS'] ?? join(import.meta.dirname, 'keys.txt')
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(#|untrusted comment:|$)/.test(line))
  readPublicKeys(lines.join('\n'), file)
  return { keys: lines.join('\n'), counter: readCounter(env) }
}

/** Rises with each release. Unset, it is made of the version: who releases one version twice says it. */
export function readCounter({ FAIRLEAD_RELEASE_COUNTER: said }: Env): number {
  const [major = 0, minor = 0, patch = 0] = version.split('-')[0]!.split('.').map(Number)
  const counter = said === undefined ? (major * 100_000 + minor) * 100_000 + patch : Number(said)
  if (!Number.isSafeInteger(counter) || counter < 1)
    throw new Error(`FAIRLEAD_RELEASE_COUNTER must be a whole number from 1 on, not "${said}".`)
  return counter
}

const dayMs = 24 * 60 * 60 * 1000

/** When a release was made, and until when hosts take it: two clones that are told the same time write the same. */
export function readTimes({ SOURCE_DATE_EPOCH: said, FAIRLEAD_RELEASE_DAYS: days = '30' }: Env): { issuedMs: number; expiresMs: number } {
  const issuedMs = said === undefined ? Date.now() : Number(said) * 1000
  if (!Number.isSafeInteger(issuedMs) || issuedMs < 0) throw new Error(`SOURCE_DATE_EPOCH must be seconds since 1970, not "${said}".`)
  const count = Number(days)
  if (!(count >= 1 && count <= 3660)) throw new Error(`FAIRLEAD_RELEASE_DAYS must be a number of days from 1 to 3660, not "${days}".`)
  return { issuedMs, expiresMs: issuedMs + count * dayMs }
}
