import { codeOf, codes } from '@fairlead/protocol/errors.ts'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import type { Reason } from '@fairlead/protocol/features/updates-api.ts'
import type { LiveHost } from '../fleet/fleet.ts'
import type { ReleaseFile } from './releases.ts'
import type { Change } from './store.ts'
import type { HostRow, WaveRow } from './tables.ts'

export const skipped = (reason: Reason, said = ''): Change => ({ state: 'skipped', reason, said })
export const failed = (reason: Reason, said = ''): Change => ({ state: 'failed', reason, said })

/** Why a host cannot be given any release. */
export function hindrance(host: Pick<LiveHost, 'features' | 'quarantined'>, state: UpdateState | undefined): Change | undefined {
  if (!host.features.includes('updates')) return skipped('old')
  if (host.quarantined) return skipped('quarantined')
  if (state !== undefined && state.target === null) return skipped('kind', state.problem)
  return undefined
}

/** It runs that release. One that was told to start it has it once it says that it keeps it. */
export function hasIt(
  state: UpdateState,
  { version, counter }: Pick<WaveRow, 'version' | 'counter'>,
  file: ReleaseFile | undefined,
): boolean {
  if (state.phase === 'trying') return false
  return file !== undefined && state.sha256 !== '' ? state.sha256 === file.sha256 : state.version === version && state.counter === counter
}

/** What a host that was told to start a release says of it; `undefined`: it was not begun. */
export function outcomeOf(row: HostRow, wave: WaveRow, state: UpdateState): Change | 'wait' | undefined {
  if (row.state !== 'starting' || state.next?.counter !== wave.counter) return undefined
  if (state.phase === 'trying') return 'wait'
  return state.phase === 'returned' ? failed('returned', state.problem) : undefined
}

/** What became of a host by what it, or its link, refused. `again`: it may go well later. */
export function outcomeOfError(error: unknown, forbidden: 'policy' | 'refused'): Change | 'again' {
  const code = codeOf(error)
  const said = error instanceof Error ? error.message : String(error)
  if (code === 'forbidden') return forbidden === 'policy' ? skipped('policy', said) : failed('refused', said)
  if (code === 'unsupported') return skipped('old')
  if (code === 'internal') return failed('broken', 'The hub could not send it; its log says why.')
  if (code === 'lost' || code === 'canceled' || codes[code].retryable) return 'again'
  return failed('refused', said)
}
