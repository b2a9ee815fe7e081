import type { Sql, TransactionSql } from 'postgres'
import type { Database } from '../base/db.ts'

const mostKept = 50

interface BackupNote {
  readonly place: string
  readonly bytes: number
  /** Empty: it was made. */
  readonly failure?: string
}

/** What people are shown of the last ones. */
export async function noteBackup(db: Sql | TransactionSql, { place, bytes, failure = '' }: BackupNote): Promise<void> {
  await db`INSERT INTO hub_backups (place, bytes, failure) VALUES (${place}, ${bytes}, ${failure}) ON CONFLICT DO NOTHING`
  await db`DELETE FROM hub_backups WHERE at < (SELECT at FROM hub_backups ORDER BY at DESC OFFSET ${mostKept} LIMIT 1)`
}

export interface LastBackup {
  readonly atMs: number
  readonly place: string
  readonly bytes: number
}

export interface FailedBackup {
  readonly atMs: number
  readonly place: string
  readonly why: string
}

const dayMs = 86_400_000

/** From this age on the last one is overdue: one may fail, and a hub may be off for a day. */
export function lateAfterMs(everyMs = 0): number {
  return 2 * Math.max(everyMs, dayMs)
}

/** The last one that was made, and the last try when it made none. */
export async function lastBackup(
  db: Database,
): Promise<{ readonly made: LastBackup | undefined; readonly failed: FailedBackup | undefined }> {
  const rows = await db.tx(
    {},
    (sql) =>
      sql<
        { at: Date; place: string; bytes: string; failure: string }[]
      >`SELECT at, place, bytes, failure FROM hub_backups ORDER BY at DESC`,
  )
  const made = rows.find(({ failure }) => failure === '')
  const [last] = rows
  return {
    made: made === undefined ? undefined : { atMs: made.at.getTime(), place: made.place, bytes: Number(made.bytes) },
    failed: last === undefined || last.failure === '' ? undefined : { atMs: last.at.getTime(), place: last.place, why: last.failure },
  }
}
