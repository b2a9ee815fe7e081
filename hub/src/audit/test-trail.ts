import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAudits, type AuditEntry, type Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openTestSeal } from '../base/testseal.ts'
import { openCheckpoints, type Checkpoints } from './checkpoints.ts'
import type { ExportDeps } from './export.ts'
import { openTrailKey, trailKeyColumn, type TrailKey } from './trail-key.ts'

/** A trail on a real database, for the tests of what is made of it. */
export interface TestTrail {
  readonly db: Database
  readonly dir: string
  readonly audits: Audits
  readonly key: TrailKey
  readonly checkpoints: Checkpoints
  readonly reading: ExportDeps
  readonly logged: string[]
  /** A new organization with so many rows, signed after each `signed`. */
  filled(rows: number, more?: (n: number) => Partial<AuditEntry>): Promise<string>
  write(organization: string, rows: number, more?: (n: number) => Partial<AuditEntry>): Promise<void>
  /** As whoever owns the database. */
  forge(run: Parameters<Database['owner']>[0]): Promise<void>
  close(): Promise<void>
}

const nothing = { host: '', hostName: '', code: '', ip: '', userAgent: '', trace: '' }

/** `everyRows`: how many rows a checkpoint signs. */
export async function openTestTrail(everyRows = 10): Promise<TestTrail> {
  const test = await openTestDatabase()
  const sealed = await openTestSeal(test.db, [trailKeyColumn])
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-trail-'))
  const audits = openAudits(test.db)
  const key = await openTrailKey(test.db, sealed.seal)
  const logged: string[] = []
  const log = (_level: string, message: string) => void logged.push(message)
  const checkpoints = openCheckpoints({ db: test.db, audits, key, log, everyRows, everyMs: 3_600_000 })
  const write: TestTrail['write'] = async (organization, rows, more = () => ({})) => {
    const entry = (n: number): AuditEntry => ({
      ...nothing,
      organization,
      verb: 'host.update',
      outcome: 'ok',
      actor: 'a',
      actorName: 'A',
      target: `t${n}`,
      ...more(n),
    })
    await Promise.all(Array.from({ length: rows }, (_, n) => audits.write(entry(n + 1))))
  }
  return {
    db: test.db,
    dir,
    audits,
    key,
    checkpoints,
    reading: { db: test.db, key, checkpoints, archiveDir: join(dir, 'audit') },
    logged,
    write,
    async filled(rows, more) {
      const organization = randomUUID()
      await test.db.tx({ organization }, (sql) => sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`)
      await write(organization, rows, more)
      await checkpoints.take(organization)
      return organization
    },
    forge: (run) =>
      test.db.owner(async (sql) => {
        for (const table of ['audit', 'audit_checkpoints', 'audit_archives'])
          await sql`ALTER TABLE ${sql(table)} NO FORCE ROW LEVEL SECURITY`
        await run(sql)
        for (const table of ['audit', 'audit_checkpoints', 'audit_archives']) await sql`ALTER TABLE ${sql(table)} FORCE ROW LEVEL SECURITY`
      }),
    async close() {
      await checkpoints.close()
      await sealed.close()
      await test.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
