import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { moveToEnd } from './counted.ts'
import { gather, type HostBatch } from './gather.ts'
import { splitBatches, writeBatches } from './write.ts'

/** Rows on their way to the database. */
export interface WriteQueue {
  add(organization: string, host: string, sample: MetricSample): void
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
}

/** Rows that wait to be written, each about half a kilobyte. */
const mostRows = 100_000
const mostRowsPerHost = 8000

export function createWriteQueue({ db, log, now, tend }: Deps): WriteQueue {
  let pending = new Map<string, HostBatch>()
  let pendingRows = 0
  let writing: HostBatch[][] = []
  let place = 0
  let tail = Promise.resolve()

  async function writeAll(): Promise<void> {
    if (writing.length === 0) {
      writing = splitBatches(pending.values())
      pending = new Map()
      pendingRows = 0
    }
    while (writing.length > 0) {
      await writeOne(writing[0]!)
      writing.shift()
    }
  }

  async function writeOne(batches: readonly HostBatch[]): Promise<void> {
    place = Math.max(now(), place)
    try {
      await writeBatches(db, batches, place, now())
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
      await writeBatches(db, [batch], place, now()).catch((error: unknown) => {
        if (!isRefused(error)) throw error
        log('error', 'metrics of a host were refused by the database', { host: batch.host, error: String(error) })
      })
    }
  }

  async function flushAfter(before: Promise<void>): Promise<void> {
    await before
    await writeAll()
    // What an earlier attempt left was written first, apart from what came since.
    if (pending.size > 0) await writeAll()
  }

  return {
    add(organization, host, sample) {
      const batch = pending.get(host) ?? { organization, host, rows: new Map(), positions: new Map() }
      pending.set(host, batch)
      moveToEnd(batch.positions, sample.bootId, sample.seq)
      pendingRows -= batch.rows.size
      gather(batch, sample, now())
      pendingRows += batch.rows.size
    },
    isFull: (host) => pendingRows >= mostRows || (pending.get(host)?.rows.size ?? 0) >= mostRowsPerHost,
    flush() {
      const run = flushAfter(tail)
      tail = run.catch(() => undefined)
      return run
    },
  }
}

/** By SQLSTATE: the data themselves are at fault (22) or break a rule of the table (23), and would again. */
function isRefused(error: unknown): boolean {
  const state = (error as { code?: unknown }).code
  return state === 'conflict' || (typeof state === 'string' && /^2[23]/.test(state))
}
