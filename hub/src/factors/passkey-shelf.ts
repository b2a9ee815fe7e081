import type { Passkey } from '@fairlead/protocol/features/factors.ts'
import type { Database } from '../base/db.ts'
import { and, eq } from '../base/drizzle.ts'
import { passkeys } from './tables.ts'

export type PasskeyShelf = ReturnType<typeof createPasskeyShelf>

const some = { id: passkeys.accountId }

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

/** The passkeys that accounts have, as they are kept. */
export function createPasskeyShelf(db: Database) {
  const of = (account: string) => db.tx({ account }, (_sql, orm) => orm.select().from(passkeys).where(eq(passkeys.accountId, account)))
  const is = (account: string, id: string) => and(eq(passkeys.accountId, account), eq(passkeys.credentialId, Buffer.from(id, 'base64url')))

  return {
    is,
    async credentials(account: string) {
      return (await of(account)).map(({ credentialId, transports }) => ({
        id: text(credentialId),
        type: 'public-key' as const,
        transports,
      }))
    },
    async rename(account: string, id: string, name: string): Promise<boolean> {
      return (
        (await db.tx({ account }, (_sql, orm) => orm.update(passkeys).set({ name }).where(is(account, id)).returning(some))).length === 1
      )
    },
    async remove(account: string, id: string): Promise<boolean> {
      return (await db.tx({ account }, (_sql, orm) => orm.delete(passkeys).where(is(account, id)).returning(some))).length === 1
    },
    async list(account: string): Promise<Passkey[]> {
      return (await of(account))
        .map(({ credentialId, name, createdAt, usedAt, synced }) => ({
          id: text(credentialId),
          name,
          createdMs: createdAt.getTime(),
          usedMs: usedAt?.getTime() ?? null,
          synced,
        }))
        .toSorted((a, b) => a.createdMs - b.createdMs)
    },
  }
}
