import { randomUUID } from 'node:crypto'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Reason, Release, updatesApi, Wave } from '@fairlead/protocol/features/updates-api.ts'
import { noSuchHost, type HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { wholeSight } from '../base/sight.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import type { HostBook } from '../hosts/book.ts'
import { createNews } from './news.ts'
import { findRelease, planWave, rowsOf, runsIt, whyNot } from './plan.ts'
import type { HeldRelease, Releases } from './releases.ts'
import { createSlots, mostFed } from './send.ts'
import { followStates } from './states.ts'
import { createStore } from './store.ts'
import type { WaveRow } from './tables.ts'
import { stagesOf } from './stages.ts'
import { tellHost, tellHosts, tellWaves } from './tell.ts'
import type { Clock, WavesDeps } from './turn.ts'
import { openWaves, type Waves } from './waves.ts'
import { isZone } from '@fairlead/protocol/window.ts'

export interface UpdatesDeps {
  readonly db: Database
  readonly audits: Pick<Audits, 'write'>
  readonly fleet: Fleet
  readonly book: HostBook
  readonly releases: Releases
  readonly log: Log
  readonly held: () => string | undefined
  readonly clock?: Clock
}

export interface Updates {
  readonly handlers: Handlers<typeof updatesApi, HubContext>
  /** What was under way when the hub ended goes on. */
  goOn(organizations: readonly string[]): Promise<void>
  /** The host is removed: it leaves its waves. */
  hostGone(organization: string, host: string): Promise<void>
  /** Ends what is on its way to hosts of an organization that goes. */
  forget(organization: string): void
  close(): Promise<void>
}

const wallClock: Clock = {
  nowMs: Date.now,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref()
    return () => clearTimeout(timer)
  },
}
/** How long a host may take to begin with going back, by its own clock. */
const revertMs = 60_000

interface Known extends WavesDeps {
  readonly waves: Waves
  readonly watch: ReturnType<typeof createNews>['watch']
}
type AllHandlers = Updates['handlers']

/** Releases and who has which; waves of them; hosts one by one. */
export function openUpdates({ db, clock = wallClock, ...given }: UpdatesDeps): Updates {
  const news = createNews()
  const states = followStates(given)
  const slots = createSlots(mostFed)
  const deps: WavesDeps = { ...given, store: createStore(db), states, slots, clock, nowMs: clock.nowMs, changed: news.changed }
  const waves = openWaves(deps)
  const hear = ({ organization }: LiveHost) => {
    news.changed(organization)
    waves.news(organization)
  }
  states.onNews(hear)
  states.onGone(hear)
  const known: Known = { ...deps, waves, watch: news.watch }
  return {
    handlers: { ...serveReads(known), ...serveWaves(known), ...serveOne(known), ...serveWindows(known) },
    async goOn(organizations) {
      for (const organization of organizations) await waves.advance(organization)
    },
    async hostGone(organization, host) {
      waves.end(organization, { host })
      await deps.store.forgetHost(organization, host)
      news.changed(organization)
      waves.news(organization)
    },
    forget: (organization) => waves.end(organization),
    close: waves.close,
  }
}

function serveReads(known: Known): Pick<AllHandlers, 'list' | 'watch' | 'wave'> {
  const { store, states, fleet, book, releases } = known
  return {
    async list(_input, { caller: { organization }, sight }) {
      const seen = await sight()
      const records = [...(await book.hosts(organization)).values()].filter(({ id }) => seen.sees(id))
      const versions = new Map<string, { hosts: number; online: number }>()
      for (const { id, facts } of records) {
        const version = states.of(id)?.version ?? facts?.agentVersion ?? ''
        const { hosts, online } = versions.get(version) ?? { hosts: 0, online: 0 }
        versions.set(version, { hosts: hosts + 1, online: online + (fleet.find(id)?.session?.alive === true ? 1 : 0) })
      }
      return {
        releases: (await releases.list()).map(publicOf),
        versions: [...versions].map(([version, counts]) => ({ version, ...counts })).sort((a, b) => b.hosts - a.hosts),
        waves: await tellWaves(known, organization, seen),
      }
    },
    watch: (_input, { caller, signal }) => known.watch(caller.organization, signal),
    async wave({ wave: id }, { caller: { organization }, sight }) {
      const seen = await sight()
      const row = await store.wave(organization, id)
      const [wave] = row === undefined ? [] : await tellWaves(known, organization, seen, row)
      if (row === undefined || wave === undefined) throw noSuchWave()
      return { wave, hosts: await tellHosts(known, organization, seen, row) }
    },
  }
}

