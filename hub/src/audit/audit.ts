import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { auditApi, AuditRow } from '@fairlead/protocol/features/audit.ts'
import type { HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'

/** Reading the trail: pages, new rows as they are written, and the proof that nobody changed it. */
export function serveAudit({ db, audits }: { db: Database; audits: Audits }): Handlers<typeof auditApi, HubContext> {
  return {
    async list({ beforeSeq, filter, limit }, { caller }) {
      const before = beforeSeq ?? Number.MAX_SAFE_INTEGER
      const like = `%${filter.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
      const rows = await db.tx(
        { organization: caller.organization },
        (sql) =>
          sql<{ body: string }[]>`SELECT body FROM audit WHERE seq < ${before} AND body ILIKE ${like} ORDER BY seq DESC LIMIT ${limit + 1}`,
      )
      return { rows: rows.slice(0, limit).map(({ body }) => JSON.parse(body) as AuditRow), more: rows.length > limit }
    },
    async *watch(_input, { caller, signal }) {
      const queue: AuditRow[] = []
      let wake = Promise.withResolvers<void>()
      const stop = audits.onRow(caller.organization, (row) => {
        queue.push(row)
        if (queue.length > 1000) queue.shift()
        wake.resolve()
      })
      signal.addEventListener('abort', () => wake.resolve())
      try {
        while (!signal.aborted) {
          while (queue.length > 0) yield queue.shift()!
          await wake.promise
          wake = Promise.withResolvers()
        }
      } finally {
        stop()
      }
    },
    verify: (_input, { caller }) => audits.verify(caller.organization),
  }
}
