import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql, type TransactionSql } from 'postgres'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Config } from '../config.ts'
import { ormOver, type Orm } from './drizzle.ts'
import type { Log } from './log.ts'
import { hearNotices, type Direct, type Listener } from './notices.ts'
import { migrate } from './migrate.ts'
import { smallMachine, startPostgres, type BundledPostgres } from './postgres.ts'

export type Db = TransactionSql

/** What a transaction may show of what it looks for, before the organization is known. */
export interface Shown {
  readonly organization?: string
  readonly login?: Buffer
  readonly hostKeys?: readonly Uint8Array[]
  readonly secret?: Buffer
  readonly account?: string
  readonly kek?: Buffer
}

/** Where several features read in one transaction. */
export interface Within {
  readonly sql: Db
  readonly orm: Orm
}

export interface Database {
  /** The only way to a query: one transaction in which row-level security sees what was shown. */
  tx<T>(shown: Shown, run: (db: Db, orm: Orm) => Promise<T>): Promise<T>
  /** Partitions are the owner's: makes those to come, drops those that are over. */
  owner<T>(run: (db: Sql) => Promise<T>): Promise<T>
  /** What hubs on this database say to one another. */
  listen(listener: Listener): { close(): Promise<void> }
  ping(): Promise<void>
  close(): Promise<void>
}

export const workRole = 'fairlead_work'

interface OpenOptions {
  readonly fsync?: boolean
  readonly log?: Log
  /** Ends the waiting for a database that does not answer yet. */
  readonly signal?: AbortSignal
}

/** The bundled database, or the one of the settings; migrated; entered as an unprivileged role. */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'databaseOwnerUrl' | 'databaseDirectUrl' | 'dataDir'>,
  options: OpenOptions = {},
): Promise<Database> {
  const { log = () => undefined, signal } = options
  const bundled = config.databaseUrl === undefined ? await startPostgres(join(config.dataDir, 'postgres'), options) : undefined
  // A database that comes back is found again within a second: nobody waits longer for the hub than for it.
  const quiet = { onnotice: () => undefined, max: 1, connect_timeout: 10, backoff: backoffSeconds }
  const owner =
    bundled !== undefined
      ? connectBundled(bundled, bundled.user, bundled.password, quiet)
      : postgres(config.databaseOwnerUrl ?? config.databaseUrl!, quiet)
  let work: Sql | undefined
  try {
    await waitFor(owner, config.databaseOwnerUrl ?? config.databaseUrl, log, signal)
    const password = randomBytes(24).toString('hex')
    if (bundled !== undefined) await makeWorkRole(owner, password)
    work =
      bundled !== undefined
        ? connectBundled(bundled, workRole, password, { ...quiet, max: smallMachine(process.constrainedMemory()) ? 5 : 10 })
        : await connectWork(config.databaseUrl!, quiet)
    await refusePrivileged(work, owner)
    await migrate(owner, { log })
    const direct = (more: object) =>
      bundled !== undefined
        ? connectBundled(bundled, workRole, password, { ...quiet, ...more })
        : postgres(config.databaseDirectUrl ?? config.databaseUrl!, { ...quiet, ...more })
    return database(work, owner, bundled, direct)
  } catch (error) {
    await Promise.all([work?.end({ timeout: 1 }), owner.end({ timeout: 1 })])
    await bundled?.stop()
    throw error
  }
}

/** What was found tells whose it is: the rest of this transaction sees what that organization and this account own. */
export async function showOwn(
  sql: Db,
  { organization, account }: { readonly organization: string; readonly account: string },
): Promise<void> {
  await sql`SELECT set_config('app.organization', ${organization}, true), set_config('app.account', ${account}, true)`
}

const backoffSeconds = (tries: number) => Math.min(1, 0.05 * 2 ** tries)

/** A database may start after the hub, or be restored meanwhile: it is waited for, and the log says so. What waiting cannot mend is thrown. */
async function waitFor(owner: Sql, url: string | undefined, log: Log, signal: AbortSignal | undefined): Promise<void> {
  const where = url === undefined ? 'the bundled PostgreSQL' : new URL(url).host
  for (let tries = 0; ; tries++) {
    try {
      return void (await owner`SELECT 1`)
    } catch (error) {
      const { code } = error as { code?: string }
      if (!isUnreachable(code))
        throw new FairleadError('invalid_input', `The database at ${where} does not let the hub in (${code}); ${mendOf(code)}`, {
          cause: error,
        })
      signal?.throwIfAborted()
      if (tries % 10 === 0)
        log('warn', `The database at ${where} does not answer (${code}); the hub waits for it. Start it, or mend DATABASE_URL.`)
      await sleep(1000, undefined, signal === undefined ? {} : { signal })
    }
  }
}

function mendOf(code: string | undefined): string {
  if (code === '28P01' || code === '28000') return 'mend the user and the password in DATABASE_URL and DATABASE_OWNER_URL.'
  if (code === '3D000') return 'that database does not exist: create it, or mend its name in DATABASE_URL.'
  return 'see its log.'
}

/** Statements stay prepared, half the round trips of each, where what answers is the database itself: behind a pooler of transactions the next one may be elsewhere. */
async function connectWork(url: string, options: object): Promise<Sql> {
  const pooled = postgres(url, { ...options, max: 10, prepare: false })
  try {
    // A pooler makes up the process id that it greets with.
    const asked = await pooled<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
    if ((asked.state as { readonly pid?: number }).pid !== asked[0]!.pid) return pooled
  } catch (error) {
    await pooled.end({ timeout: 1 })
    throw error
  }
  await pooled.end({ timeout: 1 })
  return postgres(url, { ...options, max: 10 })
}

