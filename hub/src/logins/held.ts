import { randomBytes } from 'node:crypto'
import type { Factor } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Caller, Proof, Through } from '../base/access.ts'
import { showOwn, type Database, type Db, type Within } from '../base/db.ts'
import { and, eq, isNull, max, sql, type Orm } from '../base/drizzle.ts'
import { noRights, type Rights } from '../base/rights.ts'
import { digestOf, secretOf, type Secret } from '../base/secret.ts'
import { accounts, memberships } from '../base/tables.ts'
import { standingThrough, type Known, type Standing } from '../factors/factors.ts'
import { logins } from './tables.ts'
import type { LoginContext } from './logins.ts'
import { refuseClosed, rightsThrough, takeThrough, throughOf } from './through.ts'

// The database's clock, not the hub's: a hub whose clock jumps signs nobody out.
export const idleSince = sql<Date>`now() - ${logins.idleMinutes} * interval '1 minute'`
const cachedMs = 10_000
const mostCached = 10_000
/** How long a proof opens the doors that want one. */
const provenMs = 300_000

type About = Pick<Caller, 'ip' | 'userAgent' | 'trace'>

interface Who {
  readonly organization: string
  readonly account: string
}

/** What an account may do in an organization now. */
export type RightsOf = (who: Who, within?: Within) => Promise<Rights>

/** By what an account can prove itself, and whether it must get more. */
type StandingOf = (who: Who, known?: Known) => Promise<Standing>

export interface NewLogin {
  readonly account: string
  readonly organization: string
  readonly factor: Factor
  /** The provider that they came through. */
  readonly through?: Through | undefined
  /** Of the password that it rests on, as it was when that was right: a change of it meanwhile ends this login before it begins. */
  readonly passwordHash?: string | null | undefined
  /** What a policy asks of the account it asks of the next one. */
  readonly grace?: true | undefined
}

/** How long logins live that begin now, in minutes. */
export interface Lives {
  readonly idleMinutes: number
  readonly lifeMinutes: number
}
export type LivesOf = (orm: Orm) => Promise<Lives>
export const usualLives: LivesOf = async () => ({ idleMinutes: 720, lifeMinutes: 1440 })

interface Held {
  readonly caller: Omit<Caller, 'ip' | 'userAgent' | 'trace'>
  readonly untilMs: number
}

/** Logins: begun, found again by their cookie, ended. Looked up by digest, at most every 10 s each. */
export function openHeld(db: Database, rightsOf: RightsOf, standing: StandingOf, lives: LivesOf = usualLives) {
  const cache = new Map<string, Held>()
  // Logins that just ended: a request that was under way meanwhile must not bring one back into the cache.
  const ended = new Set<string>()
  let forgotten = 0

  function forgetOne(login: string): string {
    ended.add(login)
    setTimeout(() => ended.delete(login), 60_000).unref()
    cache.delete(login)
    return login
  }

  /** Whoever has it alive, with what they may do: all of one moment. */
  async function look(within: Within, hash: Buffer) {
    const row = await readAlive(within.sql, hash)
    if (row === undefined) return undefined
    const { account, name, organization } = row
    await showOwn(within.sql, row)
    const held = await rightsOf(row, within)
    // Of whoever is no member, or no longer an active one.
    if (held === noRights) return undefined
    const through = row.provider === null ? undefined : await throughOf(within.orm, row.provider, row.email === null)
    if (row.provider !== null && through === undefined) return undefined
    // To the minute is enough for what lives twelve hours: most look-ups write nothing.
    if (row.idle) await within.sql`UPDATE logins SET used_at = now() WHERE token_hash = ${hash}`
    const rights = rightsThrough(held, through)
    const proof = proofOf(row, standingThrough(await standing(row, { within, rights }), through))
    return { account, name, organization, rights, proof, ...(through === undefined ? {} : { through }) }
  }

  async function find(hash: Buffer, about: About): Promise<Caller | undefined> {
    const login = hash.toString('hex')
    const known = cache.get(login)
    if (known !== undefined && known.untilMs > performance.now()) return { ...known.caller, ...about }
    const before = forgotten
    const found = await db.tx({ login: hash }, (sql, orm) => look({ sql, orm }, hash))
    if (found === undefined || ended.has(login)) return undefined
    const caller = { ...found, login }
    if (cache.size > mostCached) cache.clear()
    // What was read before the change that somebody was told of is not kept beyond this request.
    if (before === forgotten) cache.set(login, { caller, untilMs: performance.now() + cachedMs })
    return { ...caller, ...about }
  }

  return {
    begin: (login: NewLogin, context: LoginContext) => begin(db, lives, login, context),
    find: (token: Secret, about: About) => find(digestOf(token), about),
    /** By its id, which is no proof of anything: for who was known by it before. */
    stillOf: (login: string, about: About) => find(Buffer.from(login, 'hex'), about),
    /** What accounts of an organization may do has changed: they are looked up again. */
    forget(organization: string): void {
      forgotten++
      for (const [login, { caller }] of cache) if (caller.organization === organization) cache.delete(login)
    },
    /** The logins that it ended. */
    async endOf(organization: string, account: string): Promise<string[]> {
      const own = eq(logins.accountId, account)
      const gone = await db.tx({ organization }, (_sql, orm) => orm.delete(logins).where(own).returning({ hash: logins.tokenHash }))
      return gone.map(({ hash }) => forgetOne(Buffer.from(hash).toString('hex')))
    },
    /** The logins that it ended: of one account, or of all that came through a provider. */
    endThrough: async (which: Parameters<typeof takeThrough>[1]) => (await takeThrough(db, which)).map(forgetOne),
    /** All of an organization, those that it ended. */
    async endAll(organization: string): Promise<string[]> {
      const gone = await db.tx({ organization }, (_sql, orm) =>
        orm.delete(logins).where(eq(logins.organizationId, organization)).returning({ hash: logins.tokenHash }),
      )
      return gone.map(({ hash }) => forgetOne(Buffer.from(hash).toString('hex')))
    },
    forgetOne,
    async end({ login, organization }: Caller): Promise<void> {
      forgetOne(login)
      await db.tx({ organization }, (_sql, orm) => orm.delete(logins).where(eq(logins.tokenHash, Buffer.from(login, 'hex'))))
    },
    expiryOf: (caller: Caller) => expiryOf(db, caller),
  }
}

