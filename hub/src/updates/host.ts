import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Reason, updatesApi } from '@fairlead/protocol/features/updates-api.ts'
import { noSuchHost, type HubContext } from '../base/access.ts'
import { publicOf, told, waveOf, type Known } from './begin.ts'
import { findRelease, rowsOf, runsIt, whyNot } from './plan.ts'
import { tellHost, tellWaves } from './tell.ts'

/** How long a host may take to begin with going back, by its own clock. */
const revertMs = 60_000

const sentences: Partial<Record<Reason, string>> = {
  old: 'The agent of this host is too old to be updated from here. Run the install line there again.',
  quarantined: 'This host is quarantined: a second copy of its key is in use.',
}

/** One host: what it runs, what it could, there and back. */
export function serveHost(known: Known): Pick<Handlers<typeof updatesApi, HubContext>, 'host' | 'updateHost' | 'revert'> {
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
