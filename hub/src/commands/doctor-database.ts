import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TransactionSql } from 'postgres'
import { publicTrailKey } from '../audit/trail-key.ts'
import { verifyTable } from '../audit/verify.ts'
import { migrationsOf } from '../base/migrate.ts'
import { openOwner, type OwnerConnection } from '../base/owner.ts'
import { inOneState, lastBackup, lateAfterMs } from '../backup/backup.ts'
import { readKnownKek } from '../backup/key.ts'
import type { Config } from '../config.ts'
import { failed, fine, odd, type Finding } from './doctor-machine.ts'

/** What only the database knows; the bundled one is started for it when no hub runs. */
export async function checkDatabase(config: Config): Promise<Finding[]> {
  const bundled = config.databaseUrl === undefined
  if (bundled && !existsSync(join(config.dataDir, 'postgres')) && !existsSync('/var/lib/fairlead-postgres'))
    return [odd('database', 'the bundled PostgreSQL was never started', 'start the hub')]
  let owner: OwnerConnection
  try {
    owner = await openOwner(config)
  } catch (error) {
    return [
      failed(
        'database',
        (error as Error).message,
        bundled ? 'stop the hub and start it again' : 'start it, or mend DATABASE_URL and DATABASE_OWNER_URL',
      ),
    ]
  }
  try {
    const [version] = await owner.sql<{ version: string; skew: number }[]>`SELECT current_setting('server_version') AS version,
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS skew`
    const skew = Math.abs(Number(version!.skew) - Date.now())
    const [made] = await owner.sql<{ made: boolean }[]>`SELECT to_regclass('public.migrations') IS NOT NULL AS made`
    const reached = fine('database', `PostgreSQL ${version!.version} answers`)
    if (made?.made !== true) return [reached, odd('migrations', 'the database is empty', 'start the hub')]
    return [
      reached,
      skew > 5000
        ? odd('clock', `the database’s differs by ${Math.round(skew / 1000)} s`, 'set both by NTP')
        : fine('clock', 'the database’s agrees'),
      await checkRole(owner),
      ...(await checkRows(owner, config)),
    ]
  } finally {
    await owner.close()
  }
}

async function checkRole({ db }: OwnerConnection): Promise<Finding> {
  try {
    const [role] = await db.tx(
      {},
      (sql) => sql<{ name: string; above: boolean }[]>`SELECT current_user AS name,
      EXISTS (SELECT 1 FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')) AS above`,
    )
    if (role!.above)
      return failed(
        'role',
        `${role!.name} may pass by row-level security`,
        `ALTER ROLE ${role!.name} NOSUPERUSER NOBYPASSRLS, or give DATABASE_URL another role`,
      )
    return fine('role', `the hub works as ${role!.name}, which row-level security holds`)
  } catch (error) {
    return failed('role', `the hub’s role is not let in (${(error as Error).message})`, 'mend DATABASE_URL')
  }
}

async function checkRows(owner: OwnerConnection, config: Config): Promise<Finding[]> {
  const found = await inOneState(owner.sql, async (db) => ({
    done: await db<{ name: string }[]>`SELECT name FROM migrations`,
    kek: (await db<{ id: Buffer; salt: Buffer | null }[]>`SELECT id, salt FROM keks`)[0],
    organizations: await db<{ id: string; name: string }[]>`SELECT organization_id::text AS id, name FROM organizations`,
    hold: await holdIn(db),
  }))
  const own = migrationsOf().map(({ name }) => name)
  const missing = own.filter((name) => !found.done.some((done) => done.name === name))
  const newer = found.done.filter(({ name }) => !own.includes(name))
  return [
    newer.length > 0
      ? failed('migrations', `a newer hub used this database (${newer[0]!.name})`, 'start that version')
      : missing.length > 0
        ? odd('migrations', `${missing.length} are to come`, 'start the hub: it migrates by itself; make a backup before')
        : fine('migrations', `all ${own.length} are there`),
    await checkKek(config, found.kek),
    found.hold === ''
      ? fine('confirmed', 'this hub acts')
      : failed('confirmed', `nothing can be changed on hosts (${found.hold})`, 'fairlead-hub confirm, when no other hub with its key runs'),
    missing.length > 0 ? odd('backup', 'not known before the migrations ran', 'start the hub') : await checkBackup(owner, config),
    ...(await Promise.all(found.organizations.map((organization) => checkTrail(owner, organization)))),
  ]
}

async function holdIn(db: TransactionSql): Promise<string> {
  const [made] = await db<{ made: boolean }[]>`SELECT to_regclass('public.hub_epoch') IS NOT NULL AS made`
  return made?.made === true ? ((await db<{ hold: string }[]>`SELECT hold FROM hub_epoch`)[0]?.hold ?? '') : ''
}

async function checkKek(
  { dataDir, kek }: Config,
  row: { readonly id: Buffer; readonly salt: Buffer | null } | undefined,
): Promise<Finding> {
  if (row === undefined) return odd('key', 'nothing is sealed yet', 'start the hub')
  try {
    await readKnownKek(dataDir, kek, { id: row.id.toString('hex'), salt: row.salt?.toString('hex') ?? null })
    return fine('key', 'the key of the secrets is the database’s; keep a copy of it elsewhere')
  } catch (error) {
    return failed('key', (error as Error).message, 'put your copy of the key back: nothing else opens the secrets')
  }
}

async function checkBackup({ db }: OwnerConnection, { backup }: Config): Promise<Finding> {
  const { made, failed: broken } = await lastBackup(db)
  const mend =
    backup === undefined ? 'fairlead-hub backup FILE; or set FAIRLEAD_BACKUP_DIR, and the hub makes them itself' : 'see the log of the hub'
  if (broken !== undefined) return failed('backup', `the last one failed: ${broken.why}`, mend)
  if (made === undefined) return odd('backup', 'there is none yet', mend)
  const age = Date.now() - made.atMs
  const says = `the last one is ${Math.round(age / 3_600_000)} h old: so much would be lost`
  return age > lateAfterMs(backup?.everyMs) ? odd('backup', says, mend) : fine('backup', says)
}

async function checkTrail({ db }: OwnerConnection, { id, name }: { readonly id: string; readonly name: string }): Promise<Finding> {
  const of = name.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')
  const key = await publicTrailKey(db)
  if (key === undefined) return fine('trail', `nothing of ${of} was signed yet`)
  const { rows, ok, brokenAt } = await verifyTable(db, key, id)
  return ok
    ? fine('trail', `${rows} rows of ${of}, none changed`)
    : failed(
        'trail',
        `of ${of}: row ${brokenAt} is not as it was written`,
        'keep this database, and compare it with a backup: somebody changed it',
      )
}