export function connectBundled({ socketDir }: Pick<BundledPostgres, 'socketDir'>, user: string, password: string, options: object): Sql {
  return postgres({ path: join(socketDir, '.s.PGSQL.5432'), user, password, database: 'postgres', ...options })
}

export function database(work: Sql, owner: Sql, bundled: BundledPostgres | undefined, direct: Direct = () => work): Database {
  return {
    listen: (listener) => hearNotices(direct, listener),
    async tx(shown, run) {
      const once = async () =>
        (await work.begin(async (db) => {
          // Not waited for: it leaves together with the first question, behind which it cannot come. Where it fails, so does all that follows.
          const set = db`SELECT set_config('app.organization', ${shown.organization ?? ''}, true), set_config('app.login', ${shown.login?.toString('hex') ?? ''}, true),
            set_config('app.host_key', ${(shown.hostKeys ?? []).map((key) => Buffer.from(key).toString('hex')).join()}, true),
            set_config('app.secret', ${shown.secret?.toString('hex') ?? ''}, true), set_config('app.account', ${shown.account ?? ''}, true),
            set_config('app.kek', ${shown.kek?.toString('hex') ?? ''}, true)`
          set.catch(() => undefined)
          try {
            return await run(db, ormOver(db))
          } finally {
            await set
          }
        })) as never
      for (let tries = 0; ; tries++)
        try {
          return await once()
        } catch (error) {
          // Two that waited for one another: PostgreSQL undid this one, whole, so that the other goes on. It is done anew.
          if (tries < 2 && /^(40P01|40001)$/.test(String(stateOf(error)))) continue
          throw foreign(error)
        }
    },
    owner: (run) => run(owner),
    ping: async () => void (await work`SELECT 1`),
    async close() {
      await Promise.all([work.end({ timeout: 2 }), owner.end({ timeout: 2 })])
      await bundled?.stop()
    },
  }
}

/** Drizzle wraps what the driver says in a message that holds all values: secrets must not get into a log that way. */
function driversOwn(thrown: unknown): unknown {
  return thrown instanceof Error && 'params' in thrown && 'query' in thrown ? thrown.cause : thrown
}

function stateOf(thrown: unknown): unknown {
  return (driversOwn(thrown) as { code?: unknown } | undefined)?.code
}

/** By SQLSTATE, never by the message. */
function foreign(thrown: unknown): unknown {
  if (thrown instanceof FairleadError) return thrown
  const error = driversOwn(thrown)
  const state = stateOf(thrown)
  if (state === '23505') return new FairleadError('conflict', 'That exists already.', { cause: error })
  if (state === '22021' || state === '22P05') return new FairleadError('invalid_input', 'No text may hold a NUL.', { cause: error })
  const details = { retryAfterSeconds: 2 }
  if (state === '53100')
    return new FairleadError('refused', 'The disk of the hub’s database is full: nothing can be changed until space is freed there.', {
      cause: error,
      details: { retryAfterSeconds: 30 },
    })
  if (isUnreachable(state))
    return new FairleadError(
      certainlyNotStarted.test(String(state)) ? 'refused' : 'bad_upstream',
      'The hub’s database does not answer right now; try again in a moment.',
      { cause: error, details },
    )
  return error
}

/** Of SQLSTATE: lost or refused connections, shutting down, starting up, too many clients. Of the system: whatever keeps from getting there. */
const unreachable = /^(08|57P|53300|CONNECT|ECONN|ENOTFOUND|EAI_AGAIN|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/
const certainlyNotStarted = /^(57P03|53300|CONNECT_TIMEOUT|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENOENT|EHOSTUNREACH|ENETUNREACH)/

function isUnreachable(state: unknown): boolean {
  return typeof state === 'string' && unreachable.test(state)
}

/** By SQLSTATE: the data of a transaction are themselves at fault (22) or break a rule of the table (23), and would again. */
export function isRefused(error: unknown): boolean {
  const state = (error as { code?: unknown }).code
  return state === 'conflict' || state === 'invalid_input' || (typeof state === 'string' && /^2[23]/.test(state))
}

/** The role that the hub works as, in a database of its own. */
export async function makeWorkRole(owner: Sql, password: string): Promise<void> {
  const [found] = await owner`SELECT 1 FROM pg_roles WHERE rolname = ${workRole}`
  if (found === undefined) await owner`CREATE ROLE ${owner(workRole)} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE`
  // Drawn anew at each start: nothing to keep, nothing to lose. A password is no parameter; format() quotes it.
  const [statement] = await owner<
    { text: string }[]
  >`SELECT format('ALTER ROLE %I PASSWORD %L', ${workRole}::text, ${password}::text) AS text`
  await owner.begin(async (db) => {
    await db`SELECT set_config('app.statement', ${statement!.text}, true)`
    await db`DO $$ BEGIN EXECUTE current_setting('app.statement'); END $$`
  })
}

/** Row-level security is a wall only for a role that cannot step over it, nor become one that can. Asked before anything is changed. */
async function refusePrivileged(work: Sql, owner: Sql): Promise<void> {
  const [above] = await owner<{ name: string }[]>`SELECT current_user AS name`
  const [role] = await work<{ name: string; privileged: boolean; owns: boolean }[]>`SELECT current_user AS name,
    EXISTS (SELECT 1 FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')) AS privileged,
    pg_has_role(current_user, ${above!.name}::name, 'MEMBER') OR EXISTS (SELECT 1 FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND pg_has_role(current_user, relowner, 'MEMBER')) AS owns`
  if (role === undefined || (!role.privileged && !role.owns)) return
  throw new FairleadError(
    'internal',
    `The hub must not work as the database role ${role.name}: it ${role.privileged ? 'may pass by row-level security' : 'owns the tables'}. Give DATABASE_URL an unprivileged role and DATABASE_OWNER_URL the owner.`,
  )
}
