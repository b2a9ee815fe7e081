import type { DataKeyName, DataKeys } from './data-keys.ts'
import type { Database, Db } from './db.ts'
import type { Log } from './log.ts'
import { bytesOf, type SealPlace } from './seal-record.ts'
import type { Seal } from './seal.ts'

/** A column that holds sealed values: what a rotation must go through. */
export interface SealedColumn {
  readonly table: string
  readonly column: string
  /** The columns whose texts, with `/` between them, are the `row` of the place: the row's own key, without the organization. */
  readonly row: readonly string[]
  /** Whose data keys seal it: of the organization of each row, or the hub's (a table without organization_id). */
  readonly of: 'organization' | 'hub'
}

const batchRows = 500

interface ResealDeps {
  readonly db: Database
  readonly seal: Seal
  readonly keys: DataKeys
  readonly columns: readonly SealedColumn[]
  readonly log: Log
  readonly signal: AbortSignal
  readonly rows?: number
  /** Keys of which it was said that they are kept by damaged values: once is enough. */
  readonly told: Set<string>
}

/**
 * Seals anew what is left under keys that only open, and ends those under which nothing is left. Resolves with how many of them are
 * still there. It may be cut off anywhere: each batch is one transaction, and what it did not reach is found by its key again.
 */
export async function reseal(deps: ResealDeps, oldMs: number): Promise<number> {
  let left = 0
  for (const name of await deps.keys.retired(oldMs)) {
    const columns = deps.columns.filter(({ of }) => (of === 'hub') === (name.organization === ''))
    let damaged = 0
    for (const column of columns) damaged += await resealColumn(deps, name, column)
    if (deps.signal.aborted) return left + 1
    if (damaged > 0 && !deps.told.has(name.id))
      deps.log('error', 'sealed values cannot be opened, and keep their data key', { ...name, values: damaged })
    if (damaged > 0) deps.told.add(name.id)
    const isLeft = async (sql: Db) => {
      for (const column of columns) if ((await page(sql, column, startOf(name.id), name.id, 1)).length > 0) return true
      return false
    }
    if (await deps.keys.destroy(name, isLeft)) deps.log('info', 'a data key has nothing under it any more and was destroyed', { ...name })
    else left++
  }
  return left
}

/** Resolves with how many values could not be opened: they stay as they are, and are passed by. */
async function resealColumn(deps: ResealDeps, name: DataKeyName, column: SealedColumn): Promise<number> {
  const { db, signal, rows: most = batchRows } = deps
  let damaged = 0
  let after: Buffer = startOf(name.id)
  while (!signal.aborted) {
    const rows = await db.tx(name, (sql) => page(sql, column, after, name.id, most))
    if (rows.length === 0) break
    after = rows.at(-1)!.start
    const again: { readonly was: Buffer; readonly is: Uint8Array }[] = []
    for (const { row, value } of rows) {
      const place: SealPlace = { organization: name.organization, table: column.table, row: row.join('/'), column: column.column }
      const plain = await deps.seal.open(place, value).catch((error: unknown) => {
        if (!deps.told.has(name.id)) deps.log('warn', 'a sealed value cannot be opened', { error: String(error) })
      })
      if (plain === undefined) damaged++
      else again.push({ was: value, is: await deps.seal.seal(place, plain) })
    }
    const { table, column: col } = column
    await db.tx(name, async (sql) => {
      // Whoever wrote the row meanwhile wins: it no longer holds what was read. No two sealed values are the same.
      for (const { was, is } of again)
        await sql`UPDATE ${sql(table)} SET ${sql(col)} = ${is} WHERE substring(${sql(col)} FROM 1 FOR 29) = ${was.subarray(0, 29)} AND ${sql(col)} = ${was}`
    })
  }
  return damaged
}

interface Found {
  readonly row: string[]
  readonly value: Buffer
  readonly start: Buffer
}

/** Values under a key after the given start, in the order of their starts: key, then nonce. */
async function page(sql: Db, { table, column, row }: SealedColumn, after: Buffer, id: string, most: number): Promise<Found[]> {
  const start = sql`substring(${sql(column)} FROM 1 FOR 29)`
  const found = await sql<Record<string, unknown>[]>`SELECT ${sql(row)}, ${sql(column)} AS sealed_value, ${start} AS sealed_start
    FROM ${sql(table)} WHERE ${start} > ${after} AND ${start} < ${endOf(id)} ORDER BY ${start} LIMIT ${most}`
  return found.map((each) => ({
    row: row.map((name) => String(each[name])),
    value: each['sealed_value'] as Buffer,
    start: each['sealed_start'] as Buffer,
  }))
}

const startOf = (id: string) => Buffer.concat([Buffer.of(1), bytesOf(id)])
const endOf = (id: string) => Buffer.concat([startOf(id), Buffer.alloc(13, 255)])
