import { createHash, randomUUID } from 'node:crypto'
import type { Factor } from '@fairlead/protocol/api.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Given } from '@fairlead/protocol/features/factors.ts'
import type { loginsApi, Me, SecondStep } from '@fairlead/protocol/features/logins.ts'
import type { Through } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { eq } from '../base/drizzle.ts'
import { digestOf } from '../base/secret.ts'
import type { Factors } from '../factors/factors.ts'
import { canonical } from '../base/email.ts'
import { checkAccount, memberOf, rehash, type Member } from './accounts.ts'
import type { Delays } from './delays.ts'
import { entry, refuseInsecure } from './entry.ts'
import type { NewLogin } from './held.ts'
import type { LoginContext } from './logins.ts'
import { isOutdated, type Lane } from './passwords.ts'
import { accounts } from '../base/tables.ts'

interface SignInDeps {
  readonly db: Database
  readonly audits: Audits
  readonly factors: Factors
  readonly delays: Delays
  readonly begin: (login: NewLogin, context: LoginContext) => Promise<Me>
}

/** A password that was right, or a provider that said who it is: it waits for a second factor. */
interface Step {
  readonly member: Member
  readonly through?: Through
  tries: number
}

const mostTries = 5

type SignIn = Pick<Handlers<typeof loginsApi, LoginContext>, 'signIn' | 'finish' | 'challenge' | 'signInWithPasskey'>
/** Somebody whom a provider of their organization knows. */
export type SignInThrough = (member: Omit<Member, 'passwordHash'>, through: Through, context: LoginContext) => Promise<Me | SecondStep>

/** What the first step was. */
type By = Pick<NewLogin, 'through' | 'passwordHash'>

type Enter = ReturnType<typeof createEnter>

function createEnter(audits: Audits, begin: SignInDeps['begin']) {
  return async (member: Omit<Member, 'passwordHash'>, context: LoginContext, factor: Factor, by: By = {}): Promise<Me> => {
    await audits.write(entry('login.create', 'ok', member, context, factor, by.through))
    return begin({ account: member.id, organization: member.organization, factor, ...by }, context)
  }
}

function createSignInThrough(factors: Factors, enter: Enter): SignInThrough {
  return async (member, through, context) => {
    refuseInsecure(context)
    const { hasSecond, accepts } = await factors.standing({ organization: member.organization, account: member.id })
    if (through.secondFactor === 'provider' || !hasSecond) return enter(member, context, 'provider', { through })
    const step: Step = { member: { ...member, passwordHash: null }, through, tries: 0 }
    return { step: factors.tickets.issue('second', '', step), accepts: [...accepts] }
  }
}

