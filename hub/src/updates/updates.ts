import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Reason, Release, updatesApi, Wave } from '@fairlead/protocol/features/updates-api.ts'
import { noSuchHost, type HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { wholeSight } from '../base/sight.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { HostBook } from '../hosts/book.ts'
import { createNews } from './news.ts'
import { findRelease, newId, planWave, rowsOf, whyNot } from './plan.ts'
import type { HeldRelease, Releases } from './releases.ts'
import { createSlots, mostFed } from './send.ts'
import { followStates } from './states.ts'
import { createStore } from './store.ts'
import type { WaveRow } from './tables.ts'
import { stagesOf } from './stages.ts'
import { tellHost, tellHosts, tellWaves } from './tell.ts'
import { hasIt } from './verdict.ts'
import { openWaves, type Clock, type WavesDeps } from './waves.ts'
import { isZone } from './windows.ts'

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

/** Releases and who has which; waves of them; hosts one by one. */
export function openUpdates({ db, audits, fleet, book, releases, log, held, clock = wallClock }: UpdatesDeps): Updates {
  const news = createNews()
  const states = followStates({ fleet, log })
  const { nowMs } = clock
  const deps: WavesDeps = {
    store: createStore(db),
    audits,
    fleet,
    book,
    releases,
    states,
    slots: createSlots(mostFed),
    clock,
    nowMs,
    log,
    held,
    changed: news.changed,
  }
  const waves = openWaves(deps)
  states.onNews(({ organization }) => {
    news.changed(organization)
    waves.news(organization)
  })
  states.onGone(({ organization }) => {
    news.changed(organization)
    waves.news(organization)
  })
  const { store } = deps
  const known = { ...deps, waves }

  async function told(organization: string, row: WaveRow): Promise<Wave> {
    news.changed(organization)
    await waves.advance(organization)
    const now = (await store.wave(organization, row.id)) ?? row
    return (await tellWaves(known, organization, wholeSight, now))[0]!
  }

  /** Of exactly the place that was judged: a wave of the whole organization is not that of one environment. */
  async function findWave(organization: string, id: string, environment: string): Promise<WaveRow> {
    const row = await store.wave(organization, id)
    if (row === undefined || (row.environmentId ?? '') !== environment) throw noSuchWave()
    return row
  }

  async function move(
    { wave: id }: { readonly wave: string },
    { caller: { organization }, environment, note }: HubContext,
    from: readonly WaveRow['state'][],
    to: 'paused' | 'waiting' | 'stopped',
  ): Promise<Wave> {
    const before = await findWave(organization, id, environment)
    note(before.version)
    const row = await store.turn(organization, before.id, from, { state: to })
    if (row === undefined) throw new FairleadError('conflict', `The wave is ${before.state}.`)
    if (to !== 'waiting') waves.end(organization, { wave: row.id })
    return told(organization, row)
  }

  return {
    handlers: {
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
      watch: (_input, { caller, signal }) => news.watch(caller.organization, signal),
      async wave({ wave: id }, { caller: { organization }, sight }) {
        const seen = await sight()
        const row = await store.wave(organization, id)
        const [wave] = row === undefined ? [] : await tellWaves(known, organization, seen, row)
        if (row === undefined || wave === undefined) throw noSuchWave()
        return { wave, hosts: await tellHosts(known, organization, seen, row) }
      },
      async preview({ tag = '', counter }, { caller: { organization }, environment, sight }) {
        const release = await findRelease(deps, counter)
        const plan = await planWave(deps, { organization, environment, tag, sight: await sight() }, release)
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
        const release = await findRelease(deps, counter)
        note(release.version)
        const plan = await planWave(deps, { organization, environment, tag, sight: await sight() }, release)
        if (plan.hosts.length === 0)
          throw new FairleadError('conflict', `No host there can be given ${release.version}: ${whyNobody(plan)}.`)
        const wave = { ...waveOf(caller, release), environmentId: environment === '' ? null : environment, tag, pauseMinutes }
        return told(organization, await store.insert(wave, rowsOf(organization, wave.id, plan)))
      },
      pause: (input, context) => move(input, context, ['waiting', 'running'], 'paused'),
      resume: (input, context) => move(input, context, ['paused'], 'waiting'),
      stop: (input, context) => move(input, context, ['waiting', 'running', 'paused'], 'stopped'),
      async host(_input, { caller: { organization }, host, sight }) {
        const state = states.of(host)
        const held = (await releases.list()).filter(({ problem, expiresMs }) => problem === '' && expiresMs > nowMs())
        const newest = held.find((release) => state !== undefined && release.counter >= state.counter && !hasIt(state, release, undefined))
        const last = await store.lastOf(organization, host)
        const records = await book.hosts(organization)
        const [wave] = last === undefined ? [] : await tellWaves(known, organization, await sight(), last.wave)
        return {
          state: state ?? null,
          reason: whyNot(deps, host)?.reason ?? '',
          release: newest === undefined ? null : publicOf(newest),
          wave: wave ?? null,
          own: last === undefined ? null : tellHost(known, records, last.own),
        }
      },
      async updateHost({ counter }, { caller, host, note }) {
        const { organization } = caller
        const release = await findRelease(deps, counter)
        note(release.version)
        fleet.onHost(host)
        const record = (await book.hosts(organization)).get(host)
        if (record === undefined) throw noSuchHost()
        const hindered = whyNot(deps, host)
        if (hindered !== undefined) throw new FairleadError('conflict', sentences[hindered.reason] ?? hindered.said)
        const wave = { ...waveOf(caller, release), hostId: host, pauseMinutes: 0 }
        const version = states.of(host)?.version ?? ''
        const plan = { hosts: [{ id: host, name: record.name, online: true, kind: '', version }], skipped: [], current: 0, busy: 0 }
        if ((await store.busy(organization)).has(host)) throw new FairleadError('conflict', 'This host is being updated already.')
        return told(organization, await store.insert(wave, rowsOf(organization, wave.id, plan)))
      },
      async revert(_input, { host, signal, trace }) {
        const { updates } = fleet.onHost(host)
        if (fleet.find(host)?.features.includes('updates') !== true) throw new FairleadError('unsupported', sentences.old!)
        const untilMs = nowMs() + revertMs + (fleet.find(host)?.clockSkewMs ?? 0)
        return updates.revert({ notAfterMs: Math.max(0, untilMs) }, { signal, trace })
      },
      window: async (_input, { caller, environment }) => ({
        window: (await store.windows(caller.organization)).get(environment) ?? null,
      }),
      async setWindow({ window }, { caller: { organization }, environment }) {
        if (window !== null && !isZone(window.zone))
          throw new FairleadError('invalid_input', `${window.zone} is no time zone that this hub knows; one is named like Europe/Paris.`, {
            details: { field: 'zone' },
          })
        await store.setWindow(organization, environment, window && { ...window, days: [...new Set(window.days)].sort() })
        news.changed(organization)
        await waves.advance(organization)
        return { window: (await store.windows(organization)).get(environment) ?? null }
      },
    },
    async goOn(organizations) {
      for (const organization of organizations) await waves.advance(organization)
    },
    async hostGone(organization, host) {
      waves.end(organization, { host })
      await store.forgetHost(organization, host)
      news.changed(organization)
      waves.news(organization)
    },
    forget: (organization) => waves.end(organization),
    close: waves.close,
  }
}

const sentences: Partial<Record<Reason, string>> = {
  old: 'The agent of this host is too old to be updated from here. Run the install line there again.',
  quarantined: 'This host is quarantined: a second copy of its key is in use.',
}

function waveOf({ organization, name }: HubContext['caller'], { version, counter }: Release) {
  return { organizationId: organization, id: newId(), version, counter, state: 'waiting' as const, madeBy: name }
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
