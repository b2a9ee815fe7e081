import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TransactionSql } from 'postgres'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { migrateIn, migrationsOf } from '../base/migrate.ts'
import { quoted, tablesOf, type Table } from './dump.ts'
import type { Manifest } from './entries.ts'

/** Accounts in this database: it is somebody's. */
export async function countAccounts(db: TransactionSql): Promise<number> {
  const [made] = await db<{ made: boolean }[]>`SELECT to_regclass('public.accounts') IS NOT NULL AS made`
  if (made?.made !== true) return 0
  const [row] = await db<{ count: number }[]>`SELECT count(*)::int AS count FROM accounts`
  return row!.count
}

/** Throws `conflict` when what is in this database is no hub's: it would all go. */
export async function refuseForeign(db: TransactionSql): Promise<void> {
  const [found] = await db<{ tables: number; hub: boolean }[]>`SELECT (SELECT count(*)::int FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')) AS tables, to_regclass('public.migrations') IS NOT NULL AS hub`
  if (found!.tables > 0 && !found!.hub)
    throw new FairleadError(
      'conflict',
      'This database has tables that are no hub’s; a restore would remove them. Give the hub a database of its own. Nothing was changed.',
    )
}

/** Throws `unsupported` for what was made by a newer hub, or by one whose migrations were others. */
export function refuseNewer({ migrations, hub }: Manifest): void {
  const own = new Map(migrationsOf().map(({ name, sha256 }) => [name, sha256]))
  const newer = migrations.find(({ name }) => !own.has(name))
  if (newer !== undefined)
    throw new FairleadError(
      'unsupported',
      `This backup was made by a newer hub (${hub}, with the migration ${newer.name}); restore it with that version or a newer one. Nothing was changed.`,
    )
  const other = migrations.find(({ name, sha256 }) => own.get(name) !== sha256)
  if (other !== undefined)
    throw new FairleadError(
      'unsupported',
      `This backup was made by a hub whose migration ${other.name} is another one than here; restore it with that version. Nothing was changed.`,
    )
}

/** Empty tables as the backup's hub had them, whatever was here before. All in this transaction. */
export async function prepareTables(db: TransactionSql, { migrations, partitions }: Manifest): Promise<ReadonlyMap<string, Table>> {
  await db.unsafe('DROP SCHEMA public CASCADE')
  await db.unsafe('CREATE SCHEMA public')
  await db.unsafe('GRANT USAGE ON SCHEMA public TO PUBLIC')
  await migrateIn(db, undefined, migrations)
  const tables = await tablesOf(db)
  // What migrations write into new tables is in the backup too.
  if (tables.length > 0) await db.unsafe(`TRUNCATE ${tables.map(({ name }) => quoted(name)).join(', ')}`)
  for (const { parent, name, lower, upper } of partitions)
    await db`SELECT make_partition(${parent}, ${name}, ${lower}::timestamptz, ${upper}::timestamptz) WHERE to_regclass(${name}) IS NULL`
  return new Map(tables.map((table) => [table.name, table]))
}

interface Foreign {
  readonly table: string
  readonly name: string
  readonly definition: string
}

/** Lifts what looks from one table to another, and what holds the owner, until all rows are there; puts both back, and so proves them. */
export async function withoutRules(db: TransactionSql, load: () => Promise<void>): Promise<void> {
  const foreign = await db<Foreign[]>`SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace`
  const forced = await db<{ name: string }[]>`SELECT relname AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relforcerowsecurity`
  for (const { table, name } of foreign) await db.unsafe(`ALTER TABLE ${table} DROP CONSTRAINT ${quoted(name)}`)
  for (const { name } of forced) await db.unsafe(`ALTER TABLE ${quoted(name)} NO FORCE ROW LEVEL SECURITY`)
  await load()
  for (const { table, name, definition } of foreign) await db.unsafe(`ALTER TABLE ${table} ADD CONSTRAINT ${quoted(name)} ${definition}`)
  for (const { name } of forced) await db.unsafe(`ALTER TABLE ${quoted(name)} FORCE ROW LEVEL SECURITY`)
}

/** One table's rows, as they were written. */
export async function loadTable(
  db: TransactionSql,
  table: Table | undefined,
  columns: readonly string[],
  bytes: AsyncIterable<Buffer>,
): Promise<void> {
  // Names come from a file: only those that this database has itself become part of a statement.
  const known = new Set(table?.columns)
  if (table === undefined || columns.some((column) => !known.has(column)))
    throw new FairleadError('invalid_input', 'The backup has a table that its migrations do not make. Nothing was changed.')
  const list = columns.map(quoted).join(', ')
  const into = await db.unsafe(`COPY ${quoted(table.name)} (${list}) FROM STDIN`).writable()
  // What the database refuses after the last row the driver tells nobody: the next question is answered when the copy is over, or fails as it did.
  const over = Promise.withResolvers<unknown>()
  const final = into._final.bind(into)
  into._final = (done) => {
    final(done)
    db`SELECT 1`.then(over.resolve, over.reject)
  }
  await Promise.race([over.promise, pipeline(Readable.from(bytes), into).then(() => over.promise)])
}
