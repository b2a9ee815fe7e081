import type { TrailState, Witness } from '@fairlead/protocol/features/audit.ts'
import { keyText, toBase64 } from '@fairlead/protocol/trail/note.ts'
import type { Audits } from '../base/audit.ts'
import type { Log } from '../base/log.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import { witnessed, type Witnessed } from './check.ts'
import type { Checkpoints, Stored } from './checkpoints.ts'
import { tools, type TrailKey } from './trail-key.ts'

interface Witnesses {
  /** What hosts of an organization keep, and those among them that saw another trail. */
  of(organization: string): Pick<TrailState, 'witnesses' | 'contradicting'>
  /** What they keep, for a look at the trail. */
  seen(organization: string): Witnessed[]
  /** Hosts of all organizations that saw another trail. */
  readonly contradicting: number
}

interface Told extends Witness {
  readonly organization: string
  readonly name: string
  readonly size: number
}

interface Deps {
  readonly fleet: Fleet
  readonly checkpoints: Checkpoints
  readonly key: TrailKey
  readonly audits: Pick<Audits, 'write'>
  readonly log: Log
}

/** So many hosts are told of a checkpoint at a time. */
const atOnce = 16
/** A host may be one checkpoint on by the time that it is asked. */
const mostTries = 3

/** Hands each checkpoint to every host of its organization that keeps such: what was signed once can no longer be signed otherwise. */
export function openWitnesses(deps: Deps): Witnesses {
  const { fleet, checkpoints, key, log } = deps
  const live = new Map<string, LiveHost>()
  const told = new Map<string, Told>()
  const due = new Set<LiveHost>()
  let busy = 0

  function hand(host: LiveHost): void {
    due.add(host)
    for (const next of due) {
      if (busy >= atOnce) return
      due.delete(next)
      busy++
      void show(deps, next, remember)
        .catch((error: unknown) => {
          if (next.session?.alive === true)
            log('warn', 'a host was not shown the checkpoint of the trail', { host: next.id, error: String(error) })
        })
        .finally(() => {
          busy--
          for (const waiting of due) return hand(waiting)
        })
    }
  }

  function remember(host: LiveHost, kept: Witness): void {
    const before = told.get(host.id)
    const size = witnessed(kept.note, key.of(host.organization), host.name)?.size ?? 0
    told.set(host.id, { ...kept, organization: host.organization, name: host.name, size })
    if (kept.contradiction !== null && before?.contradiction?.atMs !== kept.contradiction.atMs)
      void accuse(deps, host, kept.contradiction.why)
  }

  fleet.onAttach((host) => {
    if (!host.features.includes('audit')) return
    live.set(host.id, host)
    hand(host)
  })
  fleet.onDetach((host) => void live.delete(host.id))
  checkpoints.onCheckpoint((organization) => {
    for (const host of live.values()) if (host.organization === organization) hand(host)
  })

  const ofOrganization = (organization: string) => [...told].filter(([, { organization: own }]) => own === organization)
  return {
    of(organization) {
      const all = ofOrganization(organization)
      const contradicting = all.flatMap(([host, { name: hostName, contradiction, size }]) =>
        contradiction === null ? [] : [{ host, hostName, why: contradiction.why, atMs: contradiction.atMs, size }],
      )
      return { witnesses: all.filter(([, { note }]) => note !== '').length, contradicting }
    },
    seen: (organization) => ofOrganization(organization).flatMap(([, { note, name }]) => witnessed(note, key.of(organization), name) ?? []),
    get contradicting() {
      return [...told.values()].filter(({ contradiction }) => contradiction !== null).length
    },
  }
}

async function show({ checkpoints, key }: Deps, host: LiveHost, remember: (host: LiveHost, kept: Witness) => void): Promise<void> {
  const { audit } = host.clients
  let kept = await audit.kept({})
  for (let tries = 0; tries < mostTries; tries++) {
    remember(host, kept)
    const newest = await checkpoints.newest(host.organization)
    if (newest === undefined || (kept.note === newest.note && kept.contradiction === null)) return
    const own = key.of(host.organization)
    const last = witnessed(kept.note, own, host.name)
    const { from, hashes } = await proofFor(checkpoints, host.organization, last, newest)
    kept = await audit.see({ note: newest.note, key: keyText(tools.digest, own), from, hashes: hashes.map(toBase64) })
    if (kept.note === newest.note || kept.contradiction !== null) return remember(host, kept)
  }
}

/** A hub whose own trail has no such checkpoint has nothing to show: the host draws its conclusion. */
async function proofFor(checkpoints: Checkpoints, organization: string, last: Witnessed | undefined, newest: Stored) {
  const nothing = { from: 0, hashes: [] }
  if (last === undefined) return { from: 0, hashes: newest.tree.hashes }
  return last.size > newest.size ? nothing : ((await checkpoints.between(organization, last, newest)) ?? nothing)
}

const words = { smaller: 'rows are gone', changed: 'rows are others', key: 'it is signed with another key' }

/** As loud as it can be, and the hub goes on: who rewrote the trail would like nothing better than a hub that is off. */
async function accuse({ audits, log }: Deps, { id: host, name: hostName, organization }: LiveHost, why: keyof typeof words): Promise<void> {
  log('error', 'a host saw another audit trail than this hub has: it was rewritten, or set back', { host, why: words[why] })
  const row = { organization, actor: host, actorName: hostName, host, hostName, target: why, code: '', ip: '', userAgent: '', trace: '' }
  await audits
    .write({ ...row, verb: 'audit.contradict', outcome: 'failed' })
    .catch((error: unknown) => log('error', 'an audit row was not written', { ...row, error: String(error) }))
}
