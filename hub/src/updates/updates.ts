import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { updatesApi } from '@fairlead/protocol/features/updates-api.ts'
import { isZone } from '@fairlead/protocol/window.ts'
import type { HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import type { HostBook } from '../hosts/book.ts'
import { noSuchWave, publicOf, serveWaves, type Known } from './begin.ts'
import { serveHost } from './host.ts'
import { createNews } from './news.ts'
import type { Releases } from './releases.ts'
import { createSlots, mostFed } from './send.ts'
import { followStates } from './states.ts'
import { createStore } from './store.ts'
import { tellHosts, tellWaves } from './tell.ts'
import type { Clock, WavesDeps } from './turn.ts'
import { openWaves } from './waves.ts'

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
    handlers: { ...serveReads(known), ...serveWaves(known), ...serveHost(known), ...serveWindows(known) },
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

function serveReads(known: Known): Pick<Updates['handlers'], 'list' | 'watch' | 'wave'> {
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

function serveWindows({ store, waves, changed }: Known): Pick<Updates['handlers'], 'window' | 'setWindow'> {
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
