import { randomBytes } from 'node:crypto'
import type { Factor } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Caller, Proof } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, gt, max, sql } from '../base/drizzle.ts'
import type { Rights } from '../base/rights.ts'
import { digestOf, secretOf, type Secret } from '../base/secret.ts'
import { accounts, memberships } from '../base/tables.ts'
import type { Standing } from '../factors/factors.ts'
import { logins } from './tables.ts'
import type { LoginContext } from './logins.ts'

const absoluteSeconds = 24 * 3600
// The database's clock, not the hub's: a hub whose clock jumps signs nobody out.
const now = sql<Date>`now()`
export const idleSince = sql<Date>`now() - interval '12 hours'`
const cachedMs = 10_000
const mostCached = 10_000
/** How long a proof opens the doors that want one. */
const provenMs = 300_000

/** What an account may do in an organization now. */
export type RightsOf = (who: { readonly organization: string; readonly account: string }) => Promise<Rights>

/** By what an account can prove itself, and whether it must get more. */
export type StandingOf = (who: { readonly organization: string; readonly account: string }) => Promise<Standing>

interface Held {
  readonly caller: Omit<Caller, 'ip' | 'userAgent' | 'trace'>
  readonly untilMs: number
}

/** Logins: begun, found again by their cookie, ended. Looked up by digest, at most every 10 s each. */
export function openHeld(db: Database, rightsOf: RightsOf, standing: StandingOf) {
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

  return {
    async begin(account: string, organization: string, context: LoginContext, factor: Factor): Promise<Date> {
      const token = randomBytes(32).toString('base64url')
      const expiresAt = sql<Date>`now() + interval '24 hours'`
      const { ip, userAgent } = context.caller
      const from = { factor, ip, userAgent: userAgent.slice(0, 200) }
      const [made] = await db.tx({ organization }, (_sql, orm) =>
        orm
          .insert(logins)
          .values({ organizationId: organization, tokenHash: digestOf(secretOf(token)), accountId: account, expiresAt, ...from })
          .returning({ expires: logins.expiresAt }),
      )
      context.cookie.set(token, absoluteSeconds)
      return made!.expires
    },
    async find(token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined> {
      const hash = digestOf(token)
      const login = hash.toString('hex')
      const known = cache.get(login)
      if (known !== undefined && known.untilMs > performance.now()) return { ...known.caller, ...about }
      const before = forgotten
      const row = await readAlive(db, hash)
      if (row === undefined || ended.has(login)) return undefined
      const { account, name, organization } = row
      const caller = {
        account,
        name,
        organization,
        rights: await rightsOf({ organization, account }),
        login,
        proof: proofOf(row, await standing(row)),
      }
      if (cache.size > mostCached) cache.clear()
      // What was read before the change that somebody was told of is not kept beyond this request.
      if (before === forgotten) cache.set(login, { caller, untilMs: performance.now() + cachedMs })
      return { ...caller, ...about }
    },
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
    forgetOne,
    lastSeen: (organization: string) => lastSeen(db, organization),
    async end({ login, organization }: Caller): Promise<void> {
      forgetOne(login)
      await db.tx({ organization }, (_sql, orm) => orm.delete(logins).where(eq(logins.tokenHash, Buffer.from(login, 'hex'))))
    },
    /** When a login ends at the latest, whatever happens. */
    async expiryOf({ login, organization }: Caller): Promise<Date> {
      const own = eq(logins.tokenHash, Buffer.from(login, 'hex'))
      const [row] = await db.tx({ organization }, (_sql, orm) => orm.select().from(logins).where(own))
      if (row === undefined) throw new FairleadError('unauthenticated', 'Your login has ended; sign in again.')
      return row.expiresAt
    },
  }
}

function proofOf(row: { readonly factor: Factor; readonly provenAgoMs: number }, { accepts, hasSecond, required }: Standing): Proof {
  const untilMs = performance.now() + provenMs - Number(row.provenAgoMs)
  return { factor: row.factor, untilMs, accepts, ...(required && !hasSecond ? { mustEnrol: true } : {}) }
}

/** A login that is alive, by the digest of its token; used now. */
async function readAlive(db: Database, hash: Buffer) {
  const alive = and(eq(logins.tokenHash, hash), gt(logins.expiresAt, now), gt(logins.usedAt, idleSince))
  const { accountId, organizationId, expiresAt, factor } = logins
  const provenAgoMs = sql<number>`(extract(epoch FROM now() - ${logins.provenAt}) * 1000)::float8`
  const [row] = await db.tx({ login: hash }, (_sql, orm) =>
    orm
      .select({ account: accountId, organization: organizationId, name: accounts.name, expires: expiresAt, factor, provenAgoMs })
      .from(logins)
      .innerJoin(accounts, and(eq(accounts.id, accountId), eq(accounts.kind, 'person')))
      .where(alive),
  )
  if (row === undefined) return undefined
  const { organization, account } = row
  const active = await db.tx({ organization }, async (_sql, orm) => {
    const own = and(eq(memberships.accountId, account), eq(memberships.active, true))
    const [member] = await orm.select({ id: memberships.accountId }).from(memberships).where(own)
    if (member !== undefined) await orm.update(logins).set({ usedAt: now }).where(eq(logins.tokenHash, hash))
    return member !== undefined
  })
  return active ? row : undefined
}

/** When each account used a login last, ms since the epoch. */
async function lastSeen(db: Database, organization: string): Promise<Map<string, number>> {
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ account: logins.accountId, usedAt: max(logins.usedAt) })
      .from(logins)
      .groupBy(logins.accountId),
  )
  return new Map(rows.map(({ account, usedAt }) => [account, usedAt?.getTime() ?? 0]))
}