/** The ways in: a password, then whatever else the account asks for; or a passkey alone, which is two factors in one. */
export function serveSignIn({ db, audits, factors, delays, begin }: SignInDeps): {
  readonly handlers: SignIn
  readonly signInThrough: SignInThrough
} {
  const { tickets, passkeys, devices, notices } = factors
  const enter = createEnter(audits, begin)

  /** A browser that the account is known to use is counted apart: nobody elsewhere can slow it down, from the same address either. */
  async function sourceOf(who: string, { caller, device }: LoginContext): Promise<Lane> {
    const stranger = { source: caller.ip, known: false }
    if (device.shown === undefined) return stranger
    const [found] = await db.tx({}, (_sql, orm) => orm.select({ id: accounts.id }).from(accounts).where(eq(accounts.email, who)))
    // The same work for an account that does not exist.
    const known = await devices.isKnown(found?.id ?? randomUUID(), device.shown)
    return known ? { source: `device ${digestOf(device.shown).toString('hex')}`, known } : stranger
  }

  /** Codes are counted by account: whoever has the password could try them from everywhere at once. */
  async function proves(given: Given, { member }: Step, step: string): Promise<boolean> {
    if (given.factor !== 'totp' && given.factor !== 'recovery') return factors.check(given, member.id, 'second', holderOf(step))
    delays.begin(`second ${member.id}`, '')
    const right = await factors.check(given, member.id, 'second', holderOf(step))
    if (right) delays.succeeded(`second ${member.id}`, '')
    return right
  }

  const handlers: SignIn = {
    async signIn({ email, password }, context) {
      refuseInsecure(context)
      const who = canonical(email)
      const lane = await sourceOf(who, context)
      delays.begin(who, lane.source)
      const { right, member } = await checkAccount(db, who, password, lane)
      if (!right || member === undefined) {
        // Not awaited: the time an answer takes must not tell whether the account exists.
        if (member !== undefined) void audits.write(entry('login.create', 'refused', member, context))
        throw new FairleadError('unauthenticated', 'E-mail or password is wrong.')
      }
      delays.succeeded(who, lane.source)
      const { hasSecond, accepts } = await factors.standing({ organization: member.organization, account: member.id })
      const passwordHash = await renewed(db, member, password)
      if (!hasSecond) return enter(member, context, 'password', { passwordHash })
      const step: Step = { member: { ...member, passwordHash }, tries: 0 }
      return { step: tickets.issue('second', '', step), accepts: [...accepts] }
    },

    async finish({ step, given }, context) {
      refuseInsecure(context)
      const found = tickets.look<Step>(step, 'second', '')
      if (found === undefined) throw tooLate()
      const { member, through } = found.data
      // Counted before it is known whether it is right: those sent at once are counted like those in turn.
      if (++found.data.tries > mostTries) throw tooLate()
      if (!(await proves(given, found.data, step))) {
        await audits.write(entry('login.create', 'refused', member, context))
        throw new FairleadError('unauthenticated', wrong(given.factor), { details: { field: 'code' } })
      }
      // One sign-in, though several right answers came at once.
      if (tickets.take(step, 'second', '') === undefined) throw tooLate()
      if (given.factor === 'recovery') await notices.note(member.id, 'code_used', context.caller)
      // The first step counts as long as it would be taken again.
      const { passwordHash } = member
      return enter(member, context, given.factor, through === undefined ? { passwordHash } : { through })
    },

    async challenge({ step }) {
      if (step === undefined) return passkeys.challenge('login', '')
      const found = tickets.look<Step>(step, 'second', '')
      if (found === undefined) throw tooLate()
      return passkeys.challenge('second', holderOf(step), found.data.member.id)
    },

    async signInWithPasskey({ answer }, context) {
      refuseInsecure(context)
      const account = await passkeys.check(answer, 'login', '')
      const member = account === undefined ? undefined : await memberOf(db, account)
      // Of an account that stands on a provider it is a second factor: what the provider closed, it does not open.
      if (member === undefined || member.passwordHash === null) throw new FairleadError('unauthenticated', wrong('passkey'))
      return enter(member, context, 'passkey')
    },
  }
  return { handlers, signInThrough: createSignInThrough(factors, enter) }
}

/** The hash that is kept of a password that was right, made anew where it is of an older kind. */
async function renewed(db: Database, member: Member, password: string): Promise<string | null> {
  const { passwordHash } = member
  return passwordHash !== null && isOutdated(passwordHash) ? await rehash(db, member, password) : passwordHash
}

/** What is asked for a first step is good for that one. */
function holderOf(step: string): string {
  return createHash('sha256').update(step).digest('hex')
}

function tooLate(): FairleadError {
  return new FairleadError('unauthenticated', 'This sign-in took too long, or too many tries; begin again with the password.', {
    details: { again: true },
  })
}

export function wrong(factor: Factor): string {
  if (factor === 'passkey') return 'This passkey was not taken: it is not known here, or it answered too late.'
  if (factor === 'password') return 'The password is wrong.'
  if (factor === 'provider') return 'Sign in again where you came from.'
  return factor === 'totp'
    ? 'This code is wrong, or was used already; wait for the next one.'
    : 'This recovery code is wrong, or was used already.'
}
