import type { Database } from '../base/db.ts'
import { eq, type SQL } from '../base/drizzle.ts'
import { hosts } from '../base/tables.ts'

type Value<T> = T | SQL
type Row = typeof hosts.$inferInsert
type Fields = { readonly [K in keyof Row]?: Value<Row[K]> }

/** Writes these fields of one host's row. */
export async function saveHost(db: Database, organization: string, id: string, fields: Fields): Promise<void> {
  await db.tx({ organization }, (_sql, orm) => orm.update(hosts).set(fields).where(eq(hosts.id, id)))
}
