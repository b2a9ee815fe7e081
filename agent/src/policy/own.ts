import { readFileSync } from 'node:fs'

/** The container that this agent runs in; undefined: none. A hub that stops it would stop whoever listens. */
export function ownContainer(file = '/proc/self/mountinfo'): string | undefined {
  try {
    // The engine binds its own files into each container: their place names it.
    return /\/(?:containers|overlay-containers)\/([0-9a-f]{64})\/(?:userdata\/)?(?:hostname|resolv\.conf)\b/.exec(
      readFileSync(file, 'utf8'),
    )?.[1]
  } catch {
    return undefined
  }
}
