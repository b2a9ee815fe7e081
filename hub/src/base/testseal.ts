import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from './db.ts'
import type { SealedColumn } from './reseal.ts'
import { openSeal, type OpenSeal, type SealTimes } from './seal.ts'

/** A seal over the database of a test, with a key of its own. To be closed before the database. */
export async function openTestSeal(
  db: Database,
  columns: readonly SealedColumn[] = [],
  times: Partial<SealTimes> = {},
): Promise<{ readonly seal: OpenSeal; close(): Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fairlead-seal-'))
  const seal = await openSeal({ db, dataDir, columns, kek: undefined, kekOld: undefined, log: () => undefined, times })
  return {
    seal,
    async close() {
      await seal.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export const testColumns: readonly SealedColumn[] = [
  { table: 'things', column: 'value', row: ['id', 'n'], of: 'organization' },
  { table: 'things', column: 'other', row: ['id', 'n'], of: 'organization' },
  { table: 'people', column: 'value', row: ['id'], of: 'hub' },
]

/** Tables as a feature would have them. */
export async function makeTables(db: Database, organizations: readonly string[]): Promise<void> {
  await db.owner(async (sql) => {
    await sql`CREATE TABLE things (organization_id uuid NOT NULL, id uuid NOT NULL, n int NOT NULL, value bytea, other bytea, PRIMARY KEY (organization_id, id, n))`
    await sql`ALTER TABLE things ENABLE ROW LEVEL SECURITY`
    await sql`ALTER TABLE things FORCE ROW LEVEL SECURITY`
    await sql`CREATE POLICY own ON things USING (organization_id = own_organization()) WITH CHECK (organization_id = own_organization())`
    await sql`CREATE TABLE people (id uuid PRIMARY KEY, value bytea)`
    await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON things, people TO fairlead_work`
    await sql`SELECT hold_sealed('things', 'value'), hold_sealed('things', 'other'), hold_sealed('people', 'value')`
    for (const organization of organizations) await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
  })
}
