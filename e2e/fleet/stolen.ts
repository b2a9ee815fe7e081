import { openCheckpoints } from '@fairlead/hub/audit/checkpoints.ts'
import { openTrailKey } from '@fairlead/hub/audit/trail-key.ts'
import { chain, openAudits } from '@fairlead/hub/base/audit.ts'
import { openDatabase } from '@fairlead/hub/base/db.ts'
import { openSeal } from '@fairlead/hub/base/seal.ts'
import { sealedColumns } from '@fairlead/hub/hub.ts'

const quiet = () => undefined

/** Of a hub that is stopped and that somebody stole, with all that it has: what they rewrote, they sign with its own key. Rows that there are. */
export async function rewriteTrail(dataDir: string): Promise<number> {
  const db = await openDatabase({ databaseUrl: undefined, databaseOwnerUrl: undefined, dataDir })
  const seal = await openSeal({ db, dataDir, log: quiet, kek: undefined, kekOld: undefined, columns: sealedColumns })
  try {
    const rewritten = await db.owner(async (sql) => {
      for (const table of ['audit', 'audit_checkpoints']) await sql`ALTER TABLE ${sql(table)} NO FORCE ROW LEVEL SECURITY`
      const rows = await sql<
        { organization_id: string; seq: string; body: string }[]
      >`SELECT organization_id, seq, body FROM audit ORDER BY seq`
      let hash: Uint8Array = Buffer.alloc(32)
      const [first] = rows
      for (const { organization_id, seq, body } of rows) {
        const said = Number(seq) === 2 ? body.replace(/"actorName":"[^"]*"/, '"actorName":"Nobody"') : body
        hash = chain(hash, said)
        await sql`UPDATE audit SET body = ${said}, hash = ${hash} WHERE organization_id = ${organization_id} AND seq = ${seq}`
      }
      await sql`DELETE FROM audit_checkpoints`
      for (const table of ['audit', 'audit_checkpoints']) await sql`ALTER TABLE ${sql(table)} FORCE ROW LEVEL SECURITY`
      return { organization: first!.organization_id, rows: rows.length }
    })
    const checkpoints = openCheckpoints({ db, audits: openAudits(db), key: await openTrailKey(db, seal), log: quiet })
    await checkpoints.take(rewritten.organization)
    await checkpoints.close()
    return rewritten.rows
  } finally {
    await seal.close()
    await db.close()
  }
}
