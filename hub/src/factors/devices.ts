import { randomBytes } from 'node:crypto'
import type { Database } from '../base/db.ts'
import { and, eq, sql } from '../base/drizzle.ts'
import { digestOf, secretOf, type Secret } from '../base/secret.ts'
import { devices } from './tables.ts'

/** The cookie by which a browser is known again when somebody signs in; it opens nothing by itself. */
export interface DeviceCookie {
  readonly shown: Secret | undefined
  set(token: string): void
}

const mostKept = 50

/** Browsers that an account signed in from. */
export function createDevices(db: Database) {
  const is = (account: string, token: Secret) => and(eq(devices.accountId, account), eq(devices.tokenHash, digestOf(token)))
  return {
    async isKnown(account: string, token: Secret): Promise<boolean> {
      return (
        (await db.tx({ account }, (_sql, orm) => orm.select({ at: devices.seenAt }).from(devices).where(is(account, token)))).length > 0
      )
    },
    /** Keeps in mind that this browser signed in. True: it is new, and the account has had others. */
    async note(account: string, cookie: DeviceCookie): Promise<boolean> {
      return db.tx({ account }, async (raw, orm) => {
        const { shown } = cookie
        const seen =
          shown === undefined
            ? []
            : await orm
                .update(devices)
                .set({ seenAt: sql`now()` })
                .where(is(account, shown))
                .returning({ at: devices.seenAt })
        if (seen.length > 0) return false
        const others = await orm.select({ at: devices.seenAt }).from(devices).where(eq(devices.accountId, account)).limit(1)
        const token = randomBytes(32).toString('base64url')
        await orm.insert(devices).values({ accountId: account, tokenHash: digestOf(secretOf(token)) })
        await raw`DELETE FROM devices WHERE account_id = ${account} AND token_hash IN
          (SELECT token_hash FROM devices WHERE account_id = ${account} ORDER BY seen_at DESC OFFSET ${mostKept})`
        cookie.set(token)
        return others.length > 0
      })
    },
  }
}
