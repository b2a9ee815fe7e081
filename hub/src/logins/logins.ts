import type { Factor } from '@fairlead/protocol/api.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { loginsApi, Me, Welcome } from '@fairlead/protocol/features/logins.ts'
import type { Caller, HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { eq } from '../base/drizzle.ts'
import type { Secret } from '../base/secret.ts'
import type { DeviceCookie } from '../factors/devices.ts'
import type { Factors } from '../factors/factors.ts'
import { describeMe, hasAccounts, memberOf } from './accounts.ts'
import { createChange, type RenewAlone } from './change.ts'
import { createDelays } from './delays.ts'
import { entry } from './entry.ts'
import { openHeld } from './held.ts'
import { serveOwn } from './own.ts'
import { createRenewal } from './renew.ts'
import { serveSetup } from './setup.ts'
import { serveSignIn } from './signin.ts'
import { accounts } from './tables.ts'

export interface LoginContext extends HubContext {
  /** `fixed`: it cannot be set where this was asked. */
  readonly cookie: { set(token: string, maxAgeSeconds: number): void; clear(): void; readonly fixed?: true }
  readonly device: DeviceCookie
  /** What this very connection is: whether a login cookie can live on it. */
  readonly door: Pick<Welcome, 'secure' | 'insecureReason' | 'secureUrl'>
}

export interface LoginsDeps {
  readonly db: Database
  readonly audits: Audits
  readonly version: string
  readonly permissions: readonly string[]
  readonly factors: Factors
  /** Shown once on the hub's own console. */
  readonly firstRunCode: string
  /** Steady ms, for the delays between tries. */
  readonly now?: () => number
}

export interface Logins {
  readonly handlers: Handlers<typeof loginsApi, LoginContext>
  /** Who holds this cookie, or undefined. */
  findCaller(token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined>
  /** Who one is. */
  describe(caller: Caller): Promise<Me>
  /** Throws `forbidden` when the current one is not it, `invalid_input` when the new one is a bad one. */
  setPassword(caller: Caller, current: string, password: string): Promise<void>
  readonly renewAlone: RenewAlone
  /** What is asked of accounts has changed. */
  forgetAll(): void
  /** Told when a login ends: its open streams end with it. `renewed`: it goes on under another token. */
  onEnd(listener: (login: string, renewed: boolean) => void): () => void
  readonly firstRun: boolean
}

export async function openLogins({ db, audits, version, permissions, factors, firstRunCode, now }: LoginsDeps): Promise<Logins> {
  const all = new Set(permissions)
  const held = openHeld(db, all, factors.standing)
  const renewal = createRenewal(db, held.forgetOne)
  const endListeners = new Set<(login: string, renewed: boolean) => void>()
  const delays = createDelays(now)
  const state = { firstRun: !(await db.tx({}, (_sql, orm) => hasAccounts(orm))) }

  const tellEnd = (login: string, renewed = false) => {
    for (const listener of endListeners) listener(login, renewed)
  }
  const describe = async (account: string, organization: string, expires: Date): Promise<Me> => {
    const { required, hasSecond } = await factors.standing({ account, organization })
    return { ...(await describeMe(db, account, organization, all, expires)), ...(required && !hasSecond ? { mustEnrol: true } : {}) }
  }
  const me = async (caller: Caller) => describe(caller.account, caller.organization, await held.expiryOf(caller))

  async function begin(account: string, organization: string, context: LoginContext, factor: Factor = 'password'): Promise<Me> {
    const expires = await held.begin(account, organization, context, factor)
    if (await factors.devices.note(account, context.device)) {
      await factors.notices.note(account, 'device', context.caller)
      const member = await memberOf(db, account)
      if (member !== undefined) await audits.write(entry('login.new_device', 'ok', { ...member, organization }, context, factor))
    }
    return describe(account, organization, expires)
  }

  const change = createChange({ db, delays, renewal, tellEnd })

  const handlers: Handlers<typeof loginsApi, LoginContext> = {
    welcome: async (_input, { door }) => ({ firstRun: state.firstRun, version, passkeyHost: factors.host, ...door }),

    ...serveSetup({ db, audits, delays, firstRunCode, state, begin }),
    ...serveSignIn({ db, audits, factors, delays, begin }),
    ...serveOwn({
      db,
      factors,
      delays,
      renewal,
      tellEnd,
      me: ({ caller }, expires) => describe(caller.account, caller.organization, expires),
    }),

    async signOut(_input, { caller, cookie }) {
      await held.end(caller)
      cookie.clear()
      tellEnd(caller.login)
      return {}
    },

    me: (_input, { caller }) => me(caller),

    async setLanguage({ language }, context) {
      const { account, organization } = context.caller
      await db.tx({ organization }, (_sql, orm) => orm.update(accounts).set({ language }).where(eq(accounts.id, account)))
      return me(context.caller)
    },
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
    forgetAll: held.forgetAll,
  }
}
