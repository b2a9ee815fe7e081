import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Caller } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq } from '../base/drizzle.ts'
import { refuseCommon } from './common.ts'
import type { Delays } from './delays.ts'
import type { LoginContext } from './logins.ts'
import { refuseFixed } from './own.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import type { createRenewal } from './renew.ts'
import { wrong } from './signin.ts'
import { accounts } from '../base/tables.ts'

/** What holds an account has changed: the login it was changed by goes on under a new token, all others of the account end. */
export interface RenewAlone {
  (context: LoginContext): Promise<void>
  /** Throws `unsupported` where that cannot be: asked before anything is changed. */
  check(context: LoginContext): void
}

interface ChangeDeps {
  readonly db: Database
  readonly delays: Delays
  readonly renewal: ReturnType<typeof createRenewal>
  readonly tellEnd: (login: string, renewed?: boolean) => void
}

/** What changes by what an account is held. */
export function createChange({ db, delays, renewal, tellEnd }: ChangeDeps) {
  async function setPassword({ account, login, organization }: Caller, current: string, password: string): Promise<void> {
    const [row] = await db.tx({}, (_sql, orm) => orm.select().from(accounts).where(eq(accounts.id, account)))
    delays.begin(`prove ${login}`, '')
    if (row === undefined || !(await checkPassword(current, row.passwordHash ?? undefined, { source: login, known: true })))
      throw new FairleadError('forbidden', wrong('password'), { details: { field: 'current' } })
    delays.succeeded(`prove ${login}`, '')
    refuseCommon(password, [row.name, row.email ?? '', organization])
    const passwordHash = await hashPassword(password)
    const same = and(eq(accounts.id, account), eq(accounts.passwordHash, row.passwordHash ?? ''))
    const changed = await db.tx({}, (_sql, orm) => orm.update(accounts).set({ passwordHash }).where(same).returning({ id: accounts.id }))
    if (changed.length === 0) throw new FairleadError('conflict', 'The password was changed by another login just now.')
  }

  const renewAlone: RenewAlone = Object.assign(
    async (context: LoginContext) => {
      const { caller } = context
      for (const login of await renewal.endSome(caller.account, { but: caller.login })) tellEnd(login)
      await renewal.renew(caller, context)
      tellEnd(caller.login, true)
    },
    { check: ({ cookie }: LoginContext) => refuseFixed(cookie) },
  )

  return { setPassword, renewAlone }
}
