import { setTimeout as sleep } from 'node:timers/promises'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { journalApi, LocalEntry } from '@fairlead/protocol/features/journal.ts'
import type { HubContext } from '../base/access.ts'
import type { AuditEntry, Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { eq } from '../base/drizzle.ts'
import type { Log } from '../base/log.ts'
import { featureOf } from '../fleet/feature.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import { keepListening } from '../fleet/keep.ts'
import { createPace } from './pace.ts'
import { hostJournals } from './tables.ts'

interface Deps {
  readonly db: Database
  readonly audits: Pick<Audits, 'write'>
  readonly fleet: Pick<Fleet, 'onAttach'>
  readonly log: Log
}

/** What was done on hosts past this hub comes into the trail: once, in order, marked local, whenever the link is back. */
export function followJournals(deps: Deps): void {
  const { fleet, log } = deps
  const paces = new Map<string, () => number>()
  fleet.onAttach((host) => {
    if (!host.features.includes('journal')) return
    const next = paces.get(host.id) ?? createPace()
    paces.set(host.id, next)
    keepListening(host, { log, what: 'journal', run: (_host, ended) => void follow(deps, host, next, ended).catch(ended) })
  })
}

async function follow(deps: Deps, host: LiveHost, next: () => number, ended: (error?: unknown) => void): Promise<void> {
  let last = await position(deps.db, host)
  host.clients.journal.watch({ chain: last.chain, after: last.number }).each(async (entry) => {
    const missed = entry.chain === last.chain ? entry.number - last.number - 1 : entry.number - 1
    await take(deps, host, entry, missed)
    last = entry
    await sleep(next(), undefined, { ref: false })
  }, ended)
}

async function position(db: Database, { organization, id }: LiveHost): Promise<{ chain: string; number: number }> {
  const [found] = await db.tx({ organization }, (_sql, orm) => orm.select().from(hostJournals).where(eq(hostJournals.hostId, id)))
  return found ?? { chain: '', number: 0 }
}

/** The place and the row in one transaction: whoever dies in between, there is neither or both. */
async function take({ audits }: Deps, host: LiveHost, entry: LocalEntry, missed: number): Promise<void> {
  const { id: hostId, organization: organizationId } = host
  const { chain, number } = entry
  await audits.write(rowOf(host, entry, missed), async (sql) => {
    const [moved] = await sql`INSERT INTO host_journals (organization_id, host_id, chain, number)
      VALUES (${organizationId}, ${hostId}, ${chain}, ${number}) ON CONFLICT (organization_id, host_id)
      DO UPDATE SET chain = excluded.chain, number = excluded.number
      WHERE host_journals.chain <> excluded.chain OR host_journals.number < excluded.number RETURNING 1`
    return moved !== undefined
  })
}

/** `after` says when by the host's clock, and what else it told. */
function rowOf({ id: host, name: hostName, organization }: LiveHost, entry: LocalEntry, missed: number): AuditEntry {
  const { verb, who, outcome, target, targetName, timeMs } = entry
  const { code = '', ...facts } = entry.facts
  const after = { ...facts, at: new Date(timeMs).toISOString(), ...(missed > 0 ? { missed: String(missed) } : {}) }
  const base = {
    organization,
    actor: host,
    actorName: who,
    actorKind: 'local' as const,
    host,
    hostName,
    code,
    ip: '',
    userAgent: '',
    trace: '',
  }
  return { ...base, verb: `local.${verb}`, outcome, target, ...(targetName === '' ? {} : { targetName }), after }
}

/** What a host wrote down of what was asked of it, in the host's own words. */
export function serveJournal(fleet: Pick<Fleet, 'onHost' | 'find'>): Handlers<typeof journalApi, HubContext> {
  return {
    read: async (input, { host, signal, trace }) => featureOf(fleet, host, 'journal', 'keep a journal').read(input, { signal, trace }),
  }
}
