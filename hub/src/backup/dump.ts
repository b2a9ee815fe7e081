import type { Sql, TransactionSql } from 'postgres'
import { lockTimeout, type Migration } from '../base/migrate.ts'
import type { Manifest, Partition, Source } from './entries.ts'

/** A table whose rows are copied: never a partition, whose parent shows them. */
export interface Table {
  readonly name: string
  /** Without those that the database makes itself. */
  readonly columns: readonly string[]
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** In the order of their names; without the book of migrations, which the manifest has. */
export async function tablesOf(db: TransactionSql): Promise<Table[]> {
  return db<Table[]>`SELECT relname AS name, array_agg(attname::text ORDER BY attnum) AS columns
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'migrations'
    GROUP BY relname ORDER BY relname`
}

export async function migrationsIn(db: TransactionSql): Promise<Migration[]> {
  return db<Migration[]>`SELECT name, sha256 FROM migrations ORDER BY name`
}

/** Stretches of time, as make_partition makes them. */
export async function partitionsOf(db: TransactionSql): Promise<Partition[]> {
  const found = await db<{ parent: string; name: string; bound: string }[]>`
    SELECT above.relname AS parent, own.relname AS name, pg_get_expr(own.relpartbound, own.oid) AS bound
    FROM pg_class AS own JOIN pg_inherits ON inhrelid = own.oid JOIN pg_class AS above ON above.oid = inhparent
    WHERE own.relnamespace = 'public'::regnamespace AND own.relispartition AND own.relkind = 'r' ORDER BY own.relname`
  return found.flatMap(({ parent, name, bound }) => {
    const [, lower, upper] = /^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$/.exec(bound) ?? []
    return lower === undefined || upper === undefined ? [] : [{ parent, name, lower, upper }]
  })
}

export async function kekIn(db: TransactionSql): Promise<Manifest['kek']> {
  const [row] = await db<{ id: Buffer; salt: Buffer | null }[]>`SELECT id, salt FROM keks`
  return row === undefined ? null : { id: row.id.toString('hex'), salt: row.salt?.toString('hex') ?? null }
}

const policy = 'owner_copies'

/**
 * Row-level security is forced on the owner too. An owner that it holds is let read while it says that it makes a copy; it could lift
 * the rule anyway, but not without keeping everybody else out meanwhile.
 */
async function letOwnerRead(owner: Sql): Promise<void> {
  const [free] = await owner`SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)`
  if (free !== undefined) return
  const closed = await owner<{ name: string }[]>`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'p') AND NOT relispartition AND relforcerowsecurity
    AND NOT EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid AND polname = ${policy})`
  for (const { name } of closed)
    await owner.begin(async (db) => {
      await db`SELECT set_config('lock_timeout', ${lockTimeout}, true)`
      await db.unsafe(
        `CREATE POLICY ${policy} ON ${quoted(name)} FOR SELECT TO CURRENT_USER USING (current_setting('app.copy', true) = 'on')`,
      )
    })
}

/** One state of all tables, however long it takes to read them, while the hub goes on writing. */
export async function inOneState<T>(owner: Sql, run: (db: TransactionSql) => Promise<T>): Promise<T> {
  await letOwnerRead(owner)
  return (await owner.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', async (db) => {
    await db`SELECT set_config('app.copy', 'on', true)`
    return run(db)
  })) as T
}

export async function* dumpTables(db: TransactionSql, onRows: (table: string, rows: number) => void): AsyncGenerator<Source> {
  for (const { name, columns } of await tablesOf(db)) {
    const bytes = copyOut(db, name, columns, (rows) => onRows(name, rows))
    yield { head: { kind: 'table', name, columns }, bytes }
  }
}

/** Rows in PostgreSQL's text form, one a line; read no faster than they are taken. */
async function* copyOut(
  db: TransactionSql,
  name: string,
  columns: readonly string[],
  onRows: (rows: number) => void,
): AsyncGenerator<Uint8Array> {
  const list = columns.map(quoted).join(', ')
  const rows = await db.unsafe(`COPY (SELECT ${list} FROM ${quoted(name)}) TO STDOUT`).readable()
  // Many small rows: gathered, so that none pays for a piece of its own.
  let parts: Buffer[] = []
  let held = 0
  for await (const part of rows as AsyncIterable<Buffer>) {
    parts.push(part)
    held += part.length
    if (held < 64 * 1024) continue
    const all = Buffer.concat(parts)
    onRows(linesIn(all))
    yield all
    parts = []
    held = 0
  }
  // The driver pauses its socket for a slow reader and resumes it when that reads on, but nobody reads on at the end: what follows on this
  // connection would never come.
  rows._read(0)
  const rest = Buffer.concat(parts)
  onRows(linesIn(rest))
  yield rest
}

/** In PostgreSQL's text form a line is a row. */
export function linesIn(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  return count
}
