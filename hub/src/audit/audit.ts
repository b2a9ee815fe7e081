import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { auditApi, AuditRow } from '@fairlead/protocol/features/audit.ts'
import type { HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { and, asc, desc, gt, ilike, lt, max, or } from '../base/drizzle.ts'
import { audit } from '../base/tables.ts'

/** Reading the trail: pages, new rows as they are written, and the proof that nobody changed it. */
export function serveAudit({ db, audits }: { db: Database; audits: Audits }): Handlers<typeof auditApi, HubContext> {
  return {
    async list({ beforeSeq, filter, verbs, limit }, { caller }) {
      const before = beforeSeq ?? Number.MAX_SAFE_INTEGER
      const fits = or(ilike(audit.body, holding(filter)), ...verbs.map((verb) => ilike(audit.body, holding(`"verb":"${verb}"`))))
      const wanted = and(lt(audit.seq, before), fits)
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
    verify: (_input, { caller }) => audits.verify(caller.organization),
  }
}

/** A pattern that fits whatever has this text in it, taken as it is. */
const holding = (text: string) => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`

const pageRows = 500

/** Every row after a place, in order, once: whoever reads slowly is served from the database, not from a growing queue. */
async function* watchRows(
  db: Database,
  audits: Audits,
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