function serveWaves(known: Known): Pick<AllHandlers, 'preview' | 'begin' | 'pause' | 'resume' | 'stop'> {
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

function serveOne(known: Known): Pick<AllHandlers, 'host' | 'updateHost' | 'revert'> {
  const { store, states, fleet, book, releases, nowMs } = known
  return {
    async host(_input, { caller: { organization }, host, sight }) {
      const state = states.of(host)
      const newest = (await releases.list()).find(({ problem, expiresMs }) => problem === '' && expiresMs > nowMs())
      const offered =
        newest !== undefined && state !== undefined && newest.counter >= state.counter && !(await runsIt(releases, state, newest))
      const last = await store.lastOf(organization, host)
      const records = await book.hosts(organization)
      const [wave] = last === undefined ? [] : await tellWaves(known, organization, await sight(), last.wave)
      return {
        state: state ?? null,
        reason: whyNot(known, host)?.reason ?? '',
        release: offered ? publicOf(newest) : null,
        wave: wave ?? null,
        own: last === undefined ? null : tellHost(known, records, last.own),
      }
    },
    async updateHost({ counter }, { caller, host, note }) {
      const { organization } = caller
      const release = await findRelease(known, counter)
      note(release.version)
      fleet.onHost(host)
      const record = (await book.hosts(organization)).get(host)
      if (record === undefined) throw noSuchHost()
      const hindered = whyNot(known, host)
      if (hindered !== undefined) throw new FairleadError('conflict', sentences[hindered.reason] ?? hindered.said)
      const wave = { ...waveOf(caller, release), hostId: host, pauseMinutes: 0 }
      const version = states.of(host)?.version ?? ''
      const plan = { hosts: [{ id: host, name: record.name, online: true, kind: '', version }], skipped: [], current: 0, busy: 0 }
      if ((await store.busy(organization)).has(host)) throw new FairleadError('conflict', 'This host is being updated already.')
      return told(known, organization, await store.insert(wave, rowsOf(organization, wave.id, plan)))
    },
    async revert(_input, { host, signal, trace }) {
      const { updates } = fleet.onHost(host)
      if (fleet.find(host)?.features.includes('updates') !== true) throw new FairleadError('unsupported', sentences.old!)
      const untilMs = nowMs() + revertMs + (fleet.find(host)?.clockSkewMs ?? 0)
      return updates.revert({ notAfterMs: Math.max(0, untilMs) }, { signal, trace })
    },
  }
}

function serveWindows({ store, waves, changed }: Known): Pick<AllHandlers, 'window' | 'setWindow'> {
  return {
    window: async (_input, { caller, environment }) => ({
      window: (await store.windows(caller.organization)).get(environment) ?? null,
    }),
    async setWindow({ window }, { caller: { organization }, environment }) {
      if (window !== null && !isZone(window.zone))
        throw new FairleadError('invalid_input', `${window.zone} is no time zone that this hub knows; one is named like Europe/Paris.`, {
          details: { field: 'zone' },
        })
      await store.setWindow(organization, environment, window && { ...window, days: [...new Set(window.days)].sort() })
      changed(organization)
      await waves.advance(organization)
      return { window: (await store.windows(organization)).get(environment) ?? null }
    },
  }
}

async function told(known: Known, organization: string, row: WaveRow): Promise<Wave> {
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

const sentences: Partial<Record<Reason, string>> = {
  old: 'The agent of this host is too old to be updated from here. Run the install line there again.',
  quarantined: 'This host is quarantined: a second copy of its key is in use.',
}

function waveOf({ organization, name }: HubContext['caller'], { version, counter }: Release) {
  return { organizationId: organization, id: randomUUID(), version, counter, state: 'waiting' as const, madeBy: name }
}

const publicOf = ({ dir: _dir, manifest: _manifest, signature: _signature, ...release }: HeldRelease): Release => release

function countReasons(skipped: readonly { readonly reason: Reason }[]): { reason: Reason; hosts: number }[] {
  const counts = new Map<Reason, number>()
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, hosts]) => ({ reason, hosts }))
}

function whyNobody({ current, busy, skipped }: { readonly current: number; readonly busy: number; readonly skipped: readonly unknown[] }) {
  if (current + busy + skipped.length === 0) return 'there is none'
  return `${current} have it or something newer, ${busy} are being updated, ${skipped.length} cannot take it`
}

function noSuchWave(): FairleadError {
  return new FairleadError('not_found', 'There is no such wave of updates.')
}
