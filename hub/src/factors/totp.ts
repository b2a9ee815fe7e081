import type { Database } from '../base/db.ts'
import { and, eq, lt } from '../base/drizzle.ts'
import type { SealedColumn } from '../base/reseal.ts'
import type { SealPlace } from '../base/seal-record.ts'
import type { Seal } from '../base/seal.ts'
import { drawTotpSecret, stepOfCode } from './codes.ts'
import { totp } from './tables.ts'
import type { Tickets } from './tickets.ts'

interface TotpDeps {
  readonly db: Database
  readonly seal: Seal
  readonly tickets: Tickets
  /** Real time: the apps go by it, ms since the epoch. */
  readonly wallMs: () => number
}

/** Accounts belong to no organization: it is the hub itself that seals for them. */
function totpPlace(account: string): SealPlace {
  return { organization: '', table: 'totp', row: account, column: 'secret' }
}

export const totpColumn: SealedColumn = { table: 'totp', column: 'secret', row: ['account_id'], of: 'hub' }

/** Authenticator apps of accounts, one each. */
export function createTotp({ db, seal, tickets, wallMs }: TotpDeps) {
  return {
    /** Nothing is kept of it until its first code came. */
    begin(login: string): { step: string; secret: Uint8Array } {
      const secret = drawTotpSecret()
      return { step: tickets.issue('totp', login, secret), secret }
    },
    /** Takes the place of the one before. `late`: begun too long ago or elsewhere; `wrong`: not its code now. */
    async add(account: string, login: string, { step, code }: { step: string; code: string }): Promise<'added' | 'late' | 'wrong'> {
      const begun = tickets.look<Uint8Array>(step, 'totp', login)
      if (begun === undefined) return 'late'
      const lastStep = stepOfCode(begun.data, code, wallMs())
      if (lastStep === undefined) return 'wrong'
      if (tickets.take(step, 'totp', login) === undefined) return 'late'
      const secret = await seal.seal(totpPlace(account), begun.data)
      await db.tx({ account }, async (_sql, orm) => {
        await orm.delete(totp).where(eq(totp.accountId, account))
        await orm.insert(totp).values({ accountId: account, secret, lastStep })
      })
      return 'added'
    },
    /** Whether this is a code of now that was not taken before: of fifty at once, one is. */
    async check(account: string, code: string): Promise<boolean> {
      const own = eq(totp.accountId, account)
      const [row] = await db.tx({ account }, (_sql, orm) => orm.select().from(totp).where(own))
      if (row === undefined) return false
      const step = stepOfCode(await seal.open(totpPlace(account), row.secret), code, wallMs())
      if (step === undefined) return false
      const taken = await db.tx({ account }, (_sql, orm) =>
        orm
          .update(totp)
          .set({ lastStep: step })
          .where(and(own, lt(totp.lastStep, step)))
          .returning({ step: totp.lastStep }),
      )
      return taken.length === 1
    },
    async remove(account: string): Promise<boolean> {
      const gone = await db.tx({ account }, (_sql, orm) =>
        orm.delete(totp).where(eq(totp.accountId, account)).returning({ id: totp.accountId }),
      )
      return gone.length === 1
    },
    async since(account: string): Promise<number | null> {
      const [row] = await db.tx({ account }, (_sql, orm) =>
        orm.select({ at: totp.createdAt }).from(totp).where(eq(totp.accountId, account)),
      )
      return row?.at.getTime() ?? null
    },
  }
}
