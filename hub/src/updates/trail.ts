import type { AuditEntry, Audits } from '../base/audit.ts'
import type { Log } from '../base/log.ts'
import { isTooMany } from './stages.ts'
import type { Counts, Store } from './store.ts'
import type { HostRow, WaveRow } from './tables.ts'

interface TrailDeps {
  readonly store: Store
  readonly audits: Pick<Audits, 'write'>
  readonly log: Log
  readonly changed: (organization: string) => void
}

/** Ends a wave in which too many failed. Also one that is done: those that were offline are not to follow. */
export async function halt(deps: TrailDeps, organization: string, wave: WaveRow, counts: Counts): Promise<boolean> {
  if (wave.state === 'halted' || wave.state === 'stopped') return false
  for (const [stage, { failed: bad = 0, skipped: out = 0, dropped = 0, ...rest }] of counts) {
    const hosts = Object.values(rest).reduce((sum, count) => sum + count, bad)
    if (!isTooMany(bad, hosts)) continue
    const why = `${bad} of ${hosts} in stage ${stage + 1}`
    const halted = await deps.store.turn(organization, wave.id, ['waiting', 'running', 'paused', 'done'], { state: 'halted', why })
    if (halted === undefined) return false
    deps.changed(organization)
    deps.log('warn', 'a wave of updates was halted', { organization, wave: wave.id, version: wave.version, why, out, dropped })
    await write(deps, {
      ...entry(organization, wave),
      verb: 'update.halt',
      outcome: 'failed',
      after: { version: wave.version, failed: why },
    })
    return true
  }
  return false
}

export async function tellEnd(deps: TrailDeps, organization: string, wave: WaveRow, counts: Counts): Promise<void> {
  const sum = (state: 'done' | 'skipped' | 'left') => String([...counts.values()].reduce((all, one) => all + (one[state] ?? 0), 0))
  const after = { version: wave.version, updated: sum('done'), skipped: sum('skipped'), offline: sum('left') }
  await write(deps, { ...entry(organization, wave), verb: 'update.complete', outcome: 'ok', after })
}

type Told = Pick<AuditEntry, 'organization' | 'target' | 'targetName' | 'actor' | 'actorName' | 'code' | 'ip' | 'userAgent' | 'trace'>

/** The hub's own doing, in the name of who began it. */
function entry(organization: string, { id, version, madeBy }: WaveRow): Told {
  return { organization, target: id, targetName: version, actor: '', actorName: madeBy, code: '', ip: '', userAgent: '', trace: '' }
}

async function write(
  { audits, log }: TrailDeps,
  row: Told & Pick<AuditEntry, 'verb' | 'outcome' | 'after'> & { host?: string; hostName?: string },
) {
  const whole = { host: '', hostName: '', ...row }
  await audits.write(whole).catch((error: unknown) => log('error', 'an audit row was not written', { ...whole, error: String(error) }))
}

/** A host that failed, with its own words; nothing where it did not. */
export async function tellFailure(
  deps: TrailDeps,
  organization: string,
  wave: WaveRow,
  { hostId: host }: HostRow,
  hostName: string,
): Promise<void> {
  const now = await deps.store.row(organization, wave.id, host)
  if (now?.state !== 'failed') return
  const after = { version: wave.version, why: now.reason, problem: now.said }
  await write(deps, { ...entry(organization, wave), verb: 'update.fail', outcome: 'failed', host, hostName, after })
}
