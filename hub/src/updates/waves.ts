import type { UpdateWindow } from '@fairlead/protocol/features/updates-api.ts'
import type { AuditEntry, Audits } from '../base/audit.ts'
import type { Log } from '../base/log.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import type { HostBook, HostRecord } from '../hosts/book.ts'
import { give, returnMs, type GiveDeps, type GiveEnd } from './give.ts'
import { isTooMany } from './stages.ts'
import { underWay, type Counts } from './store.ts'
import type { HostRow, WaveRow } from './tables.ts'
import { failed, hindrance, skipped } from './verdict.ts'
import { isOpen, nextChange } from './windows.ts'

/** Wall clock. */
export interface Clock {
  nowMs(): number
  after(delayMs: number, run: () => void): () => void
}

export interface WavesDeps extends GiveDeps {
  readonly audits: Pick<Audits, 'write'>
  readonly fleet: Pick<Fleet, 'find'>
  readonly book: Pick<HostBook, 'hosts'>
  readonly clock: Clock
  readonly log: Log
  /** Why nothing may change anything on hosts now. */
  readonly held: () => string | undefined
  /** Something of it is otherwise. */
  readonly changed: (organization: string) => void
}

export interface Waves {
  /** Looks again at what is not over; resolves once what there was to begin has begun. */
  advance(organization: string): Promise<void>
  /** The same, where there is something that is not over. */
  news(organization: string): void
  /** Ends what is on its way to a host, to those of a wave, or to all of an organization. */
  end(organization: string, which?: { readonly wave?: string; readonly host?: string }): void
  progressOf(wave: string, host: string): { readonly sent: number; readonly wanted: number } | undefined
  close(): Promise<void>
}

/** A host that was away for no longer comes back in the same stage; after that the stage goes on without it. */
const awayMs = 60_000
const againMs = 10_000
const mostTries = 3
/** No timer is longer: what it waits for may have changed. */
const longestMs = 6 * 3_600_000

interface Active {
  readonly organization: string
  readonly wave: string
  readonly host: string
  readonly aborter: AbortController
  progress: { readonly sent: number; readonly wanted: number } | undefined
}

/**
 * Moves waves on. All that counts is in the database; what is in memory here is who is on the way, and a hub that dies finds the rest
 * again. Moved by what happens: a host that came or said something, a person, a pause or a window that is over.
 */
