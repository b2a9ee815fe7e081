import type { UpdateWindow } from '@fairlead/protocol/features/updates-api.ts'
import type { Audits } from '../base/audit.ts'
import type { Log } from '../base/log.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import type { HostBook, HostRecord } from '../hosts/book.ts'
import { give, returnMs, type GiveDeps, type GiveEnd, type Given } from './give.ts'
import type { HostRow, WaveRow } from './tables.ts'
import { tellFailure } from './trail.ts'
import { failed, hindrance, skipped } from './verdict.ts'
import { isOpen, nextChange } from '@fairlead/protocol/window.ts'

/** Wall clock. */
export interface Clock {
  nowMs(): number
  after(delayMs: number, run: () => void): () => void
}

export interface WavesDeps extends GiveDeps {
  readonly audits: Pick<Audits, 'write'>
  readonly fleet: Pick<Fleet, 'find' | 'onHost'>
  readonly book: Pick<HostBook, 'hosts'>
  readonly clock: Clock
  readonly log: Log
  /** Why nothing may change anything on hosts now. */
  readonly held: () => string | undefined
  /** Something of it is otherwise. */
  readonly changed: (organization: string) => void
}

/** A host that was away for no longer comes back in the same stage; after that the stage goes on without it. */
const awayMs = 60_000
export const againMs = 10_000
const mostTries = 3
/** No timer is longer: what it waits for may have changed. */
export const longestMs = 6 * 3_600_000

export interface Active {
  readonly organization: string
  readonly wave: string
  readonly host: string
  readonly aborter: AbortController
  progress: { readonly sent: number; readonly wanted: number } | undefined
}

/** What is in memory of waves: who is on the way. All that counts is stored. */
export interface Engine extends WavesDeps {
  readonly openedMs: number
  readonly active: Map<string, Active>
  /** The link on which a host was told to start: it is not told twice. */
  readonly started: Map<string, LiveHost['session']>
  readonly tries: Map<string, number>
  closed: boolean
  advance(organization: string): Promise<void>
}

/** What is known of an organization at one look. */
export interface At {
  readonly organization: string
  readonly records: ReadonlyMap<string, HostRecord>
  readonly windows: ReadonlyMap<string, UpdateWindow>
  readonly wakeAt: (ms: number) => void
}

/** What is due for one host. true: its row is otherwise now. */
export async function turnOf(engine: Engine, at: At, wave: WaveRow, row: HostRow): Promise<boolean> {
  const { store, states, fleet, active, openedMs } = engine
  const { organization, wakeAt } = at
  const nowMs = engine.nowMs()
  const record = at.records.get(row.hostId)
  const set = (change: Parameters<typeof store.change>[3]) => store.change(organization, row, [row.state], change)
  if (record === undefined) return set(skipped('removed'))
  const overMs = Math.max(row.startedAt?.getTime() ?? 0, openedMs) + returnMs
  if (row.state === 'starting' && nowMs >= overMs) {
    endThose(engine, (one) => one.wave === wave.id && one.host === row.hostId)
    const late = await set(failed('late'))
    if (late) await tellFailure(engine, organization, wave, row, record.name)
    return late
  }
  if (row.state === 'starting') wakeAt(overMs)
  if (active.has(keyOf(row))) return false
  const gives = wave.state !== 'paused' && wave.state !== 'halted' && wave.state !== 'stopped'
  if (!gives && row.state !== 'starting') return false
  const host = fleet.find(row.hostId)
  if (host?.session?.alive !== true) {
    if (row.state === 'starting' || row.state === 'left') return false
    const goneMs = Math.max(host?.lastSeenMs ?? 0, openedMs) + awayMs
    if (nowMs >= goneMs) return set({ state: 'left' })
    wakeAt(goneMs)
    return false
  }
  const pausedMs = wave.notBefore?.getTime() ?? 0
  if (row.state === 'waiting' && row.stage === wave.stage && nowMs < pausedMs) {
    wakeAt(pausedMs)
    return false
  }
  const window = wave.hostId === null ? at.windows.get(record.environmentId) : undefined
  if (row.state !== 'starting' && window !== undefined && !isOpen(window, nowMs)) {
    wakeAt(nextChange(window, nowMs) ?? nowMs + longestMs)
    return false
  }
  if (row.state === 'left' && (await isOlder(engine, wave))) return set(skipped('newer'))
  // It has not said yet what it is: it does so in a moment.
  if (states.of(row.hostId) === undefined && hindrance(host, undefined) === undefined) return false
  begin(engine, { organization, wave, row, host, window })
  return false
}

