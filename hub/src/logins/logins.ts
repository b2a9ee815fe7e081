import { setTimeout as sleep } from 'node:timers/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { loginsApi, Welcome } from '@fairlead/protocol/features/logins.ts'
import type { Caller, HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { eq } from '../base/drizzle.ts'
import { sameSecret, secretOf, type Secret } from '../base/secret.ts'
import { canonical, checkAccount, describeMe, hasAccounts, makeOwner, rehash } from './accounts.ts'
import { refuseCommon } from './common.ts'
import { createDelays } from './delays.ts'
import { openHeld } from './held.ts'
import { isOutdated } from './passwords.ts'
import { accounts } from './tables.ts'

export interface LoginContext extends HubContext {
  readonly cookie: { set(token: string, maxAgeSeconds: number): void; clear(): void }
  /** What this very connection is: whether a login cookie can live on it. */
  readonly door: Pick<Welcome, 'secure' | 'insecureReason' | 'secureUrl'>
}

export interface LoginsDeps {
  readonly db: Database
  readonly audits: Audits
  readonly version: string
  readonly permissions: readonly string[]
  /** Shown once on the hub's own console. */
  readonly firstRunCode: string
  /** Steady ms, for the delays between tries. */
  readonly now?: () => number
}

export interface Logins {
  readonly handlers: Handlers<typeof loginsApi, LoginContext>
  /** Who holds this cookie, or undefined. */
  findCaller(token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined>
  /** Told when a login ends: its open streams end with it. */
  onEnd(listener: (login: string) => void): () => void
  readonly firstRun: boolean
}

const wrongCodeMs = 500

export async function openLogins({ db, audits, version, permissions, firstRunCode, now }: LoginsDeps): Promise<Logins> {
  const all = new Set(permissions)
  const held = openHeld(db, all)
  const endListeners = new Set<(login: string) => void>()
  const delays = createDelays(now)
  let firstRun = !(await db.tx({}, (_sql, orm) => hasAccounts(orm)))

  const me = async ({ caller }: HubContext) => describeMe(db, caller.account, caller.organization, all, await held.expiryOf(caller))
  const begin = async (account: string, organization: string, context: LoginContext) =>
    describeMe(db, account, organization, all, await held.begin(account, organization, context))

  const handlers: Handlers<typeof loginsApi, LoginContext> = {
    welcome: async (_input, { door }) => ({ firstRun, version, ...door }),

    async setup(input, context) {
      if (!firstRun) throw new FairleadError('not_found', 'This hub has its owner already.')
      refuseInsecure(context)
      delays.begin('setup', context.caller.ip)
      if (!isCode(input.code, firstRunCode)) {
        await sleep(wrongCodeMs)
        throw new FairleadError('unauthenticated', 'This is not the code that the hub printed when it started.', {
          details: { field: 'code' },
        })
      }
      delays.succeeded('setup', context.caller.ip)
      refuseCommon(input.password, [input.name, input.email, input.organization])
      const { account, organization } = await makeOwner(db, input)
      firstRun = false
      await audits.write(entry('hub.setup', 'ok', { organization, id: account, name: input.name }, context))
      return begin(account, organization, context)
    },

    async signIn({ email, password }, context) {
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
  }
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
