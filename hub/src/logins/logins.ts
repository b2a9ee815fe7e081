import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Tls } from '@fairlead/protocol/features/settings.ts'
import type { loginsApi, Me, Welcome } from '@fairlead/protocol/features/logins.ts'
import type { Caller, HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import type { Orm } from '../base/drizzle.ts'
import type { Secret } from '../base/secret.ts'
import type { DeviceCookie } from '../factors/devices.ts'
import type { Factors } from '../factors/factors.ts'
import { hasAccounts, makeOrganization, personOf, setLanguage, type NewPerson } from './accounts.ts'
import { createBegin, type Described } from './begin.ts'
import { createChange, type RenewAlone } from './change.ts'
import { createDelays, type Delays } from './delays.ts'
import { lastSeen, openHeld, usualLives, type LivesOf, type RightsOf } from './held.ts'
import { serveOwn } from './own.ts'
import { createRenewal } from './renew.ts'
import { serveSetup } from './setup.ts'
import { serveSignIn, type SignInThrough } from './signin.ts'

export { createDelays, type Delays } from './delays.ts'

export interface LoginContext extends HubContext {
  /** `fixed`: it cannot be set where this was asked. */
  readonly cookie: { set(token: string, maxAgeSeconds: number): void; clear(): void; readonly fixed?: true }
  readonly device: DeviceCookie
  /** Marks a browser that leaves for a sign-in provider. Absent where no cookie can be set. */
  readonly away?: { set(token: string): void }
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
  readonly factors: Factors
  /** How long logins of an organization live; 12 h without a request and 24 h in all when absent. */
  readonly lives?: LivesOf
  /** Shown once on the hub's own console. */
  readonly firstRunCode: string
  /** What whoever sets the hub up is told of its certificate. */
  readonly tls?: () => Tls
  /** Steady ms, for the delays between tries. */
  readonly now?: () => number
}

export interface Logins {
  readonly handlers: Handlers<typeof loginsApi, LoginContext>
  /** Who holds this cookie, or undefined. */
  findCaller(token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined>
  /** Signs an account in that showed its password. Throws `unauthenticated` where that is not enough: it has a second factor. */
  begin(account: string, organization: string, context: LoginContext): Promise<Me>
  /** The login goes on in another organization, which its account belongs to. */
  enter(organization: string, context: LoginContext): Promise<Me>
  /** Its id. */
  makeOrganization(account: string, name: string): Promise<string>
  /** Ends all logins of an account in an organization, with what is open by them. */
  endOf(organization: string, account: string): Promise<void>
  /** Ends the logins that came through a provider: of one account, or of all. */
  endThrough(which: { readonly organization: string; readonly provider: string; readonly account?: string }): Promise<void>
  /** Whose login it is, by its id, while it lasts. */
  stillOf(login: string, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined>
  endLogin(caller: Caller): Promise<void>
  /** Somebody whom a provider knows signs in, or must prove more first. */
  readonly signInThrough: SignInThrough
  /** Ends all logins of an organization, with what is open by them. */
  endAll(organization: string): Promise<void>
  /** When each account used a login last, ms since the epoch. */
  lastSeen(orm: Orm): Promise<ReadonlyMap<string, number>>
  /** Whose e-mail it is: an account that there is, whose password must be right, or one to be made. Wrong ones get slower. */
  personOf(email: string, input: NewPerson, ip: string): ReturnType<typeof personOf>
  readonly delays: Delays
  /** What accounts of an organization may do has changed. */
  forget(organization: string): void
  /** Who one is. */
  describe(caller: Caller): Promise<Me>
  /** Throws `forbidden` when the current one is not it, `invalid_input` when the new one is a bad one. */
  setPassword(caller: Caller, current: string, password: string): Promise<void>
  readonly renewAlone: RenewAlone
  /** Told when a login ends: its open streams end with it. `renewed`: it goes on under another token. */
  onEnd(listener: (login: string, renewed: boolean) => void): () => void
  readonly firstRun: boolean
}

export async function openLogins(deps: LoginsDeps): Promise<Logins> {
  const { db, audits, version, permissions, rightsOf, factors, lives, firstRunCode, now } = deps
  const tls = () => (deps.tls === undefined ? {} : { tls: deps.tls() })
  const held = openHeld(db, rightsOf, factors.standing, lives)
  const renewal = createRenewal(db, held.forgetOne, lives ?? usualLives)
  const endListeners = new Set<(login: string, renewed: boolean) => void>()
  const delays = createDelays(now)
  const state = { firstRun: !(await db.tx({}, (_sql, orm) => hasAccounts(orm))) }

  const tellEnd = (login: string, renewed = false) => {
    for (const listener of endListeners) listener(login, renewed)
  }
  const { describe, me, begin } = createBegin({ db, audits, factors, held, permissions, rightsOf })
  const signIn = serveSignIn({ db, audits, factors, delays, begin })
  const change = createChange({ db, delays, renewal, tellEnd })

  const handlers: Handlers<typeof loginsApi, LoginContext> = {
    welcome: async (_input, { door }) => ({ ...state, version, passkeyHost: factors.host, ...door, ...(state.firstRun ? tls() : {}) }),

    ...serveSetup({ db, audits, delays, firstRunCode, state, begin }),
    ...signIn.handlers,
    ...serveOwn({ db, factors, delays, renewal, tellEnd, me: ({ caller }, expires) => describe({ ...about(caller), expires }) }),

    async signOut(_input, { caller, cookie }) {
      await held.end(caller)
      cookie.clear()
      tellEnd(caller.login)
      return {}
    },

    me: (_input, { caller }) => me(caller),

    setLanguage: ({ language }, { caller }) => setLanguage(db, caller, language).then(() => me(caller)),
  }

  return {
    handlers,
    get firstRun() {
      return state.firstRun
    },
    onEnd(listener) {
      endListeners.add(listener)
      return () => endListeners.delete(listener)
    },
    findCaller: held.find,
    describe: me,
    ...change,
    forget: held.forget,
    async begin(account, organization, context) {
      if (!(await factors.standing({ account, organization })).hasSecond)
        return begin({ account, organization, factor: 'password' }, context)
      throw new FairleadError('unauthenticated', 'This account has a second factor; sign in with it.')
    },
    async enter(organization, context) {
      const { caller } = context
      const expires = await renewal.enter(caller, organization, context)
      tellEnd(caller.login, true)
      return describe({ ...about(caller), organization, expires, grace: undefined })
    },
    makeOrganization: (account, name) => makeOrganization(db, account, name),
    ...createEnds(held, tellEnd),
    stillOf: held.stillOf,
    signInThrough: signIn.signInThrough,
    lastSeen,
    async personOf(email, input, ip) {
      delays.begin(email, ip)
      const person = await personOf(db, email, input)
      delays.succeeded(email, ip)
      return person
    },
    delays,
  }
}

function createEnds(
  held: ReturnType<typeof openHeld>,
  tellEnd: (login: string) => void,
): Pick<Logins, 'endAll' | 'endOf' | 'endLogin' | 'endThrough'> {
  return {
    async endAll(organization) {
      for (const login of await held.endAll(organization)) tellEnd(login)
    },
    async endOf(organization, account) {
      for (const login of await held.endOf(organization, account)) tellEnd(login)
    },
    async endLogin(caller) {
      await held.end(caller)
      tellEnd(caller.login)
    },
    async endThrough(which) {
      for (const login of await held.endThrough(which)) tellEnd(login)
    },
  }
}

function about({ account, organization, through, proof }: Caller): Omit<Described, 'expires'> {
  return { account, organization, through, grace: proof?.grace }
}
