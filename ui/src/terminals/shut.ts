import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { may } from '../kit/me.ts'

export type Shut = `terminal.shut.${'permission' | 'offline' | 'protected' | 'lock' | 'mode' | 'file' | 'hub' | 'policy'}`

const known: ReadonlySet<unknown> = new Set(['protected', 'lock', 'mode', 'file', 'hub'])

/** Why no terminal can be opened in a container now, by this person or by the word of its host; undefined: one can. */
export function shutReason({ staleMs, facts }: Pick<FleetRow, 'staleMs' | 'facts'>): Shut | undefined {
  if (!may('terminals:open')) return 'terminal.shut.permission'
  if (staleMs !== undefined) return 'terminal.shut.offline'
  const { shut } = facts
  if (shut === undefined) return undefined
  return known.has(shut) ? `terminal.shut.${shut as 'lock'}` : 'terminal.shut.policy'
}
