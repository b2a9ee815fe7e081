import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Reason } from '@fairlead/protocol/features/updates-api.ts'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import type { Sight } from '../base/sight.ts'
import type { HostRecord } from '../hosts/book.ts'
import type { WavesDeps } from './turn.ts'
import type { HeldRelease, Releases } from './releases.ts'
import { inTurn, stageAt, stagesOf } from './stages.ts'
import type { updateHosts } from './tables.ts'
import { hasIt, hindrance } from './verdict.ts'

interface Scope {
  readonly organization: string
  /** '': the whole organization. */
  readonly environment: string
  readonly tag: string
  readonly sight: Sight
}

interface Candidate {
  readonly id: string
  readonly name: string
  readonly online: boolean
  readonly kind: string
  readonly version: string
}

/** Who would get a release, and in which order. */
export interface Plan {
  readonly hosts: readonly Candidate[]
  readonly skipped: readonly { readonly id: string; readonly reason: Reason; readonly said: string; readonly version: string }[]
  /** They have it, or something newer. */
  readonly current: number
  readonly busy: number
}

export async function planWave(deps: WavesDeps, { organization, environment, tag, sight }: Scope, release: HeldRelease): Promise<Plan> {
  const [records, busy] = await Promise.all([deps.book.hosts(organization), deps.store.busy(organization)])
  const hosts: Candidate[] = []
  const skipped: Plan['skipped'][number][] = []
  let current = 0
  let taken = 0
  for (const record of records.values()) {
    if (!sight.sees(record.id) || (environment !== '' && record.environmentId !== environment)) continue
    if (tag !== '' && !record.tags.includes(tag)) continue
    const candidate = candidateOf(deps, record)
    const hindered = whyNot(deps, record.id)
    if (busy.has(record.id)) taken++
    else if (await isCurrent(deps, record, release)) current++
    else if (hindered !== undefined) skipped.push({ id: record.id, ...hindered, version: candidate.version })
    else hosts.push(candidate)
  }
  return { hosts: inTurn(hosts), skipped, current, busy: taken }
}

function candidateOf({ fleet, states }: WavesDeps, { id, name, facts }: HostRecord): Candidate {
  return {
    id,
    name,
    kind: kindOf(facts),
    online: fleet.find(id)?.session?.alive === true,
    version: states.of(id)?.version ?? facts?.agentVersion ?? '',
  }
}

/** '': it has not said yet. */
function kindOf(facts: HostRecord['facts']): string {
  return facts === null || facts.os === '' ? '' : [facts.os, facts.arch, facts.engine.name].join('/')
}

/** Of a host that is there; one that is offline is asked when it is back. */
export function whyNot({ fleet, states }: Pick<WavesDeps, 'fleet' | 'states'>, id: string): { reason: Reason; said: string } | undefined {
  const host = fleet.find(id)
  if (host?.session?.alive !== true) return undefined
  const change = hindrance(host, states.of(id))
  return change === undefined ? undefined : { reason: change.reason ?? '', said: change.said ?? '' }
}

async function isCurrent({ states, releases }: WavesDeps, { id, facts }: HostRecord, release: HeldRelease): Promise<boolean> {
  const state = states.of(id)
  if (state === undefined) return facts?.agentVersion === release.version
  return state.counter > release.counter || runsIt(releases, state, release)
}

/** By the very file where that is known: one that went back counts as high as before, and two builds may call themselves alike. */
export async function runsIt(releases: Releases, state: UpdateState, release: HeldRelease): Promise<boolean> {
  const file = state.target === null ? undefined : await releases.file(release, state.target).catch(() => undefined)
  return hasIt(state, release, file)
}

type NewHost = typeof updateHosts.$inferInsert

/** Its rows. Who is skipped stands in the last stage, where it hinders nobody. */
export function rowsOf(organizationId: string, waveId: string, { hosts, skipped }: Plan): NewHost[] {
  const ends = stagesOf(hosts.length)
  const base = { organizationId, waveId }
  const given = hosts.map(({ id, version }, place): NewHost => ({
    ...base,
    hostId: id,
    place,
    stage: stageAt(place, ends),
    state: 'waiting',
    fromVersion: version.slice(0, 64),
  }))
  const out = skipped.map(({ id, reason, said, version }, at): NewHost => ({
    ...base,
    hostId: id,
    place: hosts.length + at,
    stage: Math.max(0, ends.length - 1),
    state: 'skipped',
    reason,
    said,
    fromVersion: version.slice(0, 64),
  }))
  return [...given, ...out]
}

/** The one of a number, else the newest; throws when there is none that hosts would take. */
export async function findRelease({ releases, nowMs }: Pick<WavesDeps, 'releases' | 'nowMs'>, counter?: number): Promise<HeldRelease> {
  const all = await releases.list()
  const asked = counter === undefined ? all : all.filter((release) => release.counter === counter)
  const found = asked.find(({ problem }) => problem === '') ?? (counter === undefined ? undefined : asked[0])
  if (found === undefined)
    throw new FairleadError(
      'not_found',
      counter === undefined
        ? 'This hub has no release: build one with npm run build:agent, or copy one into the folder releases of its data folder.'
        : 'This hub has no such release.',
    )
  if (found.problem !== '') throw new FairleadError('conflict', `The release in ${found.folder} is offered to nobody: ${found.problem}`)
  if (found.expiresMs <= nowMs())
    throw new FairleadError(
      'conflict',
      `The release ${found.version} expired on ${new Date(found.expiresMs).toISOString().slice(0, 10)}: no host takes it any more. Get a newer one.`,
    )
  return found
}
