import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, type Database } from './db.ts'
import { placeCluster } from './test-cluster.ts'

/** A real PostgreSQL of this test file's own, migrated and empty. */
export async function openTestDatabase(): Promise<{ readonly db: Database; close(): Promise<void> }> {
  const dir = mkdtempSync('/var/tmp/fairlead-test-')
  // The database's own account must be able to walk in.
  chmodSync(dir, 0o711)
  const dataDir = join(dir, 'hub')
  await placeCluster(dataDir)
  const db = await openDatabase({ databaseUrl: undefined, databaseOwnerUrl: undefined, dataDir }, { fsync: false })
  return {
    db,
    async close() {
      await db.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