async function begin(db: Database, lives: LivesOf, login: NewLogin, context: LoginContext): Promise<Date> {
  const { account, organization, factor, through, grace, passwordHash } = login
  const token = randomBytes(32).toString('base64url')
  const { ip, userAgent } = context.caller
  const from = { factor, ip, userAgent: userAgent.slice(0, 200) }
  const tokenHash = digestOf(secretOf(token))
  const [made] = await db.tx({ organization }, async (_sql, orm) => {
    if (through !== undefined) await refuseClosed(orm, through)
    if (passwordHash !== undefined) await refuseChanged(orm, account, passwordHash)
    await refuseInactive(orm, { organization, account })
    const { idleMinutes, lifeMinutes } = await lives(orm)
    const expiresAt = sql<Date>`now() + ${lifeMinutes} * interval '1 minute'`
    const life = { expiresAt, idleMinutes, grace: grace === true }
    const own = { organizationId: organization, tokenHash, accountId: account, providerId: through?.id ?? null }
    return orm
      .insert(logins)
      .values({ ...own, ...life, ...from })
      .returning({ expires: logins.expiresAt })
  })
  context.cookie.set(token, Math.max(1, Math.round((made!.expires.getTime() - Date.now()) / 1000)))
  return made!.expires
}

/** A password that is being changed, and a login that begins by it: one of the two is first. Throws `unauthenticated`. */
async function refuseChanged(orm: Orm, account: string, passwordHash: string | null): Promise<void> {
  const same = and(
    eq(accounts.id, account),
    passwordHash === null ? isNull(accounts.passwordHash) : eq(accounts.passwordHash, passwordHash),
  )
  const found = await orm.select({ id: accounts.id }).from(accounts).where(same).for('share')
  if (found.length === 0)
    throw new FairleadError('unauthenticated', 'The password was changed a moment ago; sign in with the new one.', {
      details: { again: true },
    })
}

/** When a login ends at the latest, whatever happens. */
async function expiryOf(db: Database, { login, organization }: Caller): Promise<Date> {
  const own = eq(logins.tokenHash, Buffer.from(login, 'hex'))
  const [row] = await db.tx({ organization }, (_sql, orm) => orm.select().from(logins).where(own))
  if (row === undefined) throw new FairleadError('unauthenticated', 'Your login has ended; sign in again.')
  return row.expiresAt
}

function proofOf(
  row: { readonly factor: Factor; readonly provenAgoMs: number; readonly grace: boolean },
  { accepts, hasSecond, required }: Standing,
): Proof {
  const untilMs = performance.now() + provenMs - Number(row.provenAgoMs)
  const must = required && !hasSecond && !row.grace
  return { factor: row.factor, untilMs, accepts, ...(must ? { mustEnrol: true } : {}), ...(row.grace ? { grace: true } : {}) }
}

interface Row {
  readonly account: string
  readonly organization: string
  readonly name: string
  readonly email: string | null
  readonly factor: Factor
  readonly grace: boolean
  readonly provenAgoMs: number
  readonly provider: string | null
  readonly idle: boolean
}

/** A login that is alive, by the digest of its token. `idle`: its last use is a minute ago. Written out: it stays prepared. */
async function readAlive(sql: Db, hash: Buffer): Promise<Row | undefined> {
  const [row] = await sql<Row[]>`SELECT logins.account_id AS account, logins.organization_id AS organization, accounts.name, accounts.email,
      logins.factor, logins.grace, (extract(epoch FROM now() - logins.proven_at) * 1000)::float8 AS "provenAgoMs",
      logins.provider_id AS provider, logins.used_at < now() - interval '1 minute' AS idle
    FROM logins JOIN accounts ON accounts.id = logins.account_id AND accounts.kind = 'person'
    WHERE logins.token_hash = ${hash} AND logins.expires_at > now()
      AND logins.used_at > now() - logins.idle_minutes * interval '1 minute'`
  return row
}

/** Whether somebody who belongs to the organization may come in now. */
async function isActive(orm: Orm, { organization, account }: Who): Promise<boolean> {
  // A transaction that sees the account sees where else it belongs to.
  const here = eq(memberships.organizationId, organization)
  const own = and(here, eq(memberships.accountId, account), eq(memberships.active, true))
  return (await orm.select({ id: memberships.accountId }).from(memberships).where(own)).length > 0
}

/** Throws `unauthenticated`. */
async function refuseInactive(orm: Orm, who: Who): Promise<void> {
  if (!(await isActive(orm, who))) throw new FairleadError('unauthenticated', 'This account was closed by whoever manages it; ask them.')
}

/** When each account used a login last, to the minute, ms since the epoch. */
export async function lastSeen(orm: Orm): Promise<Map<string, number>> {
  const rows = await orm
    .select({ account: logins.accountId, usedAt: max(logins.usedAt) })
    .from(logins)
    .groupBy(logins.accountId)
  return new Map(rows.map(({ account, usedAt }) => [account, usedAt?.getTime() ?? 0]))
}
