import type { Host } from '@fairlead/protocol/features/hosts.ts'

/** How many containers it has, or had when last seen; undefined: nobody knows, as of an engine that never answered. */
export function containersOf({ online, facts, counts }: Pick<Host, 'online' | 'facts' | 'counts'>): number | undefined {
  const count = counts['container'] ?? 0
  return count > 0 || (online && facts?.engine.up === true) ? count : undefined
}
