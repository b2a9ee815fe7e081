import { mostWaveHosts, mostWaves, type Wave, type WaveHost } from '@fairlead/protocol/features/updates-api.ts'
import type { Sight } from '../base/sight.ts'
import { wholeSight } from '../base/sight.ts'
import type { HostRecord } from '../hosts/book.ts'
import type { Counts } from './store.ts'
import type { HostRow, WaveRow } from './tables.ts'
import type { WavesDeps } from './turn.ts'
import type { Waves } from './waves.ts'
import { isOpen, nextChange } from '@fairlead/protocol/window.ts'

type Deps = Pick<WavesDeps, 'store' | 'book' | 'states' | 'nowMs'> & { readonly waves: Pick<Waves, 'progressOf'> }

/** What people see of waves: those that have a host which they see, and of them these hosts alone. */
export async function tellWaves(deps: Deps, organization: string, sight: Sight, only?: WaveRow): Promise<Wave[]> {
  const rows = only === undefined ? await deps.store.waves(organization, mostWaves) : [only]
  const records = await deps.book.hosts(organization)
  const whole = sight === wholeSight
  const seen = whole ? undefined : [...records.keys()].filter((id) => sight.sees(id))
  const counts = await deps.store.countsOf(
    organization,
    rows.map(({ id }) => id),
    seen,
  )
  const shown: Wave[] = []
  for (const row of rows)
    if (whole || counts.has(row.id))
      shown.push({ ...describe(row, records, counts.get(row.id)), ...(await waitOf(deps, organization, row, records)) })
  return shown
}

function describe(row: WaveRow, records: ReadonlyMap<string, HostRecord>, counts: Counts = new Map()): Omit<Wave, 'waitsFor' | 'untilMs'> {
  const environment = row.environmentId
  const known = environment === null ? undefined : [...records.values()].find(({ environmentId }) => environmentId === environment)
  const last = Math.max(row.stage, -1, ...counts.keys())
  return {
    id: row.id,
    version: row.version,
    counter: row.counter,
    environment: environment === null ? null : { id: environment, name: known?.environment ?? '' },
    tag: row.tag,
    host: row.hostId === null ? null : { id: row.hostId, name: records.get(row.hostId)?.name ?? '' },
    pauseMinutes: row.pauseMinutes,
    state: row.state,
    stage: row.stage,
    stages: Array.from({ length: last + 1 }, (_, stage) => counts.get(stage) ?? {}),
    why: row.why,
    by: row.madeBy,
    createdMs: row.createdAt.getTime(),
    endedMs: row.endedAt?.getTime() ?? null,
  }
}

/** For what a wave waits that is under way and sends nothing. */
async function waitOf(
  { store, nowMs }: Deps,
  organization: string,
  row: WaveRow,
  records: ReadonlyMap<string, HostRecord>,
): Promise<Pick<Wave, 'waitsFor' | 'untilMs'>> {
  if (row.state !== 'waiting') return { waitsFor: '', untilMs: 0 }
  const now = nowMs()
  const pausedMs = row.notBefore?.getTime() ?? 0
  if (pausedMs > now) return { waitsFor: 'pause', untilMs: pausedMs }
  const [windows, hosts] = await Promise.all([store.windows(organization), store.rows(organization, row.id, row.stage)])
  const places = new Set(hosts.flatMap(({ hostId, state }) => (state === 'left' ? [] : (records.get(hostId)?.environmentId ?? []))))
  const opens = [...places].flatMap((environment) => {
    const window = row.hostId === null ? windows.get(environment) : undefined
    return window === undefined || isOpen(window, now) ? [] : (nextChange(window, now) ?? 0)
  })
  if (opens.length > 0) return { waitsFor: 'window', untilMs: Math.min(...opens) }
  return { waitsFor: 'hosts', untilMs: 0 }
}

/** What somebody came to see first: failures, then who is on the way. */
const order = ['failed', 'starting', 'sending', 'left', 'skipped', 'waiting', 'done', 'dropped']

export async function tellHosts(deps: Deps, organization: string, sight: Sight, wave: WaveRow): Promise<WaveHost[]> {
  const [rows, records] = await Promise.all([deps.store.hostsOf(organization, wave.id), deps.book.hosts(organization)])
  return rows
    .filter(({ hostId }) => sight.sees(hostId))
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
    .slice(0, mostWaveHosts)
    .map((row) => tellHost(deps, records, row))
}

export function tellHost({ waves, states }: Deps, records: ReadonlyMap<string, HostRecord>, row: HostRow): WaveHost {
  const progress = waves.progressOf(row.waveId, row.hostId)
  const record = records.get(row.hostId)
  return {
    host: row.hostId,
    name: record?.name ?? '',
    stage: row.stage,
    state: row.state,
    reason: row.reason,
    said: row.said,
    fromVersion: row.fromVersion,
    runs: (states.of(row.hostId)?.version ?? record?.facts?.agentVersion ?? '').slice(0, 64),
    sentBytes: progress?.sent ?? 0,
    wantedBytes: progress?.wanted ?? 0,
  }
}
