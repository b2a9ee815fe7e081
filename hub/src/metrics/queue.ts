import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import { isRefused, type Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { moveToEnd } from './counted.ts'
import type { HostBatch } from './gather.ts'
import { pointsOf, splitBatches, writeBatches } from './write.ts'

/** Rows on their way to the database. */
interface WriteQueue {
  /** `after`: the sample of the same boot that was counted before it. */
  add(organization: string, host: string, sample: MetricSample, after: number): void
  /** Points that wait. */
  readonly points: number
  /** More of this host must wait for a flush. */
  isFull(host: string): boolean
  /** Writes all that was added before. Throws when the database does not take it; then it is kept, and tried again. */
  flush(): Promise<void>
}

interface Deps {
  readonly db: Database
  readonly log: Log
  readonly now: () => number
  readonly tend: () => Promise<void>
  /** Another hub counted this host meanwhile: what waited of it is not written, the host must be asked again. */
  readonly onOvertaken: (host: string) => void
}

/** Points that wait to be written, each about a quarter of a kilobyte. */
const mostPoints = 200_000
const mostPointsPerHost = 3000

export function createWriteQueue({ db, log, now, tend, onOvertaken }: Deps): WriteQueue {
  let pending = new Map<string, HostBatch>()
  let pendingPoints = 0
  let writing: HostBatch[][] = []
  let place = 0
  let tail = Promise.resolve()

  async function writeAll(): Promise<void> {
    if (writing.length === 0) {
      writing = splitBatches(pending.values())
      pending = new Map()
      pendingPoints = 0
    }
    while (writing.length > 0) {
      await writeOne(writing[0]!)
      writing.shift()
    }
  }

  async function writeOne(batches: readonly HostBatch[]): Promise<void> {
    place = Math.max(now(), place)
    try {
      overtaken(await writeBatches(db, batches, place, now()))
    } catch (error) {
      if (!isRefused(error)) throw error
      await writeRefused(batches)
    }
    place += Math.max(...batches.map(({ positions }) => positions.size))
  }

  /** No partition for it, most likely: the hub slept, or its clock was set. Otherwise one host's data must not cost another its own. */
  async function writeRefused(batches: readonly HostBatch[]): Promise<void> {
    await tend()
    for (const batch of batches) {
      const stale = await writeBatches(db, [batch], place, now()).catch((error: unknown) => {
        if (!isRefused(error)) throw error
        log('error', 'metrics of a host were refused by the database', { host: batch.host, error: String(error) })
        // Counted without its figures: they would be refused again.
        return writeBatches(db, [{ ...batch, samples: [] }], place, now())
      })
      overtaken(stale)
    }
  }

  function overtaken(hosts: readonly string[]): void {
    for (const host of hosts) {
      pendingPoints -= pointsOf(pending.get(host))
      pending.delete(host)
      onOvertaken(host)
    }
  }

  async function flushAfter(before: Promise<void>): Promise<void> {
    await before
    await writeAll()
    // What an earlier attempt left was written first, apart from what came since.
    if (pending.size > 0) await writeAll()
  }

  return {
    add(organization, host, sample, after) {
      const batch: HostBatch = pending.get(host) ?? { organization, host, samples: [], positions: new Map() }
      pending.set(host, batch)
      moveToEnd(batch.positions, sample.bootId, { after: batch.positions.get(sample.bootId)?.after ?? after, to: sample.seq })
      batch.samples.push(sample)
      pendingPoints += sample.points.length + 1
    },
    get points() {
      return pendingPoints
    },
    isFull: (host) => pendingPoints >= mostPoints || pointsOf(pending.get(host)) >= mostPointsPerHost,
    flush() {
      const run = flushAfter(tail)
      tail = run.catch(() => undefined)
      return run
    },
  }
}
