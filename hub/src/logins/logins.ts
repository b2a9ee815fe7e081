import { setTimeout as sleep } from 'node:timers/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { loginsApi, Me, Welcome } from '@fairlead/protocol/features/logins.ts'
import type { Caller, HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { eq } from '../base/drizzle.ts'
import { canonical } from '../base/email.ts'
import { accounts } from '../base/tables.ts'
import { sameSecret, secretOf, type Secret } from '../base/secret.ts'
import { checkAccount, describeMe, hasAccounts, makeOwner, personOf, rehash, type Member, type NewPerson } from './accounts.ts'
import { refuseCommon } from './common.ts'
import { createDelays, type Delays } from './delays.ts'
import { openHeld, type RightsOf } from './held.ts'
import { isOutdated } from './passwords.ts'

export interface LoginContext extends HubContext {
  readonly cookie: { set(token: string, maxAgeSeconds: number): void; clear(): void }
  /** What this very connection is: whether a login cookie can live on it. */
  readonly door: Pick<Welcome, 'secure' | 'insecureReason' | 'secureUrl'>
}

export interface LoginsDeps {
  readonly db: Database
  readonly audits: Audits
  readonly version: string
  /** Every permission that there is. */
  readonly permissions: readonly string[]
  readonly rightsOf: RightsOf
  /** Shown once on the hub's own console. */
  readonly firstRunCode: string
  /** Steady ms, for the delays between tries. */
  readonly now?: () => number
}

export interface Logins {
  readonly handlers: Handlers<typeof loginsApi, LoginContext>
  /** Who holds this cookie, or undefined. */
  findCaller(token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined>
  /** Signs an account in, whose right to that was proven. */
  begin(account: string, organization: string, context: LoginContext): Promise<Me>
  /** Ends all logins of an account in an organization, with what is open by them. */
  endOf(organization: string, account: string): Promise<void>
  /** When each account used a login last, ms since the epoch. */
  lastSeen(organization: string): Promise<ReadonlyMap<string, number>>
  /** Whose e-mail it is: an account that there is, whose password must be right, or one to be made. Wrong ones get slower. */
  personOf(email: string, input: NewPerson, ip: string): ReturnType<typeof personOf>
  readonly delays: Delays
  /** Told when a login ends: its open streams end with it. */
  onEnd(listener: (login: string) => void): () => void
  /** What accounts of an organization may do has changed. */
  forget(organization: string): void
  readonly firstRun: boolean
}

const wrongCodeMs = 500

export async function openLogins({ db, audits, version, permissions, rightsOf, firstRunCode, now }: LoginsDeps): Promise<Logins> {
  const held = openHeld(db, rightsOf)
  const endListeners = new Set<(login: string) => void>()
  const delays = createDelays(now)
  let firstRun = !(await db.tx({}, (_sql, orm) => hasAccounts(orm)))

  const describe = async (account: string, organization: string, expires: Date) => {
    const { somewhere } = await rightsOf({ organization, account })
    return describeMe(db, account, organization, permissions.filter(somewhere), expires)
  }
  const me = async ({ caller }: HubContext) => describe(caller.account, caller.organization, await held.expiryOf(caller))
  const begin = async (account: string, organization: string, context: LoginContext) =>
    describe(account, organization, await held.begin(account, organization, context))

  const handlers: Handlers<typeof loginsApi, LoginContext> = {
    welcome: async (_input, { door }) => ({ firstRun, version, ...door }),

    async setup(input, context) {
      if (!firstRun) throw new FairleadError('not_found', 'This hub has its owner already.')
      await checkCode(delays, input.code, firstRunCode, context)
      refuseCommon(input.password, [input.name, input.email, input.organization])
      const { account, organization } = await makeOwner(db, input)
      firstRun = false
      await audits.write(entry('hub.setup', 'ok', { organization, id: account, name: input.name }, context))
      return begin(account, organization, context)
    },

    async signIn(input, context) {
      const member = await prove({ db, audits, delays }, input, context)
      return begin(member.id, member.organization, context)
    },

    async signOut(_input, { caller, cookie }) {
      await held.end(caller)
      cookie.clear()
      for (const listener of endListeners) listener(caller.login)
      return {}
    },

    me: (_input, context) => me(context),

    async setLanguage({ language }, context) {
      const { account, organization } = context.caller
      await db.tx({ organization }, (_sql, orm) => orm.update(accounts).set({ language }).where(eq(accounts.id, account)))
      return me(context)
    },
  }

  return {
    handlers,
    get firstRun() {
      return firstRun
    },
    onEnd(listener) {
      endListeners.add(listener)
      return () => endListeners.delete(listener)
    },
    findCaller: held.find,
    forget: held.forget,
    begin,
    async endOf(organization, account) {
      for (const login of await held.endOf(organization, account)) for (const listener of endListeners) listener(login)
    },
    lastSeen: held.lastSeen,
    async personOf(email, input, ip) {
      delays.begin(email, ip)
      const person = await personOf(db, email, input)
      delays.succeeded(email, ip)
      return person
    },
    delays,
  }
}

type SignIn = Parameters<Handlers<typeof loginsApi>['signIn']>[0]
type Proving = Pick<LoginsDeps, 'db' | 'audits'> & { readonly delays: Delays }

/** Whose e-mail and password these are. Throws `unauthenticated`, alike for what is unknown and what is wrong. */
async function prove({ db, audits, delays }: Proving, { email, password }: SignIn, context: LoginContext): Promise<Member> {
  refuseInsecure(context)
  const who = canonical(email)
  delays.begin(who, context.caller.ip)
  const { right, member } = await checkAccount(db, who, password)
  if (!right || member === undefined) {
    // Not awaited: the time an answer takes must not tell whether the account exists.
    if (member !== undefined) void audits.write(entry('login.create', 'refused', member, context))
    throw new FairleadError('unauthenticated', 'E-mail or password is wrong.')
  }
  delays.succeeded(who, context.caller.ip)
  if (isOutdated(member.passwordHash)) await rehash(db, member, password)
  await audits.write(entry('login.create', 'ok', member, context))
  return member
}

/** Throws `unauthenticated`, later each time. */
async function checkCode(delays: Delays, typed: string, code: string, context: LoginContext): Promise<void> {
  refuseInsecure(context)
  const { ip } = context.caller
  delays.begin('setup', ip)
  if (isCode(typed, code)) return delays.succeeded('setup', ip)
  await sleep(wrongCodeMs)
  throw new FairleadError('unauthenticated', 'This is not the code that the hub printed when it started.', { details: { field: 'code' } })
}

/** Typed by a person: case, spaces and dashes do not matter. */
function isCode(typed: string, code: string): boolean {
  return sameSecret(secretOf(typed.replaceAll(/[\s-]/g, '').toLowerCase()), secretOf(code.replaceAll('-', '')))
}

function refuseInsecure({ door }: LoginContext): void {
  if (!door.secure) throw new FairleadError('forbidden', door.insecureReason)
}

function entry(
  verb: string,
  outcome: 'ok' | 'refused',
  { organization, id, name }: { readonly organization: string; readonly id: string; readonly name: string },
  { caller: { ip, userAgent, trace } }: LoginContext,
) {
  const nowhere = { host: '', hostName: '', target: '', code: '' }
  return { ...nowhere, organization, verb, outcome, actor: id, actorName: name, ip, userAgent, trace }
}
