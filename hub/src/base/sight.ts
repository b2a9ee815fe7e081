import { createHash } from 'node:crypto'
import type { Place, Rights } from './rights.ts'

/** The hosts that somebody sees. Lists, sums and counts of many hosts are made of these alone. */
export interface Sight {
  /** Equal for two that see the same; empty: all there is. */
  readonly key: string
  sees(host: string): boolean
}

/** All there is, and all that comes. */
export const wholeSight: Sight = { key: '', sees: () => true }
export const noSight: Sight = { key: '-', sees: () => false }

/** The hosts at which a permission holds. */
export function sightOf(rights: Rights, permission: string, places: ReadonlyMap<string, Place>): Sight {
  if (rights.everywhere(permission)) return wholeSight
  const hosts = new Set<string>()
  for (const [id, place] of places) if (rights.can(permission, place)) hosts.add(id)
  const digest = createHash('sha256').update([...hosts].sort().join())
  return { key: digest.digest('base64url'), sees: (host) => hosts.has(host) }
}
