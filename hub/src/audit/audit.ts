import { join } from 'node:path'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { AuditFits, auditApi, AuditRow } from '@fairlead/protocol/features/audit.ts'
import { keyText } from '@fairlead/protocol/trail/note.ts'
import type { HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { AuditSink } from '../base/audit-sinks.ts'
import type { Database } from '../base/db.ts'
import { and, asc, desc, gt, lt, max } from '../base/drizzle.ts'
import type { Log } from '../base/log.ts'
import type { Seal } from '../base/seal.ts'
import { audit } from '../base/tables.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { openArchives } from './archive.ts'
import { openCheckpoints } from './checkpoints.ts'
import { exportCsv, exportRows, type ExportDeps } from './export.ts'
import { fitsInTable } from './fits.ts'
import { openSinks } from './sinks.ts'
import type { WrongSegment } from './segments.ts'
import { openTrailKey, tools } from './trail-key.ts'
import { verifyTable } from './verify.ts'
import type { Post } from './webhook.ts'
import { openWitnesses } from './witnesses.ts'

export { trailKeyColumn } from './trail-key.ts'

interface TrailDeps {
  readonly db: Database
  readonly audits: Audits
  readonly seal: Seal
  readonly fleet: Fleet
  readonly dataDir: string
  readonly sinks: readonly AuditSink[]
  readonly post: Post
  readonly epoch: () => string
  readonly log: Log
}

export interface Trail {
  readonly handlers: Handlers<typeof auditApi, HubContext>
  /** For whoever watches the hub. */
  figures(): TrailFigures
  close(): Promise<void>
}

interface TrailFigures {
  /** Hosts that saw another trail. */
  readonly contradicting: number
  /** Trails that do not fit what was signed of them. */
  readonly broken: number
  readonly sinks: readonly { readonly sink: string; readonly rows: number }[]
}

/** All about the trail but the writing of it: what is signed, who saw it, where it goes, who reads it. */
export async function openTrail({ db, audits, seal, fleet, dataDir, sinks: named, post, epoch, log }: TrailDeps): Promise<Trail> {
  const key = await openTrailKey(db, seal)
  const checkpoints = openCheckpoints({ db, audits, key, log })
  const witnesses = openWitnesses({ fleet, checkpoints, key, audits, log })
  const torn = createTorn(log)
  const reading: ExportDeps = { db, key, checkpoints, archiveDir: join(dataDir, 'audit'), onWrong: torn.add }
  const archives = openArchives({ ...reading, log })
  const sinks = openSinks({ ...reading, audits, sinks: named, epoch, post, log })
  return {
    handlers: {
      ...serveRows(db, audits),
      ...serveExports(reading),
      async state(_input, { caller: { organization } }) {
        const [cut] = await db.tx({ organization }, (sql) => sql<{ to: string | null }[]>`SELECT max(to_seq) AS to FROM audit_archives`)
        const newest = await checkpoints.newest(organization)
        return {
          key: keyText(tools.digest, key.of(organization)),
          checkpoint: newest === undefined ? null : { size: newest.size, atMs: newest.atMs, note: newest.note },
          brokenAt: torn.at(organization) ?? checkpoints.brokenAt(organization) ?? 0,
          archived: Number(cut?.to ?? 0),
          keepDays: await archives.keepDays(organization),
          ...witnesses.of(organization),
          sinks: sinks.of(organization),
        }
      },
      async verify(_input, { caller: { organization } }) {
        torn.forget(organization)
        return verifyTable(db, key, organization, witnesses.seen(organization), reading)
      },
      async setRetention({ keepDays }, { caller, changed }) {
        changed?.({ days: String((await archives.keepDays(caller.organization)) ?? '∞') }, { days: String(keepDays ?? '∞') })
        await archives.setKeepDays(caller.organization, keepDays)
        return { keepDays }
      },
    },
    figures: () => ({ contradicting: witnesses.contradicting, broken: checkpoints.broken + torn.count, sinks: sinks.behind() }),
    async close() {
      await sinks.close()
      await archives.close()
      await checkpoints.close()
    },
  }
}

/** Archives that are not as they were written, until a look at all of them finds them well. As loud as a trail that was changed. */
function createTorn(log: Log) {
  const torn = new Map<string, number>()
  return {
    add(organization: string, { from, file, message }: WrongSegment): void {
      log('error', 'an archive of the audit trail is not what was written', { organization, file, why: message })
      torn.set(organization, Math.min(from, torn.get(organization) ?? Infinity))
    },
    at: (organization: string) => torn.get(organization),
    forget: (organization: string) => void torn.delete(organization),
    get count() {
      return torn.size
    },
  }
}

/** Reading the trail: pages, and new rows as they are written. */
export function serveRows(db: Database, audits: Pick<Audits, 'onRow'>): Pick<Handlers<typeof auditApi, HubContext>, 'list' | 'watch'> {
  return {
    async list({ beforeSeq, limit, ...fits }, { caller }) {
      const wanted = and(lt(audit.seq, beforeSeq ?? Number.MAX_SAFE_INTEGER), fitsInTable(fits))
      const rows = await db.tx({ organization: caller.organization }, (_sql, orm) =>
        orm
          .select({ body: audit.body })
          .from(audit)
          .where(wanted)
          .orderBy(desc(audit.seq))
          .limit(limit + 1),
      )
      return { rows: rows.slice(0, limit).map(({ body }) => JSON.parse(body) as AuditRow), more: rows.length > limit }
    },
    watch: ({ afterSeq }, { caller, signal }) => watchRows(db, audits, caller.organization, afterSeq, signal),
  }
}

function serveExports(deps: ExportDeps): Pick<Handlers<typeof auditApi, HubContext>, 'exportRows' | 'exportCsv'> {
  const nameOf = (ending: string) => `fairlead-audit.${new Date().toISOString().slice(0, 19).replaceAll(':', '')}Z.${ending}`
  const within = async function* (bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    for await (const piece of bytes) {
      if (signal.aborted) return
      yield piece
    }
  }
  const begin =
    (ending: string, write: (deps: ExportDeps, organization: string, fits: AuditFits) => AsyncIterable<Uint8Array>) =>
    (fits: AuditFits, { caller, saveAs, signal }: HubContext & { readonly signal: AbortSignal }) => {
      saveAs?.(nameOf(ending))
      return within(write(deps, caller.organization, fits), signal)
    }
  return { exportRows: begin('ndjson', exportRows), exportCsv: begin('csv', exportCsv) }
}

const pageRows = 500

/** Every row after a place, in order, once: whoever reads slowly is served from the database, not from a growing queue. */
async function* watchRows(
  db: Database,
  audits: Pick<Audits, 'onRow'>,
  organization: string,
  afterSeq: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<AuditRow> {
  let wake = Promise.withResolvers<void>()
  let newest = 0
  const stop = audits.onRow(organization, ({ seq }) => {
    newest = seq
    wake.resolve()
  })
  const leave = () => wake.resolve()
  signal.addEventListener('abort', leave)
  try {
    let last = afterSeq ?? (await lastSeq(db, organization))
    while (!signal.aborted) {
      const rows = await readAfter(db, organization, last)
      for (const row of rows) {
        yield row
        last = row.seq
      }
      if (rows.length === pageRows || newest > last) continue
      await wake.promise
      wake = Promise.withResolvers()
    }
  } finally {
    stop()
    signal.removeEventListener('abort', leave)
  }
}

async function lastSeq(db: Database, organization: string): Promise<number> {
  const [row] = await db.tx({ organization }, (_sql, orm) => orm.select({ seq: max(audit.seq) }).from(audit))
  return row?.seq ?? 0
}

async function readAfter(db: Database, organization: string, seq: number): Promise<AuditRow[]> {
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm.select({ body: audit.body }).from(audit).where(gt(audit.seq, seq)).orderBy(asc(audit.seq)).limit(pageRows),
  )
  return rows.map(({ body }) => JSON.parse(body) as AuditRow)
}