/** A newer release is there: whoever missed this one gets that one, when somebody begins with it. */
async function isOlder({ releases }: Engine, { counter }: WaveRow): Promise<boolean> {
  return (await releases.list()).some((release) => release.problem === '' && release.counter > counter)
}

type Begun = Pick<Given, 'organization' | 'wave' | 'row' | 'host' | 'window'>

function begin(engine: Engine, begun: Begun): void {
  const { active, started, states } = engine
  const { organization, wave, row, host } = begun
  const own: Active = { organization, wave: wave.id, host: row.hostId, aborter: new AbortController(), progress: undefined }
  active.set(keyOf(row), own)
  const onProgress = (sent: number, wanted: number) => {
    own.progress = { sent, wanted }
    engine.changed(organization)
  }
  const { session } = host
  const seen = states.of(row.hostId)
  const startedHere = row.state === 'starting' && started.get(keyOf(row)) === session
  const given = { ...begun, startedHere, signal: own.aborter.signal, onProgress }
  void give(engine, given)
    .catch((error: unknown): GiveEnd => {
      if (!engine.closed)
        engine.log('warn', 'how far a host is was not stored; it is tried again', { host: row.hostId, error: String(error) })
      return 'again'
    })
    .then(async (end): Promise<void> => {
      active.delete(keyOf(row))
      if (engine.closed) return
      if (end === 'started') started.set(keyOf(row), session)
      // What it said since is looked at; else nothing is otherwise before it says something.
      if (end === 'wait' && states.of(row.hostId) === seen) return undefined
      if (end === 'again' && host.session === session && session?.alive === true) return retry(engine, own, row)
      if (end === 'changed') await tellFailure(engine, organization, wave, row, host.name)
      engine.changed(organization)
      return engine.advance(organization)
    })
    .catch((error: unknown) => engine.log('error', 'a wave of updates did not go on', { organization, error: String(error) }))
}

/** The link lives and it did not go well all the same: a few more times, then it is a failure. */
async function retry(engine: Engine, own: Active, row: HostRow): Promise<void> {
  const { store, tries } = engine
  if (own.aborter.signal.aborted) return engine.advance(own.organization)
  const count = (tries.get(keyOf(row)) ?? 0) + 1
  tries.set(keyOf(row), count)
  if (count < mostTries) {
    engine.clock.after(againMs, () => void engine.advance(own.organization))
    return
  }
  tries.delete(keyOf(row))
  const tried = failed('broken', 'It was tried three times.')
  const changed = await store.change(own.organization, row, ['waiting', 'sending', 'starting', 'left'], tried)
  const wave = await store.wave(own.organization, own.wave)
  if (changed && wave !== undefined)
    await tellFailure(engine, own.organization, wave, row, (await engine.book.hosts(own.organization)).get(own.host)?.name ?? '')
  engine.changed(own.organization)
  return engine.advance(own.organization)
}

export function endThose({ active }: Engine, which: (one: Active) => boolean): void {
  for (const one of active.values()) if (which(one)) one.aborter.abort()
}

/** Of a host in a wave, for what is held of it in memory. */
export const keyOf = ({ waveId, hostId }: Pick<HostRow, 'waveId' | 'hostId'>) => `${waveId} ${hostId}`
