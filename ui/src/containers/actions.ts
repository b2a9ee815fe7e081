import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ask } from '../api/api.ts'
import type { Key } from '../i18n/en.ts'
import { may } from '../kit/me.ts'

export const verbs = ['start', 'stop', 'restart', 'pause', 'unpause', 'remove'] as const
export type Verb = (typeof verbs)[number]

/** The engine's words in which a verb makes sense; undefined: in any. */
const fits: Readonly<Record<Verb, readonly string[] | undefined>> = {
  start: ['created', 'exited', 'dead'],
  stop: ['running', 'restarting', 'paused'],
  restart: ['running', 'restarting', 'exited'],
  pause: ['running'],
  unpause: ['paused'],
  remove: undefined,
}

export type Reason = `bulk.skip.${'permission' | 'offline' | 'state' | 'protected' | 'lock' | 'policy'}`

export const labelOf = (verb: Verb): Key & `containers.${Verb}` => `containers.${verb}`

/** Why this cannot be done to that container now; undefined: it can. */
export function reasonAgainst(verb: Verb, row: Pick<FleetRow, 'status' | 'staleMs' | 'facts'>): Reason | undefined {
  if (!may(verb === 'remove' ? 'containers:remove' : 'containers:operate')) return 'bulk.skip.permission'
  if (row.staleMs !== undefined) return 'bulk.skip.offline'
  return heldReason(row) ?? (fits[verb]?.includes(row.status) === false ? 'bulk.skip.state' : undefined)
}

/** Its host would refuse: it says so in the row. */
export function heldReason({ facts }: Pick<FleetRow, 'facts'>): Reason | undefined {
  const held = facts['held']
  if (held === undefined) return undefined
  return held === 'protected' || held === 'lock' ? `bulk.skip.${held}` : 'bulk.skip.policy'
}

export function run(verb: Verb, { host, id }: Pick<FleetRow, 'host' | 'id'>): Promise<unknown> {
  if (verb === 'remove') return ask('containers.remove', { host, id, force: true })
  return ask(`containers.${verb}`, { host, id })
}

interface Plan {
  readonly rows: readonly FleetRow[]
  readonly hosts: number
  readonly skipped: readonly { readonly reason: Reason; readonly count: number }[]
}

/** What a verb would do to these, before it does anything. */
export function plan(verb: Verb, rows: readonly FleetRow[]): Plan {
  const counts = new Map<Reason, number>()
  const able = rows.filter((row) => {
    const reason = reasonAgainst(verb, row)
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    return reason === undefined
  })
  return {
    rows: able,
    hosts: new Set(able.map(({ host }) => host)).size,
    skipped: [...counts].map(([reason, count]) => ({ reason, count })),
  }
}
