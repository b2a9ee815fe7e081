import { codeOf } from '@fairlead/protocol/errors.ts'
import type { UpdateWindow, WaveHostState } from '@fairlead/protocol/features/updates-api.ts'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import type { Log } from '../base/log.ts'
import type { LiveHost } from '../fleet/fleet.ts'
import type { HeldRelease, ReleaseFile, Releases } from './releases.ts'
import { sendRelease } from './send.ts'
import type { HostStates } from './states.ts'
import type { Change, Store } from './store.ts'
import type { HostRow, WaveRow } from './tables.ts'
import { failed, hasIt, hindrance, outcomeOf, outcomeOfError, skipped } from './verdict.ts'
import { isOpen, nextChange } from '@fairlead/protocol/window.ts'

/** From when a host is told to start a release until it is back with it: its own limit is two minutes. */
export const returnMs = 300_000

/** A host that takes nothing, or says nothing, for so long has had its turn: others wait for its place. */
const stallMs = 120_000

export interface GiveDeps {
  readonly clock: { after(delayMs: number, run: () => void): () => void }
  readonly store: Store
  readonly releases: Releases
  readonly states: HostStates
  readonly slots: (signal: AbortSignal) => Promise<() => void>
  readonly nowMs: () => number
  readonly log: Log
}

export interface Given {
  readonly organization: string
  readonly wave: WaveRow
  readonly row: HostRow
  readonly host: LiveHost
  /** undefined: at any time. */
  readonly window: UpdateWindow | undefined
  /** It was told to start on this very link, and is not told again. */
  readonly startedHere: boolean
  readonly signal: AbortSignal
  readonly onProgress: (sent: number, wanted: number) => void
}

/** `again`: the same once more, after a while. `wait`: what happens next is the host's. `started`: it was told to start, on this link. */
export type GiveEnd = 'changed' | 'again' | 'wait' | 'started'

/** One host's way: what it says, offer, blocks, start. Each step is stored before the next; whoever goes on after a cut repeats none that is done. */
export async function give(deps: GiveDeps, given: Given): Promise<GiveEnd> {
  const { store } = deps
  const { organization, row } = given
  // Who read its row before another one changed it changes nothing, and has nothing to tell.
  const settle = async (change: Change, ...also: WaveHostState[]): Promise<GiveEnd> =>
    (await store.change(organization, row, [...also, row.state], change)) ? 'changed' : 'wait'
  const hindered = hindrance(given.host, deps.states.of(row.hostId))
  if (hindered !== undefined) return settle(hindered)
  const state = deps.states.of(row.hostId)
  if (state?.target == null) return 'wait'
  try {
    const found = await find(deps, given, state)
    if ('change' in found) return await settle(found.change)
    if (hasIt(state, given.wave, found.file)) return await settle({ state: 'done' })
    const told = outcomeOf(row, given.wave, state)
    if (told === 'wait' || (told === undefined && given.startedHere)) return 'wait'
    if (told !== undefined) return await settle(told)
    return await bring(deps, given, state, found)
  } catch (error) {
    const outcome = outcomeOfError(error, await whyForbidden(deps, given, error))
    if (codeOf(error) === 'internal') deps.log('error', 'a release was not sent', { host: row.hostId, error: String(error) })
    if (outcome === 'again') return 'again'
    // It may have been on its way already.
    return settle(outcome, 'sending', 'starting')
  }
}

interface Found {
  readonly release: HeldRelease
  readonly file: ReleaseFile
}

async function find({ releases }: GiveDeps, { wave }: Given, { target }: UpdateState): Promise<Found | { readonly change: Change }> {
  const all = await releases.list()
  const release = all.find(({ counter, version, problem }) => counter === wave.counter && version === wave.version && problem === '')
  if (release === undefined) return { change: failed('broken', `This hub has the release ${wave.version} no more.`) }
  const file = await releases.file(release, target!)
  return file === undefined ? { change: skipped('file', target!) } : { release, file }
}

async function bring(deps: GiveDeps, given: Given, state: UpdateState, { release, file }: Found): Promise<GiveEnd> {
  const { store, nowMs } = deps
  const { organization, row, host, window, signal, onProgress } = given
  const { updates } = host.clients
  const leave = await deps.slots(signal)
  const turn = createTurn(deps, signal)
  let last: UpdateState
  try {
    // Of what it was when it was read: it may have come further since, and is not to be given it twice.
    if (!(await store.change(organization, row, [row.state], { state: 'sending', fromVersion: state.version }))) return 'wait'
    const moves = (sent: number, wanted: number) => {
      turn.moved()
      onProgress(sent, wanted)
    }
    last = await sendRelease({ updates, release, file, signal: turn.signal, onProgress: moves })
  } finally {
    turn.end()
    leave()
  }
  if (last.phase !== 'ready' || last.next?.sha256 !== file.sha256) {
    const refused = failed('refused', last.problem || `It is ${last.phase}, and not ready to start.`)
    return (await store.change(organization, row, ['sending'], refused)) ? 'changed' : 'wait'
  }
  const now = nowMs()
  // It closed meanwhile: what is there already waits on the host for the next one.
  if (window !== undefined && !isOpen(window, now)) return 'changed'
  const startedAt = row.startedAt ?? new Date(now)
  if (!(await store.change(organization, row, ['sending'], { state: 'starting', startedAt, fromVersion: state.version }))) return 'wait'
  const untilMs = Math.min(now + returnMs, (window && nextChange(window, now)) ?? Number.POSITIVE_INFINITY)
  await updates.start({ sha256: file.sha256, notAfterMs: Math.max(0, untilMs + host.clockSkewMs) }, { signal })
  return 'started'
}

/** A host refuses by its policy, or it refuses this release: only the first is no failure. */
async function whyForbidden(deps: GiveDeps, { host, signal }: Given, error: unknown): Promise<'policy' | 'refused'> {
  if (codeOf(error) !== 'forbidden' || !host.features.includes('policy')) return 'refused'
  const turn = createTurn(deps, signal)
  try {
    for await (const { may } of host.clients.policy.watch({}, { signal: turn.signal }))
      return may['agent.update'] === 'yes' ? 'refused' : 'policy'
  } catch {
    // It says nothing of its policy now: then nothing is known to be wrong with the release.
  } finally {
    turn.end()
  }
  return 'policy'
}

/** Over when somebody ends it, or when nothing moved for too long. */
function createTurn({ clock }: GiveDeps, signal: AbortSignal) {
  const stalled = new AbortController()
  const wait = () => clock.after(stallMs, () => stalled.abort())
  let cancel = wait()
  return {
    signal: AbortSignal.any([signal, stalled.signal]),
    moved() {
      cancel()
      cancel = wait()
    },
    end: () => cancel(),
  }
}
