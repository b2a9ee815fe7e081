import { batched, byOrganization } from '../base/batched.ts'
import type { Database } from '../base/db.ts'
import { mostBoots, readPositions, type Position } from './write.ts'

/** What the hub knows of a host that tells metrics. */
export interface HostState {
  /** The last sample that is counted, written or not; undefined: none. */
  readonly last: Position | undefined
  /** Counts a sample from now on. Answers the one of its boot that was counted before it (-1: none); undefined: so was this one. */
  count(position: Position): number | undefined
  /** Waits until this host may tell so many more subjects. */
  pace(points: number): Promise<void>
}

/** Subjects that one host may tell at once: a day of fifty containers. */
const burstPoints = 500_000
/** And each second from then on: ten times what the largest sample comes to. */
const pointsPerSecond = 2000

interface HostStates {
  of(organization: string, host: string): Promise<HostState>
  /** Reads it from the database again when it is asked for. */
  forget(host: string): void
}

/** Up to where each boot of each host is counted: read from the database once, then kept here. */
export function createHostStates(db: Database, now: () => number): HostStates {
  const states = new Map<string, Promise<HostState>>()
  const read = batched(async (wanted: readonly { organization: string; host: string }[]) => {
    const found = new Map<string, Position[]>()
    for (const [organization, own] of byOrganization(wanted)) {
      const hosts = own.map(({ host }) => host)
      for (const entry of await readPositions(db, organization, hosts)) found.set(...entry)
    }
    return wanted.map(({ host }) => found.get(host) ?? [])
  })
  return {
    of(organization, host) {
      const known = states.get(host)
      if (known !== undefined) return known
      const loading = read({ organization, host }).then((positions) => makeState(positions, now))
      states.set(host, loading)
      loading.catch(() => states.delete(host))
      return loading
    },
    forget: (host) => void states.delete(host),
  }
}

function makeState(positions: readonly Position[], now: () => number): HostState {
  // The boot that was heard last is the last one.
  const boots = new Map(positions.map(({ bootId, seq }) => [bootId, seq]))
  let points = burstPoints
  let atMs = now()
  return {
    get last() {
      const last = [...boots].at(-1)
      return last === undefined ? undefined : { bootId: last[0], seq: last[1] }
    },
    count({ bootId, seq }) {
      const before = boots.get(bootId) ?? -1
      if (before >= seq) return undefined
      moveToEnd(boots, bootId, seq)
      if (boots.size > mostBoots) boots.delete(boots.keys().next().value!)
      return before
    },
    async pace(wanted) {
      const nowMs = now()
      const earned = (Math.max(0, nowMs - atMs) / 1000) * pointsPerSecond
      points = Math.min(burstPoints, points + earned) - wanted
      atMs = nowMs
      if (points < 0) await sleep((-points / pointsPerSecond) * 1000)
    },
  }
}

export function moveToEnd<T>(boots: Map<string, T>, bootId: string, value: T): void {
  boots.delete(bootId)
  boots.set(bootId, value)
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
