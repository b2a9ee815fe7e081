import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql, TransactionSql } from 'postgres'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Log } from './log.ts'

const folder = join(import.meta.dirname, '../../migrations')
const lockId = 7_231_901
/** A table that somebody reads is waited for no longer: all who come after would wait behind the migration. */
export const lockTimeout = '5s'
const mostTries = 20
const lockNotAvailable = '55P03'

export interface Migration {
  readonly name: string
  readonly sha256: string
}

interface MigrateOptions {
  readonly log?: Log
  /** Where the files are; another place in tests. */
  readonly dir?: string
  /** Between tries for a table that is in use. */
  readonly pauseMs?: number
  /** How long each try waits for one, as PostgreSQL writes it. */
  readonly waits?: string
}

/**
 * Each file once, in order, whole or not at all; two hubs that start together wait for each other. Beside a hub of the version before that
 * goes on serving: where a table cannot be had within 5 s all is let go, so that it gets on, and tried again.
 */
export async function migrate(
  owner: Sql,
  { log = () => undefined, dir = folder, pauseMs = 2000, waits = lockTimeout }: MigrateOptions = {},
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await owner.begin(async (db) => {
        await db`SELECT set_config('lock_timeout', ${waits}, true)`
        await migrateIn(db, dir)
      })
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockNotAvailable) throw error
      if (tries >= mostTries)
        throw new FairleadError(
          'refused',
          'The database is not migrated: some of its tables were in use all the time. End what reads them so long (a report, a dump), and start the hub again.',
          { cause: error },
        )
      log('warn', 'a migration waits for a table that is in use; it is tried again', { tries })
      await sleep(pauseMs * (0.5 + Math.random()))
    }
  }
}

/** In a transaction of the owner's. `upTo`: no more than these, which a backup was made with. Throws `internal` where files and database do not fit. */
export async function migrateIn(db: TransactionSql, dir = folder, upTo?: readonly Migration[]): Promise<void> {
  await db`SELECT pg_advisory_xact_lock(${lockId})`
  await db`CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL, at timestamptz NOT NULL DEFAULT now())`
  const done = new Map((await db<Migration[]>`SELECT name, sha256 FROM migrations`).map(({ name, sha256 }) => [name, sha256]))
  const files = migrationsOf(dir)
  const newer = [...done.keys()].find((name) => !files.some((file) => file.name === name))
  if (newer !== undefined)
    throw new FairleadError('internal', `This database was used by a newer hub (it has the migration ${newer}); start that version.`)
  for (const { name, sha256 } of files) {
    if (upTo !== undefined && !upTo.some((wanted) => wanted.name === name)) continue
    if (done.get(name) === sha256) continue
    if (done.has(name))
      throw new FairleadError('internal', `The migration ${name} was changed after it ran on this database; restore the file.`)
    await db.file(join(dir, name))
    await db`INSERT INTO migrations (name, sha256) VALUES (${name}, ${sha256})`
  }
}

/** All that this hub has, in order. */
export function migrationsOf(dir = folder): Migration[] {
  const names = readdirSync(dir).filter((name) => name.endsWith('.sql'))
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(dir, name)))
      .digest('hex')
  return names.sort().map((name) => ({ name, sha256: digest(name) }))
}
