import type { Sql } from 'postgres'
import type { Database } from '../base/db.ts'
import { steps } from './steps.ts'

/** Partitions from the oldest point still kept to a stretch ahead; older ones go as a whole. */
export async function tendPartitions(db: Database, nowMs: number): Promise<void> {
  await db.owner(async (sql) => {
    for (const { table, keepMs, partitionMs } of steps) {
      const first = Math.floor((nowMs - keepMs) / partitionMs)
      const last = Math.floor(nowMs / partitionMs) + 2
      const found = await sql<
        { name: string }[]
      >`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = ${table}::regclass`
      const existing = new Set(found.map(({ name }) => name))
      for (let n = first; n <= last; n++) {
        const name = `${table}_${n}`
        if (existing.delete(name)) continue
        const [from, to] = [new Date(n * partitionMs).toISOString(), new Date((n + 1) * partitionMs).toISOString()]
        // Names and bounds are made here, of numbers alone; DDL takes no parameters.
        await sql`SELECT make_partition(${table}, ${name}, ${from}::timestamptz, ${to}::timestamptz)`
      }
      // Those further ahead stay: a clock that was set back needs them again.
      for (const name of existing) if (Number(name.slice(table.length + 1)) < first) await drop(sql, name)
    }
  })
}

/** Whoever reads it for long, a backup say, is not waited for: all others would wait behind. It goes the next time. */
async function drop(sql: Sql, name: string): Promise<void> {
  await sql
    .begin(async (db) => {
      await db`SELECT set_config('lock_timeout', '2s', true)`
      await db`DROP TABLE IF EXISTS ${db(name)}`
    })
    .catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== '55P03') throw error
    })
}
