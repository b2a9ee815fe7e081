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
