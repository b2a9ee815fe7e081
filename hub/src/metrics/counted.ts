import type { Database } from '../base/db.ts'
import { mostBoots, readPositions, type Position } from './write.ts'

/** What the hub knows of a host that tells metrics. */
export interface HostState {
  /** The last sample that is counted, written or not; undefined: none. */
  readonly last: Position | undefined
  /** Counts a sample from now on; false: it was counted before. */
  count(position: Position): boolean
  /** Waits until this host may tell so many more subjects. */
  pace(points: number): Promise<void>
}

/** Subjects a second that one host may tell, beyond a burst of as many: a day of twenty containers takes some ten seconds. */
const pointsPerSecond = 20_000

/** Up to where each boot of each host is counted: read from the database once, then kept here. */
export function createHostStates(db: Database, now: () => number): (organization: string, host: string) => Promise<HostState> {
  const states = new Map<string, Promise<HostState>>()
  return (organization, host) => {
    const known = states.get(host)
    if (known !== undefined) return known
    const loading = readPositions(db, organization, host).then((positions) => makeState(positions, now))
    states.set(host, loading)
    loading.catch(() => states.delete(host))
    return loading
  }
}

function makeState(positions: readonly Position[], now: () => number): HostState {
  // The boot that was heard last is the last one.
  const boots = new Map(positions.map(({ bootId, seq }) => [bootId, seq]))
  let points = pointsPerSecond
  let atMs = now()
  return {
    get last() {
      const last = [...boots].at(-1)
      return last === undefined ? undefined : { bootId: last[0], seq: last[1] }
    },
    count({ bootId, seq }) {
      if ((boots.get(bootId) ?? -1) >= seq) return false
      moveToEnd(boots, bootId, seq)
      if (boots.size > mostBoots) boots.delete(boots.keys().next().value!)
      return true
    },
    async pace(wanted) {
      const nowMs = now()
      const earned = (Math.max(0, nowMs - atMs) / 1000) * pointsPerSecond
      points = Math.min(pointsPerSecond, points + earned) - wanted
      atMs = nowMs
      if (points < 0) await sleep((-points / pointsPerSecond) * 1000)
    },
  }
}

export function moveToEnd(boots: Map<string, number>, bootId: string, seq: number): void {
  boots.delete(bootId)
  boots.set(bootId, seq)
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
