import { randomBytes } from 'node:crypto'
import type { Factor } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Caller } from '../base/access.ts'
import { showOwn, type Database } from '../base/db.ts'
import { and, eq, gt, ne, sql, type Orm } from '../base/drizzle.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import { idleSince, type LivesOf } from './held.ts'
import type { LoginContext } from './logins.ts'
import { accounts, memberships } from '../base/tables.ts'
import { logins } from './tables.ts'

// The database's clock, as for all of a login's life.
const now = sql<Date>`now()`

/** What becomes of the logins that an account has. `forgetOne`: this token is good for nothing any more. */
export function createRenewal(db: Database, forgetOne: (login: string) => string, lives: LivesOf) {
  /**
   * Logins belong to organizations, an account may to several: all in one transaction, and no login of the account goes from one to
   * another meanwhile.
   */
  function eachOrganization<T>(account: string, run: (orm: Orm) => Promise<T>): Promise<T[]> {
    return db.tx({ account }, async (sql, orm) => {
      await still(orm, account)
      const of = await orm.select().from(memberships).where(eq(memberships.accountId, account))
      const all: T[] = []
      for (const { organizationId: organization } of of) {
        await showOwn(sql, { organization, account })
        all.push(await run(orm))
      }
      return all
    })
  }

  return {
    /** The login goes on under a new token, and the old one is good for nothing. `factor`: it was proved anew by this. */
    async renew({ login, organization }: Caller, { cookie }: LoginContext, factor?: Factor): Promise<Date> {
      const token = randomBytes(32).toString('base64url')
      const proven = factor === undefined ? {} : { factor, provenAt: now }
      const own = and(eq(logins.tokenHash, Buffer.from(login, 'hex')), gt(logins.expiresAt, now))
      const [row] = await db.tx({ organization }, (_sql, orm) =>
        orm
          .update(logins)
          .set({ tokenHash: digestOf(secretOf(token)), ...proven })
          .where(own)
          .returning({ expires: logins.expiresAt }),
      )
      if (row === undefined) throw new FairleadError('unauthenticated', 'Your login has ended; sign in again.')
      forgetOne(login)
      cookie.set(token, Math.max(1, Math.round((row.expires.getTime() - Date.now()) / 1000)))
      return row.expires
    },
    /**
     * The login goes on in another organization of its account, under a new token; what it proved stays as old as it is. The grace of who
     * set the hub up was of the first organization: what another one asks for is asked.
     */
    async enter({ login, account, organization: from }: Caller, to: string, { cookie }: LoginContext): Promise<Date> {
      const token = randomBytes(32).toString('base64url')
      const own = and(eq(logins.tokenHash, Buffer.from(login, 'hex')), gt(logins.expiresAt, now))
      const expiresAt = await db.tx({ organization: from }, async (sql, orm) => {
        // Whoever ends the logins of the account finds it in one of the two, never on its way.
        await still(orm, account)
        const [row] = await orm.delete(logins).where(own).returning()
        if (row === undefined) throw new FairleadError('unauthenticated', 'Your login has ended; sign in again.')
        await showOwn(sql, { organization: to, account })
        // It lives there as logins of that organization do, and no longer than it would have.
        const { idleMinutes, lifeMinutes } = await lives(orm)
        const until = new Date(Math.min(row.expiresAt.getTime(), row.createdAt.getTime() + lifeMinutes * 60_000))
        const tokenHash = digestOf(secretOf(token))
        await orm.insert(logins).values({ ...row, organizationId: to, tokenHash, idleMinutes, expiresAt: until, grace: false })
        return until
      })
      forgetOne(login)
      cookie.set(token, Math.max(1, Math.round((expiresAt.getTime() - Date.now()) / 1000)))
      return expiresAt
    },
    /** Logins of an account, in all its organizations. */
    async of(account: string): Promise<(typeof logins.$inferSelect)[]> {
      const found = await eachOrganization(account, (orm) =>
        orm
          .select()
          .from(logins)
          .where(and(eq(logins.accountId, account), gt(logins.expiresAt, now), gt(logins.usedAt, idleSince))),
      )
      return found.flat()
    },
    /** Ends those of an account's logins that are named, or all but one. Resolves with the ended ones. */
    async endSome(account: string, which: { readonly id: string } | { readonly but: string }): Promise<string[]> {
      const named = 'id' in which ? eq(logins.id, which.id) : ne(logins.tokenHash, Buffer.from(which.but, 'hex'))
      const gone = await eachOrganization(account, (orm) =>
        orm
          .delete(logins)
          .where(and(eq(logins.accountId, account), named))
          .returning({ hash: logins.tokenHash }),
      )
      return gone.flat().map(({ hash }) => forgetOne(Buffer.from(hash).toString('hex')))
    },
  }
}

/** Until the transaction ends, no other one of these of the same account. */
async function still(orm: Orm, account: string): Promise<void> {
  await orm.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, account)).for('no key update')
}
