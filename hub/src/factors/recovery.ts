import type { Database } from '../base/db.ts'
import { and, eq } from '../base/drizzle.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import { drawRecoveryCode, plainOf } from './codes.ts'
import { recoveryCodes } from './tables.ts'

const drawn = 10

const hashOf = (typed: string) => digestOf(secretOf(plainOf(typed)))

/** Codes that stand for a lost second factor: 80 bits each, so a plain digest keeps them. */
export function createRecovery(db: Database) {
  return {
    /** The only time that they are told; those before are good for nothing. */
    async draw(account: string): Promise<string[]> {
      const codes = Array.from({ length: drawn }, drawRecoveryCode)
      await db.tx({ account }, async (_sql, orm) => {
        await orm.delete(recoveryCodes).where(eq(recoveryCodes.accountId, account))
        await orm.insert(recoveryCodes).values(codes.map((code) => ({ accountId: account, codeHash: hashOf(code) })))
      })
      return codes
    },
    /** Whether it is one that was not used; it is now. */
    async take(account: string, typed: string): Promise<boolean> {
      const it = and(eq(recoveryCodes.accountId, account), eq(recoveryCodes.codeHash, hashOf(typed)))
      const taken = await db.tx({ account }, (_sql, orm) => orm.delete(recoveryCodes).where(it).returning({ id: recoveryCodes.accountId }))
      return taken.length === 1
    },
    async left(account: string): Promise<number> {
      const own = eq(recoveryCodes.accountId, account)
      return (await db.tx({ account }, (_sql, orm) => orm.select({ id: recoveryCodes.accountId }).from(recoveryCodes).where(own))).length
    },
    async clear(account: string): Promise<void> {
      await db.tx({ account }, (_sql, orm) => orm.delete(recoveryCodes).where(eq(recoveryCodes.accountId, account)))
    },
  }
}
