import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { HostBook, HostRecord } from './book.ts'

export interface Sources {
  readonly fleet: Fleet
  readonly inventory: Inventory
  readonly book: HostBook
}

/** What people see of a host: what is stored, with what its link says now. */
export function describeHost({ fleet, inventory, book }: Sources, organization: string, record: HostRecord): Host {
  const live = fleet.find(record.id)
  const online = live?.session?.alive === true
  return {
    id: record.id,
    name: record.name,
    environment: record.environment,
    environmentId: record.environmentId,
    tags: [...record.tags],
    ...stateOf(record, online),
    online,
    lastSeenMs: online ? Date.now() : Math.max(live?.lastSeenMs ?? 0, record.lastSeenMs),
    enrolledMs: record.enrolledMs,
    lastLoss: live?.lastLoss ?? record.lastLoss,
    latencyMs: online ? Math.round((live.session?.stats.roundTripMs ?? 0) * 100) / 100 : null,
    clockSkewMs: live?.clockSkewMs ?? 0,
    capabilities: [...(live?.features ?? [])],
    facts: record.facts,
    counts: inventory.counts(organization, record.id),
    usage: { ...book.usage.get(record.id) },
  }
}

function stateOf(record: HostRecord, online: boolean): Pick<Host, 'state' | 'status'> {
  if (record.quarantined) return { state: 'critical', status: 'quarantined' }
  if (!online) return record.lastSeenMs === 0 ? { state: 'unknown', status: 'never seen' } : { state: 'critical', status: 'offline' }
  if (record.facts?.engine.up === false) return { state: 'warn', status: 'engine down' }
  return { state: 'ok', status: 'online' }
}
