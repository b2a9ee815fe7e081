import { randomBytes } from 'node:crypto'
import type { Factor } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Caller, Proof } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, gt, sql } from '../base/drizzle.ts'
import { digestOf, secretOf, type Secret } from '../base/secret.ts'
import type { Standing } from '../factors/factors.ts'
import { accounts, logins } from './tables.ts'
import type { LoginContext } from './logins.ts'

const absoluteSeconds = 24 * 3600
// The database's clock, not the hub's: a hub whose clock jumps signs nobody out.
const now = sql<Date>`now()`
export const idleSince = sql<Date>`now() - interval '12 hours'`
const cachedMs = 10_000
const mostCached = 10_000
/** How long a proof opens the doors that want one. */
const provenMs = 300_000

interface Held {
  readonly caller: Omit<Caller, 'ip' | 'userAgent' | 'trace'>
  readonly untilMs: number
}

/** By what an account can prove itself, and whether it must get more. */
export type StandingOf = (who: { readonly organization: string; readonly account: string }) => Promise<Standing>

/** Logins: begun, found again by their cookie, ended. Looked up by digest, at most every 10 s each. */
export function openHeld(db: Database, permissions: ReadonlySet<string>, standing: StandingOf) {
  const cache = new Map<string, Held>()
  // Logins that just ended: a request that was under way meanwhile must not bring one back into the cache.
  const ended = new Set<string>()

  async function read(hash: Buffer) {
    const alive = and(eq(logins.tokenHash, hash), gt(logins.expiresAt, now), gt(logins.usedAt, idleSince))
    const { accountId, organizationId, expiresAt, factor } = logins
    const provenAgoMs = sql<number>`(extract(epoch FROM now() - ${logins.provenAt}) * 1000)::float8`
    const [row] = await db.tx({ login: hash }, (_sql, orm) =>
      orm
        .select({ account: accountId, organization: organizationId, name: accounts.name, expires: expiresAt, factor, provenAgoMs })
        .from(logins)
        .innerJoin(accounts, eq(accounts.id, accountId))
        .where(alive),
    )
    if (row === undefined) return undefined
    const { organization } = row
    await db.tx({ organization }, (_sql, orm) => orm.update(logins).set({ usedAt: now }).where(eq(logins.tokenHash, hash)))
    return row
  }

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
      const row = await read(hash)
      if (row === undefined || ended.has(login)) return undefined
      const { accepts, hasSecond, required } = await standing(row)
      const untilMs = performance.now() + provenMs - Number(row.provenAgoMs)
      const proof: Proof = { factor: row.factor, untilMs, accepts, ...(required && !hasSecond ? { mustEnrol: true } : {}) }
      const caller = { account: row.account, name: row.name, organization: row.organization, permissions, login, proof }
      if (cache.size > mostCached) cache.clear()
      cache.set(login, { caller, untilMs: performance.now() + cachedMs })
      return { ...caller, ...about }
    },
    /** What is asked of accounts has changed: they are looked up again. */
    forgetAll: () => cache.clear(),
    forgetOne,
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
