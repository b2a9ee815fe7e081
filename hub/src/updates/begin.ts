import { randomUUID } from 'node:crypto'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Reason, Release, updatesApi, Wave } from '@fairlead/protocol/features/updates-api.ts'
import type { HubContext } from '../base/access.ts'
import { wholeSight } from '../base/sight.ts'
import type { createNews } from './news.ts'
import { findRelease, planWave, rowsOf } from './plan.ts'
import type { HeldRelease } from './releases.ts'
import { stagesOf } from './stages.ts'
import type { WaveRow } from './tables.ts'
import { tellWaves } from './tell.ts'
import type { WavesDeps } from './turn.ts'
import type { Waves } from './waves.ts'

/** What the handlers of updates share. */
export interface Known extends WavesDeps {
  readonly waves: Waves
  readonly watch: ReturnType<typeof createNews>['watch']
}
type Begin = Pick<Handlers<typeof updatesApi, HubContext>, 'preview' | 'begin' | 'pause' | 'resume' | 'stop'>

/** Waves as people make and move them. */
export function serveWaves(known: Known): Begin {
  const { store } = known
  return {
    async preview({ tag = '', counter }, { caller: { organization }, environment, sight }) {
      const release = await findRelease(known, counter)
      const plan = await planWave(known, { organization, environment, tag, sight: await sight() }, release)
      const ends = stagesOf(plan.hosts.length)
      return {
        release: publicOf(release),
        stages: ends.map((end, at) => end - (ends[at - 1] ?? 0)),
        offline: plan.hosts.filter(({ online }) => !online).length,
        skipped: countReasons(plan.skipped),
        current: plan.current,
        busy: plan.busy,
      }
    },
    async begin({ tag = '', counter, pauseMinutes }, { caller, environment, sight, note }) {
      const { organization } = caller
      const release = await findRelease(known, counter)
      note(release.version)
      const plan = await planWave(known, { organization, environment, tag, sight: await sight() }, release)
      if (plan.hosts.length === 0) throw new FairleadError('conflict', `No host there can be given ${release.version}: ${whyNobody(plan)}.`)
      const wave = { ...waveOf(caller, release), environmentId: environment === '' ? null : environment, tag, pauseMinutes }
      return told(known, organization, await store.insert(wave, rowsOf(organization, wave.id, plan)))
    },
    pause: (input, context) => move(known, input, context, ['waiting', 'running'], 'paused'),
    resume: (input, context) => move(known, input, context, ['paused'], 'waiting'),
    stop: (input, context) => move(known, input, context, ['waiting', 'running', 'paused'], 'stopped'),
  }
}

/** A wave that was just made or moved, once what there was to begin has begun. */
export async function told(known: Known, organization: string, row: WaveRow): Promise<Wave> {
  known.changed(organization)
  await known.waves.advance(organization)
  const now = (await known.store.wave(organization, row.id)) ?? row
  return (await tellWaves(known, organization, wholeSight, now))[0]!
}

async function move(
  known: Known,
  { wave: id }: { readonly wave: string },
  { caller: { organization }, environment, note }: HubContext,
  from: readonly WaveRow['state'][],
  to: 'paused' | 'waiting' | 'stopped',
): Promise<Wave> {
  const before = await known.store.wave(organization, id)
  // Of exactly the place that was judged: a wave of the whole organization is not that of one environment.
  if (before === undefined || (before.environmentId ?? '') !== environment) throw noSuchWave()
  note(before.version)
  const row = await known.store.turn(organization, before.id, from, { state: to })
  if (row === undefined) throw new FairleadError('conflict', `The wave is ${before.state}.`)
  if (to !== 'waiting') known.waves.end(organization, { wave: row.id })
  return told(known, organization, row)
}

/** What a wave says of who made it. */
export function waveOf({ organization, name }: HubContext['caller'], { version, counter }: Release) {
  return { organizationId: organization, id: randomUUID(), version, counter, state: 'waiting' as const, madeBy: name }
}

/** A release without what is the hub's own. */
export const publicOf = ({ dir: _dir, manifest: _manifest, signature: _signature, ...release }: HeldRelease): Release => release

function countReasons(skipped: readonly { readonly reason: Reason }[]): { reason: Reason; hosts: number }[] {
  const counts = new Map<Reason, number>()
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, hosts]) => ({ reason, hosts }))
}

function whyNobody({ current, busy, skipped }: { readonly current: number; readonly busy: number; readonly skipped: readonly unknown[] }) {
  if (current + busy + skipped.length === 0) return 'there is none'
  return `${current} have it or something newer, ${busy} are being updated, ${skipped.length} cannot take it`
}

export function noSuchWave(): FairleadError {
  return new FairleadError('not_found', 'There is no such wave of updates.')
}
