import { randomUUID } from 'node:crypto'
import type { Notice } from '@fairlead/protocol/features/factors.ts'
import type { Caller } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { desc, eq } from '../base/drizzle.ts'
import { accountNotices } from './tables.ts'

const mostKept = 100

/** Says it elsewhere too: by mail. */
export type Tell = (account: string, kind: Notice['kind'], ip: string) => Promise<void>

/** What an account is told about itself. */
export function createNotices(db: Database, tell: Tell) {
  return {
    async note(account: string, kind: Notice['kind'], { ip, userAgent }: Pick<Caller, 'ip' | 'userAgent'>): Promise<void> {
      await db.tx({ account }, async (sql, orm) => {
        await orm.insert(accountNotices).values({ accountId: account, id: randomUUID(), kind, ip, userAgent: userAgent.slice(0, 200) })
        await sql`DELETE FROM account_notices WHERE account_id = ${account} AND id IN
          (SELECT id FROM account_notices WHERE account_id = ${account} ORDER BY at DESC OFFSET ${mostKept})`
      })
      await tell(account, kind, ip)
    },
    async list(account: string): Promise<Notice[]> {
      const rows = await db.tx({ account }, (_sql, orm) =>
        orm.select().from(accountNotices).where(eq(accountNotices.accountId, account)).orderBy(desc(accountNotices.at)).limit(mostKept),
      )
      return rows.map(({ id, at, kind, ip, userAgent }) => ({ id, timeMs: at.getTime(), kind: kind as Notice['kind'], ip, userAgent }))
    },
  }
}
