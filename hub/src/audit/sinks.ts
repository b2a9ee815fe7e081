import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditRow, TrailState } from '@fairlead/protocol/features/audit.ts'
import type { Audits } from '../base/audit.ts'
import type { AuditSink } from '../base/audit-sinks.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { organizationsOf } from './checkpoints.ts'
import { readTrail } from './pages.ts'
import type { Kept } from './segments.ts'
import { sendSyslog } from './syslog.ts'
import { sendWebhook, type Post } from './webhook.ts'

export interface Sinks {
  of(organization: string): TrailState['sinks']
  /** Of each sink, how many rows it does not have yet, of all organizations. */
  behind(): readonly { readonly sink: string; readonly rows: number }[]
  close(): Promise<void>
}

interface SinkDeps extends Kept {
  readonly audits: Pick<Audits, 'onAppend'>
  readonly sinks: readonly AuditSink[]
  /** Which of the hubs that were restored from one another this is: with it no two requests have one id. */
  readonly epoch: () => string
  readonly post: Post
  readonly log: Log
  readonly times?: { readonly gatherMs: number; readonly firstMs: number; readonly mostMs: number }
}

/** One trail on its way to one sink. */
interface Way {
  readonly sink: AuditSink
  readonly organization: string
  /** The last row that is there, and the last that is known to be written. */
  sent: number
  written: number
  sentMs: number
  problem: string
  wake: () => void
}

const usual = { gatherMs: 300, firstMs: 1000, mostMs: 300_000 }
const mostRows = { syslog: 1000, webhook: 100 } as const

/**
 * Sends every row on, in order, at least once. What is not there yet is in the database and nowhere else: a sink that does not answer
 * costs one page of memory, and no writer waits for it.
 */
export function openSinks(deps: SinkDeps): Sinks {
  const { db, audits, sinks, log } = deps
  const ended = new AbortController()
  const ways: Way[] = []
  const runs: Promise<void>[] = []

  function begin(organization: string, written: number): void {
    for (const sink of sinks) {
      if (sink.organizations !== undefined && !sink.organizations.includes(organization)) continue
      const way: Way = { sink, organization, sent: 0, written, sentMs: 0, problem: '', wake: () => undefined }
      ways.push(way)
      runs.push(keepGoing(deps, way, ended.signal))
    }
  }

  const stop = audits.onAppend((organization, seq) => {
    if (sinks.length === 0 || ended.signal.aborted) return
    const own = ways.filter((way) => way.organization === organization)
    if (own.length === 0) return begin(organization, seq)
    for (const way of own) {
      way.written = Math.max(way.written, seq)
      way.wake()
    }
  })
  if (sinks.length > 0)
    void organizationsOf(db)
      .then((all) => all.forEach((organization) => ways.some((way) => way.organization === organization) || begin(organization, 0)))
      .catch((error: unknown) =>
        log('error', 'the sinks of the audit trail were not begun; they begin with the next row', { error: String(error) }),
      )

  return {
    of: (organization) =>
      ways
        .filter((way) => way.organization === organization)
        .map(({ sink, sent, written, sentMs, problem }) => ({
          name: sink.name,
          kind: sink.kind,
          behind: Math.max(0, written - sent),
          sentMs,
          problem,
        })),
    behind: () =>
      sinks.map(({ name }) => ({
        sink: name,
        rows: ways.reduce((sum, { sink, sent, written }) => sum + (sink.name === name ? Math.max(0, written - sent) : 0), 0),
      })),
    async close() {
      stop()
      ended.abort()
      for (const way of ways) way.wake()
      await Promise.allSettled(runs)
    },
  }
}

/** Until the hub ends: what a sink did not take is tried again, later each time. */
async function keepGoing(deps: SinkDeps, way: Way, signal: AbortSignal): Promise<void> {
  const { firstMs, mostMs } = deps.times ?? usual
  let fails = 0
  while (!signal.aborted) {
    try {
      await follow(deps, way, signal, () => (fails = 0))
    } catch (error) {
      if (signal.aborted) return
      if (way.problem === '')
        deps.log('warn', 'a sink of the audit trail does not take rows; they are kept, and sent once it does', {
          sink: way.sink.name,
          error: String(error),
        })
      way.problem = error instanceof Error ? error.message : String(error)
      const ms = Math.min(mostMs, firstMs * 2 ** fails++) * (0.8 + Math.random() * 0.4)
      await sleep(ms, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** Sends what there is and waits for more. Throws when a sink did not take it; what it took before is written down. */
async function follow(deps: SinkDeps, way: Way, signal: AbortSignal, onTaken: () => void): Promise<void> {
  const { db, log, times = usual } = deps
  const { sink, organization } = way
  way.sent = await cursorOf(db, way)
  const [last] = await db.tx({ organization }, (sql) => sql<{ seq: string | null }[]>`SELECT max(seq) AS seq FROM audit`)
  way.written = Math.max(way.written, Number(last?.seq ?? 0))
  for await (const page of readTrail(deps, organization, way.sent, way.written)) {
    for (let at = 0; at < page.length; at += mostRows[sink.kind]) {
      const rows = page.slice(at, at + mostRows[sink.kind]).map(({ body }) => JSON.parse(body) as AuditRow)
      await send(deps, way, rows, signal)
      onTaken()
      if (way.problem !== '') log('info', 'a sink of the audit trail takes rows again', { sink: sink.name })
      Object.assign(way, { sent: rows.at(-1)!.seq, sentMs: Date.now(), problem: '' })
    }
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  way.wake = resolve
  if (way.sent < way.written || signal.aborted) resolve()
  await promise
  // What is written together is sent together.
  await sleep(times.gatherMs, undefined, { signal }).catch(() => undefined)
}

/** First there, then written down: whoever dies in between sends it again. */
async function send(
  { db, post, epoch }: SinkDeps,
  { sink, organization }: Way,
  rows: readonly AuditRow[],
  signal: AbortSignal,
): Promise<void> {
  if (sink.kind === 'syslog') await sendSyslog(sink, organization, rows, signal)
  else await sendWebhook(sink, post, { organization, epoch: epoch(), rows }, signal)
  await db.tx(
    { organization },
    (sql) => sql`INSERT INTO audit_sinks (organization_id, sink, seq) VALUES (${organization}, ${sink.name}, ${rows.at(-1)!.seq})
      ON CONFLICT (organization_id, sink) DO UPDATE SET seq = greatest(audit_sinks.seq, excluded.seq)`,
  )
}

async function cursorOf(db: Database, { sink, organization }: Way): Promise<number> {
  const [row] = await db.tx({ organization }, (sql) => sql<{ seq: string }[]>`SELECT seq FROM audit_sinks WHERE sink = ${sink.name}`)
  return Number(row?.seq ?? 0)
}
