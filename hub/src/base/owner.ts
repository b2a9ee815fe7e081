import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Config } from '../config.ts'
import { lockDataDir, whoHolds } from './datadir.ts'
import { connectBundled, database, makeWorkRole, workRole, type Database } from './db.ts'
import { findPostgres, startPostgres, type BundledPostgres } from './postgres.ts'

/** The database as its owner, for a command: beside the hub that runs, or alone. */
export interface OwnerConnection {
  readonly sql: Sql
  /** As the role that the hub works as, which row-level security holds. */
  readonly db: Database
  /** A hub runs on this data folder now. */
  readonly hubRuns: boolean
  close(): Promise<void>
}

const quiet = { onnotice: () => undefined, max: 1, connect_timeout: 10 }

/** `alone`: throws `conflict` while a hub runs on the data folder, and keeps any other from starting. */
export async function openOwner(
  { dataDir, databaseUrl, databaseOwnerUrl }: Pick<Config, 'dataDir' | 'databaseUrl' | 'databaseOwnerUrl'>,
  { alone = false }: { readonly alone?: boolean } = {},
): Promise<OwnerConnection> {
  const hubRuns = !alone && (await whoHolds(dataDir)) !== undefined
  const lock = hubRuns ? undefined : await lockDataDir(dataDir)
  try {
    if (databaseUrl !== undefined) return await openOwn({ databaseUrl, databaseOwnerUrl }, hubRuns, lock?.close)
    if (hubRuns) return attach(join(dataDir, 'postgres'))
    const bundled = await startPostgres(join(dataDir, 'postgres'))
    const sql = connectBundled(bundled, bundled.user, bundled.password, quiet)
    await makeWorkRole(sql, crypto.randomUUID())
    const work = workOf(bundled)
    return {
      sql,
      db: database(work, sql, undefined),
      hubRuns,
      async close() {
        await Promise.all([sql.end({ timeout: 2 }), work.end({ timeout: 2 })])
        await bundled.stop()
        lock?.close()
      },
    }
  } catch (error) {
    lock?.close()
    throw error
  }
}

function attach(dir: string): OwnerConnection {
  const found = findPostgres(dir)
  if (found === undefined) throw new FairleadError('refused', 'A hub is starting on this data folder; try again when it is up.')
  const sql = connectBundled(found, found.user, found.password, quiet)
  const work = workOf(found)
  const close = async () => void (await Promise.all([sql.end({ timeout: 2 }), work.end({ timeout: 2 })]))
  return { sql, db: database(work, sql, undefined), hubRuns: true, close }
}

/** Its password is drawn anew by each hub that starts; who has the superuser's becomes that role without. */
function workOf(bundled: Pick<BundledPostgres, 'socketDir' | 'user' | 'password'>): Sql {
  return connectBundled(bundled, bundled.user, bundled.password, { ...quiet, connection: { role: workRole } })
}

async function openOwn(
  { databaseUrl, databaseOwnerUrl }: { readonly databaseUrl: string; readonly databaseOwnerUrl: string | undefined },
  hubRuns: boolean,
  release: () => void = () => undefined,
): Promise<OwnerConnection> {
  const url = databaseOwnerUrl ?? databaseUrl
  const [sql, work] = [postgres(url, quiet), postgres(databaseUrl, { ...quiet, prepare: false })]
  const end = async (seconds: number) => void (await Promise.all([sql.end({ timeout: seconds }), work.end({ timeout: seconds })]))
  try {
    await sql`SELECT 1`
  } catch (cause) {
    await end(1)
    const code = String((cause as { code?: unknown }).code)
    throw new FairleadError(
      'bad_upstream',
      `The database at ${new URL(url).host} does not let its owner in (${code}); start it, or mend DATABASE_OWNER_URL.`,
      { cause },
    )
  }
  return {
    sql,
    db: database(work, sql, undefined),
    hubRuns,
    async close() {
      await end(2)
      release()
    },
  }
}
