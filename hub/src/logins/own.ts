import type { Factor } from '@fairlead/protocol/api.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Given } from '@fairlead/protocol/features/factors.ts'
import type { loginsApi, Me } from '@fairlead/protocol/features/logins.ts'
import type { Caller } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { eq, inArray } from '../base/drizzle.ts'
import { accounts, organizations } from '../base/tables.ts'
import type { Factors } from '../factors/factors.ts'
import type { Delays } from './delays.ts'
import type { LoginContext } from './logins.ts'
import { checkPassword, type Lane } from './passwords.ts'
import type { createRenewal } from './renew.ts'
import { wrong } from './signin.ts'

interface OwnDeps {
  readonly db: Database
  readonly factors: Factors
  readonly delays: Delays
  readonly renewal: ReturnType<typeof createRenewal>
  readonly tellEnd: (login: string, renewed?: boolean) => void
  readonly me: (context: LoginContext, expires: Date) => Promise<Me>
}

type Own = Pick<Handlers<typeof loginsApi, LoginContext>, 'proofChallenge' | 'prove' | 'list' | 'end' | 'endOthers'>

/** What a person does with their own logins. */
export function serveOwn({ db, factors, delays, renewal, tellEnd, me }: OwnDeps): Own {
  async function proves(given: Given, wanted: string, { account, login }: Caller): Promise<boolean> {
    if (given.factor === 'passkey') return factors.check(given, account, scopeOf(wanted), login)
    // Of a stolen login: guesses at the password are counted by login, at codes by account, as when signing in.
    const who = given.factor === 'password' ? `prove ${login}` : `second ${account}`
    delays.begin(who, '')
    const right =
      given.factor === 'password'
        ? await isPassword(db, account, given.password, { source: login, known: true })
        : await factors.check(given, account, '', '')
    if (right) delays.succeeded(who, '')
    return right
  }

  return {
    proofChallenge: ({ wanted }, { caller }) => factors.challenge(scopeOf(wanted), caller.login, caller.account),

    async prove({ wanted, given }, context) {
      const { caller, cookie } = context
      refuseFixed(cookie)
      const { accepts } = await factors.standing(caller)
      if (!accepts.includes(given.factor) || !(await proves(given, wanted, caller)))
        throw new FairleadError(
          'forbidden',
          accepts.includes(given.factor) ? wrong(given.factor) : 'This account is proved by something else.',
          {
            details: { stepUp: accepts, field: 'code' },
          },
        )
      if (given.factor === 'recovery') await factors.notices.note(caller.account, 'code_used', caller)
      const expires = await renewal.renew(caller, context, given.factor satisfies Factor)
      tellEnd(caller.login, true)
      return me(context, expires)
    },

    async list(_input, { caller }) {
      const rows = await renewal.of(caller.account)
      const names = await namesOf(db, [...new Set(rows.map(({ organizationId }) => organizationId))])
      return rows
        .toSorted((a, b) => b.usedAt.getTime() - a.usedAt.getTime())
        .map(({ id, tokenHash, organizationId, createdAt, usedAt, expiresAt, factor, ip, userAgent }) => ({
          id,
          current: Buffer.from(tokenHash).toString('hex') === caller.login,
          organization: names.get(organizationId) ?? '',
          createdMs: createdAt.getTime(),
          usedMs: usedAt.getTime(),
          expiresMs: expiresAt.getTime(),
          factor,
          ip,
          userAgent,
        }))
    },

    async end({ id }, { caller, cookie }) {
      const ended = /^[0-9a-f-]{36}$/.test(id) ? await renewal.endSome(caller.account, { id }) : []
      if (ended.length === 0) throw new FairleadError('not_found', 'That login has ended already.')
      for (const login of ended) tellEnd(login)
      if (ended.includes(caller.login)) cookie.clear()
      return {}
    },

    async endOthers(_input, { caller }) {
      const ended = await renewal.endSome(caller.account, { but: caller.login })
      for (const login of ended) tellEnd(login)
      return { ended: ended.length }
    },
  }
}

/** A challenge for one thing is good for nothing else; all that changes what holds the account is one thing. */
function scopeOf(wanted: string): string {
  return wanted.startsWith('factors.') ? 'manage-credentials' : `stepup:${wanted}`
}

/** A new cookie cannot be set on a session that is open: asked first, before anything is changed. */
export function refuseFixed(cookie: LoginContext['cookie']): void {
  if (cookie.fixed === true) throw new FairleadError('unsupported', 'What renews a login goes over HTTP.')
}

async function isPassword(db: Database, account: string, password: string, lane?: Lane): Promise<boolean> {
  const [row] = await db.tx({}, (_sql, orm) => orm.select({ hash: accounts.passwordHash }).from(accounts).where(eq(accounts.id, account)))
  return checkPassword(password, row?.hash ?? undefined, lane)
}

async function namesOf(db: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const organization of ids) {
    const { organizationId, name } = organizations
    const rows = await db.tx({ organization }, (_sql, orm) =>
      orm
        .select({ name })
        .from(organizations)
        .where(inArray(organizationId, [organization])),
    )
    names.set(organization, rows[0]?.name ?? '')
  }
  return names
}
