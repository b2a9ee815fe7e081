import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { metricsApi } from '@fairlead/protocol/features/metrics.ts'
import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { createHostStates, sleep } from './counted.ts'
import { tendPartitions } from './partitions.ts'
import { queryMetrics } from './query.ts'
import { createWriteQueue } from './queue.ts'
import type { Position } from './write.ts'

export interface MetricsStore {
  /**
   * Waits while there is no room: the wire's window then holds the agent, whose ring keeps what comes. Counts no sample twice. Throws
   * `conflict` when another hub counted this host meanwhile: the host must be asked again from its position.
   */
  push(organization: string, host: string, sample: MetricSample): Promise<void>
  /** The last sample of a host that is counted; undefined: none. */
  position(organization: string, host: string): Promise<Position | undefined>
  readonly handlers: Handlers<typeof metricsApi, HubContext>
  /** Writes all that was pushed before. Throws when the database does not take it; then it is kept, and tried again. */
  flush(): Promise<void>
  /** Makes partitions to come, drops those that are over. */
  tend(): Promise<void>
  close(): Promise<void>
}

const flushMs = 5000
/** A large fleet waits longer, so that its roll-ups are written for several samples at once; who wants the last figures has them live. */
const calmMs = 30_000
const calmPoints = 2000
const tendMs = 1_800_000
const bootPattern = /^[!-~]{1,64}$/

export async function openMetricsStore(db: Database, log: Log, now: () => number = Date.now): Promise<MetricsStore> {
  const tend = () => tendPartitions(db, now())
  const states = createHostStates(db, now)
  const overtaken = new Set<string>()
  const onOvertaken = (host: string) => {
    overtaken.add(host)
    states.forget(host)
  }
  const queue = createWriteQueue({ db, log, now, tend, onOvertaken })
  let closed = false
  let flushedMs = 0

  async function push(organization: string, host: string, sample: MetricSample): Promise<void> {
    if (!bootPattern.test(sample.bootId)) throw new FairleadError('invalid_input', 'A boot id is up to 64 printable characters.')
    const state = await states.of(organization, host)
    await state.pace(sample.points.length + 1)
    while (!closed && queue.isFull(host)) await queue.flush().catch(() => sleep(flushMs))
    if (overtaken.has(host)) throw new FairleadError('conflict', 'Another hub counts the metrics of this host; it is asked again.')
    const after = closed ? undefined : state.count(sample)
    if (after !== undefined) queue.add(organization, host, sample, after)
  }

  function flushNow(): Promise<void> {
    flushedMs = now()
    return queue.flush()
  }

  async function flushInTime(): Promise<void> {
    if (queue.points < calmPoints || Math.abs(now() - flushedMs) >= calmMs) await flushNow()
  }

  const say = (message: string) => (error: unknown) => log('error', message, { error: String(error) })
  await tend()
  const timers = [
    setInterval(() => void flushInTime().catch(say('metrics were not written; they are kept, and tried again')), flushMs),
    setInterval(() => void tend().catch(say('partitions were not tended')), tendMs),
  ].map((timer) => timer.unref())
  return {
    push,
    flush: flushNow,
    tend,
    async position(organization, host) {
      overtaken.delete(host)
      return (await states.of(organization, host)).last
    },
    handlers: { query: (input, { caller, host }) => queryMetrics(db, caller.organization, { ...input, host }, now()) },
    async close() {
      for (const timer of timers) clearInterval(timer)
      closed = true
      await flushNow().catch(say('metrics were not written; the hosts send them again'))
    },
  }
}