export function openWaves(deps: WavesDeps): Waves {
  const { store, states, fleet, clock } = deps
  const openedMs = clock.nowMs()
  const active = new Map<string, Active>()
  /** The link on which a host was told to start: it says nothing more on that one. */
  const started = new Map<string, LiveHost['session']>()
  const tries = new Map<string, number>()
  const turns = new Map<string, { again: boolean; done: Promise<void> }>()
  const timers = new Map<string, () => void>()
  /** Organizations in which all is over. */
  const idle = new Set<string>()
  let closed = false

  function advance(organization: string): Promise<void> {
    const turn = turns.get(organization)
    if (turn !== undefined) {
      turn.again = true
      return turn.done
    }
    const own = { again: true, done: Promise.resolve() }
    turns.set(organization, own)
    own.done = (async () => {
      while (own.again && !closed) {
        own.again = false
        await look(organization).catch((error: unknown) => {
          if (closed) return
          deps.log('warn', 'waves of updates could not be looked at; again in a moment', { organization, error: String(error) })
          wake(organization, clock.nowMs() + againMs)
        })
      }
      turns.delete(organization)
    })()
    return own.done
  }

  function wake(organization: string, atMs: number): void {
    timers.get(organization)?.()
    const delayMs = Math.min(longestMs, Math.max(0, atMs - clock.nowMs()))
    timers.set(
      organization,
      clock.after(delayMs, () => void advance(organization)),
    )
  }

  async function look(organization: string): Promise<void> {
    if (deps.held() !== undefined) return
    idle.delete(organization)
    const waves = await store.open(organization)
    if (waves.length === 0) return void idle.add(organization)
    const [records, windows] = await Promise.all([deps.book.hosts(organization), store.windows(organization)])
    let wakeMs = Number.POSITIVE_INFINITY
    for (const wave of waves) {
      const at = { organization, records, windows, wakeAt: (ms: number) => void (wakeMs = Math.min(wakeMs, ms)) }
      while (await step(at, wave.id)) if (closed) return
    }
    if (Number.isFinite(wakeMs)) wake(organization, wakeMs)
  }

  interface At {
    readonly organization: string
    readonly records: ReadonlyMap<string, HostRecord>
    readonly windows: ReadonlyMap<string, UpdateWindow>
    readonly wakeAt: (ms: number) => void
  }

  /** true: something of it is otherwise, and it is to be looked at once more. */
  async function step(at: At, id: string): Promise<boolean> {
    const { organization } = at
    const wave = await store.wave(organization, id)
    if (wave === undefined) return false
    const counts = (await store.countsOf(organization, [id])).get(id) ?? new Map()
    if (await halt(deps, organization, wave, counts)) {
      endThose((one) => one.wave === id)
      return true
    }
    const rows = await store.rows(organization, id, wave.stage)
    let otherwise = false
    for (const row of rows) if (await turnOf(at, wave, row)) otherwise = true
    if (otherwise) return true
    return underWay.some((state) => state === wave.state) && (await goOn(at, wave, counts))
  }

  /** What is due for one host. true: its row is otherwise now. */
  async function turnOf(at: At, wave: WaveRow, row: HostRow): Promise<boolean> {
    const { organization, wakeAt } = at
    const nowMs = clock.nowMs()
    const record = at.records.get(row.hostId)
    const set = (change: Parameters<typeof store.change>[3]) => store.change(organization, row, [row.state], change)
    if (record === undefined) return set(skipped('removed'))
    const overMs = Math.max(row.startedAt?.getTime() ?? 0, openedMs) + returnMs
    if (row.state === 'starting' && nowMs >= overMs) {
      endThose((one) => one.wave === wave.id && one.host === row.hostId)
      const late = await set(failed('late'))
      if (late) await tellFailure(organization, wave, row, record.name)
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
    if (row.state === 'left' && (await isOlder(wave))) return set(skipped('newer'))
    // It has not said yet what it is: it does so in a moment.
    if (states.of(row.hostId) === undefined && hindrance(host, undefined) === undefined) return false
    begin(at.organization, wave, row, host, window)
    return false
  }

  /** A newer release is there: whoever missed this one gets that one, when somebody begins with it. */
  async function isOlder({ counter }: WaveRow): Promise<boolean> {
    return (await deps.releases.list()).some((release) => release.problem === '' && release.counter > counter)
  }

  function begin(organization: string, wave: WaveRow, row: HostRow, host: LiveHost, window: UpdateWindow | undefined): void {
    const own: Active = { organization, wave: wave.id, host: row.hostId, aborter: new AbortController(), progress: undefined }
    active.set(keyOf(row), own)
    const onProgress = (sent: number, wanted: number) => {
      own.progress = { sent, wanted }
      deps.changed(organization)
    }
    const { session } = host
    const seen = states.of(row.hostId)
    const startedHere = row.state === 'starting' && started.get(keyOf(row)) === session
    const given = { organization, wave, row, host, window, startedHere, signal: own.aborter.signal, onProgress }
    void give(deps, given)
      .catch((error: unknown): GiveEnd => {
        if (!closed) deps.log('warn', 'how far a host is was not stored; it is tried again', { host: row.hostId, error: String(error) })
        return 'again'
      })
      .then(async (end): Promise<void> => {
        active.delete(keyOf(row))
        if (closed) return
        if (end === 'started') started.set(keyOf(row), session)
        // What it said since is looked at; else nothing is otherwise before it says something.
        if (end === 'wait' && states.of(row.hostId) === seen) return undefined
        if (end === 'again' && host.session === session && session?.alive === true) return retry(own, row)
        if (end === 'changed') await tellFailure(organization, wave, row, host.name)
        deps.changed(organization)
        return advance(organization)
      })
      .catch((error: unknown) => deps.log('error', 'a wave of updates did not go on', { organization, error: String(error) }))
  }

  /** The link lives and it did not go well all the same: a few more times, then it is a failure. */
  async function retry(own: Active, row: HostRow): Promise<void> {
    if (own.aborter.signal.aborted) return advance(own.organization)
    const count = (tries.get(keyOf(row)) ?? 0) + 1
    tries.set(keyOf(row), count)
    if (count < mostTries) {
      clock.after(againMs, () => void advance(own.organization))
      return
    }
    tries.delete(keyOf(row))
    await store.change(own.organization, row, ['waiting', 'sending', 'starting', 'left'], failed('broken', 'It was tried three times.'))
    const wave = await store.wave(own.organization, own.wave)
    if (wave !== undefined)
      await tellFailure(own.organization, wave, row, (await deps.book.hosts(own.organization)).get(own.host)?.name ?? '')
    deps.changed(own.organization)
    return advance(own.organization)
  }

  async function tellFailure(organization: string, wave: WaveRow, { hostId: host }: HostRow, hostName: string): Promise<void> {
    const now = await store.row(organization, wave.id, host)
    if (now?.state !== 'failed') return
    const after = { version: wave.version, why: now.reason, problem: now.said }
    await write(deps, { ...entry(organization, wave), verb: 'update.fail', outcome: 'failed', host, hostName, after })
  }

  /** The stage, when nobody of it is on the way any more. */
  async function goOn(at: At, wave: WaveRow, counts: Counts): Promise<boolean> {
    const { organization } = at
    const here = counts.get(wave.stage) ?? {}
    const busy = (here.waiting ?? 0) + (here.sending ?? 0) + (here.starting ?? 0)
    const moving = [...active.values()].some((one) => one.wave === wave.id)
    const next = moving || (here.starting ?? 0) > 0 ? 'running' : 'waiting'
    if (busy > 0) {
      if (next === wave.state) return false
      deps.changed(organization)
      return (await store.turn(organization, wave.id, [wave.state], { state: next })) === undefined
    }
    deps.changed(organization)
    const succeeded = (here.done ?? 0) > 0
    if (!succeeded && (await store.promote(organization, wave.id, wave.stage))) return true
    const lefts = [...counts].reduce((sum, [stage, { left = 0 }]) => sum + (stage <= wave.stage ? left : 0), 0)
    if (!succeeded && lefts > 0) {
      // Nobody of it is there: it waits for the first one that is.
      if (wave.state !== 'waiting') await store.turn(organization, wave.id, [wave.state], { state: 'waiting' })
      return false
    }
    const later = [...counts.keys()].filter((stage) => stage > wave.stage)
    if (later.length === 0) {
      if ((await store.turn(organization, wave.id, underWay, { state: 'done' })) !== undefined)
        await tellEnd(deps, organization, wave, counts)
      return true
    }
    const notBefore = new Date(clock.nowMs() + wave.pauseMinutes * 60_000)
    return (await store.turn(organization, wave.id, underWay, { state: 'waiting', stage: Math.min(...later), notBefore })) !== undefined
  }

  function endThose(which: (one: Active) => boolean): void {
    for (const one of active.values()) if (which(one)) one.aborter.abort()
  }

  return {
    advance,
    news: (organization) => void (idle.has(organization) || void advance(organization)),
    end: (organization, { wave, host } = {}) =>
      endThose((one) => one.organization === organization && (wave ?? one.wave) === one.wave && (host ?? one.host) === one.host),
    progressOf: (wave, host) => active.get(`${wave} ${host}`)?.progress,
    async close() {
      closed = true
      for (const stop of timers.values()) stop()
      endThose(() => true)
      await Promise.allSettled([...turns.values()].map(({ done }) => done))
    },
  }
}

const keyOf = ({ waveId, hostId }: Pick<HostRow, 'waveId' | 'hostId'>) => `${waveId} ${hostId}`

/** Ends a wave in which too many failed. Also one that is done: those that were offline are not to follow. */
async function halt(deps: WavesDeps, organization: string, wave: WaveRow, counts: Counts): Promise<boolean> {
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

async function tellEnd(deps: WavesDeps, organization: string, wave: WaveRow, counts: Counts): Promise<void> {
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
  { audits, log }: WavesDeps,
  row: Told & Pick<AuditEntry, 'verb' | 'outcome' | 'after'> & { host?: string; hostName?: string },
) {
  const whole = { host: '', hostName: '', ...row }
  await audits.write(whole).catch((error: unknown) => log('error', 'an audit row was not written', { ...whole, error: String(error) }))
}
