import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { factorsApi, Notice } from '@fairlead/protocol/features/factors.ts'
import type { Caller } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { eq } from '../base/drizzle.ts'
import { organizations } from '../base/tables.ts'
import type { LoginContext, Logins } from '../logins/logins.ts'
import { base32, totpUri } from './codes.ts'
import { standingThrough, type Factors } from './factors.ts'

interface OwnFactorsDeps {
  readonly db: Database
  readonly factors: Factors
  readonly logins: Pick<Logins, 'describe' | 'setPassword' | 'renewAlone' | 'forget'>
}

type Own = Handlers<typeof factorsApi, LoginContext>
type Kept = ReturnType<typeof keeping>

/** What a person does with what holds their own account; after each change this login goes on anew and all others end. */
export function serveFactors(deps: OwnFactorsDeps): Own {
  const kept = keeping(deps)
  return { ...serveTotp(deps, kept), ...servePasskeys(deps, kept), ...serveRest(deps, kept) }
}

/** What every change has to keep. */
function keeping({ factors, logins }: OwnFactorsDeps) {
  const { passkeys, totp, recovery, notices } = factors

  async function changed(context: LoginContext, kind: Notice['kind']): Promise<void> {
    await notices.note(context.caller.account, kind, context.caller)
    await logins.renewAlone(context)
  }

  /** The first second factor brings its recovery codes with it. */
  async function firstCodes(account: string): Promise<{ recoveryCodes: string[] }> {
    return { recoveryCodes: (await recovery.left(account)) > 0 ? [] : await recovery.draw(account) }
  }

  /** Refuses to leave an account without a second factor that must have one. */
  async function keepOne(caller: Caller, leaving: 'totp' | 'passkey'): Promise<void> {
    const { required } = standingThrough(await factors.standing(caller), caller.through)
    if (!required || (await secondsOf(caller.account)) > 1) return
    const other = leaving === 'totp' ? 'a passkey' : 'an authenticator app or another passkey'
    throw new FairleadError('conflict', `Your organization asks for a second factor, and this is your last one; add ${other} first.`)
  }

  async function secondsOf(account: string): Promise<number> {
    return (await passkeys.list(account)).length + ((await totp.since(account)) === null ? 0 : 1)
  }

  async function clearIfNone(account: string): Promise<void> {
    if ((await secondsOf(account)) === 0) await recovery.clear(account)
  }

  return { changed, firstCodes, keepOne, secondsOf, clearIfNone }
}

type OfTotp = 'beginTotp' | 'addTotp' | 'removeTotp' | 'drawCodes'

function serveTotp({ factors, logins }: OwnFactorsDeps, { changed, firstCodes, keepOne, secondsOf, clearIfNone }: Kept): Pick<Own, OfTotp> {
  const { totp, recovery } = factors
  return {
    async beginTotp(_input, { caller }) {
      const { name, email, organization } = await logins.describe(caller)
      const { step, secret } = totp.begin(caller.login)
      return { step, secret: base32(secret), uri: totpUri(secret, organization.name, email === '' ? name : email) }
    },

    async addTotp(given, context) {
      logins.renewAlone.check(context)
      const { account, login } = context.caller
      const how = await totp.add(account, login, given)
      if (how === 'late') throw new FairleadError('conflict', 'This took longer than five minutes; begin again with a new code.')
      if (how === 'wrong') throw new FairleadError('invalid_input', 'This is not what the app shows now.', { details: { field: 'code' } })
      const drawn = await firstCodes(account)
      await changed(context, 'totp_added')
      return drawn
    },

    async removeTotp(_input, context) {
      logins.renewAlone.check(context)
      await keepOne(context.caller, 'totp')
      if (!(await totp.remove(context.caller.account))) throw new FairleadError('not_found', 'This account has no authenticator app.')
      await clearIfNone(context.caller.account)
      await changed(context, 'totp_removed')
      return {}
    },

    async drawCodes(_input, context) {
      const { account } = context.caller
      if ((await secondsOf(account)) === 0)
        throw new FairleadError('conflict', 'Recovery codes stand for a second factor; add an authenticator app or a passkey first.')
      logins.renewAlone.check(context)
      const recoveryCodes = await recovery.draw(account)
      await changed(context, 'codes_drawn')
      return { recoveryCodes }
    },
  }
}

type OfPasskeys = 'beginPasskey' | 'addPasskey' | 'renamePasskey' | 'removePasskey'

function servePasskeys({ factors, logins }: OwnFactorsDeps, { changed, firstCodes, keepOne, clearIfNone }: Kept): Pick<Own, OfPasskeys> {
  const { passkeys } = factors
  return {
    async beginPasskey(_input, { caller }) {
      const { name, email } = await logins.describe(caller)
      return passkeys.begin(caller.account, caller.login, { name, email: email === '' ? name : email })
    },

    async addPasskey({ name, answer }, context) {
      logins.renewAlone.check(context)
      const { account, login } = context.caller
      if (!(await passkeys.add(account, login, name, answer)))
        throw new FairleadError('invalid_input', 'This passkey was not taken: it answered too late, or something else than was asked.')
      const drawn = await firstCodes(account)
      await changed(context, 'passkey_added')
      return drawn
    },

    async renamePasskey({ id, name }, { caller }) {
      if (!(await passkeys.rename(caller.account, id, name))) throw noPasskey()
      return {}
    },

    async removePasskey({ id }, context) {
      logins.renewAlone.check(context)
      await keepOne(context.caller, 'passkey')
      if (!(await passkeys.remove(context.caller.account, id))) throw noPasskey()
      await clearIfNone(context.caller.account)
      await changed(context, 'passkey_removed')
      return {}
    },
  }
}

function serveRest({ db, factors, logins }: OwnFactorsDeps, { changed }: Kept): Omit<Own, OfTotp | OfPasskeys> {
  const { passkeys, totp, recovery, notices } = factors
  return {
    async get(_input, { caller }) {
      const { account } = caller
      const { required } = standingThrough(await factors.standing(caller), caller.through)
      return {
        totpSinceMs: await totp.since(account),
        recoveryCodesLeft: await recovery.left(account),
        passkeys: await passkeys.list(account),
        passkeyHost: factors.host,
        required,
      }
    },

    async setPassword({ current, password }, context) {
      logins.renewAlone.check(context)
      await logins.setPassword(context.caller, current, password)
      await changed(context, 'password')
      return {}
    },

    notices: (_input, { caller }) => notices.list(caller.account),

    async policy(_input, { caller: { organization } }) {
      const [row] = await db.tx({ organization }, (_sql, orm) =>
        orm.select({ secondFactor: organizations.secondFactor }).from(organizations),
      )
      return { secondFactor: row?.secondFactor ?? 'optional' }
    },

    async setPolicy({ secondFactor }, { caller }) {
      const { organization } = caller
      // Whoever asks it of others would be shut out first.
      if (secondFactor !== 'optional' && !(await factors.standing(caller)).hasSecond)
        throw new FairleadError('conflict', 'Add a second factor to your own account first.')
      const own = eq(organizations.organizationId, organization)
      await db.tx({ organization }, (_sql, orm) => orm.update(organizations).set({ secondFactor }).where(own))
      logins.forget(organization)
      return { secondFactor }
    },
  }
}

function noPasskey(): FairleadError {
  return new FairleadError('not_found', 'This account has no such passkey.')
}
