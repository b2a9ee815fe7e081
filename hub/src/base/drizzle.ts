import { createRequire } from 'node:module'
import type * as Drizzle from 'drizzle-orm'
import type * as Core from 'drizzle-orm/pg-core'
import type * as Proxy from 'drizzle-orm/pg-proxy'
import type { TransactionSql } from 'postgres'

// Required, not imported: as modules its hundred small files have Node read the package's 180 KB manifest once each, which costs
// the hub's start 0.9 s of processor and 250 MB of memory; required they cost 0.15 s and 22 MB. docs/decisions has the figures.
const require = createRequire(import.meta.url)
const core = require('drizzle-orm/pg-core') as typeof Core
const proxy = require('drizzle-orm/pg-proxy') as typeof Proxy

export const { boolean: flag, customType, integer, pgTable, primaryKey, text, timestamp, uuid } = core
export const { and, asc, desc, eq, gt, gte, ilike, inArray, isNotNull, isNull, like, lt, max, ne, or, sql } =
  require('drizzle-orm') as typeof Drizzle

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })
/** Numbers that fit a double: rows of a trail, not amounts. */
export const count = customType<{ data: number; driverData: string }>({ dataType: () => 'bigint', fromDriver: Number })
/** The driver itself writes and reads JSON; drizzle's own column would write it twice. */
export const document = <T>() => customType<{ data: T; driverData: T }>({ dataType: () => 'jsonb' })
export const moment = (name: string) => timestamp(name, { withTimezone: true })

export type SQL = Drizzle.SQL
export type SQLWrapper = Drizzle.SQLWrapper
export type Orm = ReturnType<typeof proxy.drizzle>

/** Typed queries inside a transaction that is open already. */
export function ormOver(db: TransactionSql): Orm {
  return proxy.drizzle(async (text, values, method) => {
    // The one place where text becomes a statement: drizzle's own text, whose values travel apart.
    const query = db.unsafe(text, values as never[])
    return { rows: method === 'execute' ? await query : await query.values() }
  })
}
