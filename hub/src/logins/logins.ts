import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { loginsApi, Me, Welcome } from '@fairlead/protocol/features/logins.ts'
import type { Caller, HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { refuseCommon } from './common.ts'
import { createDelays } from './delays.ts'
import { checkPassword, hashPassword, isOutdated } from './passwords.ts'

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
}

export interface Logins {
  readonly handlers: Handlers<typeof loginsApi, LoginContext>
  /** Who holds this cookie, or undefined. */
  findCaller(token: string, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined>
  /** Told when a login ends: its open streams end with it. */
  onEnd(listener: (login: string) => void): () => void
  readonly firstRun: boolean
}

const absoluteSeconds = 24 * 3600
const idleMs = 12 * 3_600_000
const cachedMs = 10_000
const wrongCodeMs = 500

const digest = (token: string) => createHash('sha256').update(token).digest()

interface Held {
  readonly caller: Omit<Caller, 'ip' | 'userAgent' | 'trace'>
  readonly untilMs: number
}

export async function openLogins({ db, audits, version, permissions, firstRunCode }: LoginsDeps): Promise<Logins> {
  const all = new Set(permissions)
  const cache = new Map<string, Held>()
  const endListeners = new Set<(login: string) => void>()
  const delays = createDelays()
  // Logins that just ended: a request that was under way meanwhile must not bring one back into the cache.
  const ended = new Set<string>()
  let firstRun = (await db.tx({}, (sql) => sql`SELECT 1 FROM accounts LIMIT 1`)).length === 0

  async function begin(account: string, organization: string, context: LoginContext): Promise<Date> {
    const token = randomBytes(32).toString('base64url')
    const expires = new Date(Date.now() + absoluteSeconds * 1000)
    await db.tx(
      { organization },
      (sql) =>
        sql`INSERT INTO logins (organization_id, token_hash, account_id, expires_at) VALUES (${organization}, ${digest(token)}, ${account}, ${expires})`,
    )
    context.cookie.set(token, absoluteSeconds)
    return expires
  }

  async function me(account: string, organization: string, expires: Date): Promise<Me> {
    const [row] = await db.tx(
      { organization },
      (sql) => sql<{ name: string; email: string; language: 'en' | 'fr'; organization: string }[]>`
      SELECT accounts.name, email, language, organizations.name AS organization FROM accounts, organizations WHERE accounts.id = ${account} AND organizations.organization_id = ${organization}`,
    )
    if (row === undefined) throw new FairleadError('unauthenticated', 'This account no longer exists.')
    return {
      account,
      name: row.name,
      email: row.email,
      language: row.language,
      organization: { id: organization, name: row.organization },
      permissions: [...all],
      loginExpiresMs: expires.getTime(),
    }
  }

  /** When a login ends at the latest, whatever happens. */
  async function expiryOf({ login, organization }: Caller): Promise<Date> {
    const [row] = await db.tx(
      { organization },
      (sql) => sql<{ expires_at: Date }[]>`SELECT expires_at FROM logins WHERE token_hash = ${Buffer.from(login, 'hex')}`,
    )
    if (row === undefined) throw new FairleadError('unauthenticated', 'Your login has ended; sign in again.')
    return row.expires_at
  }

  async function rehash(account: string, old: string, password: string): Promise<void> {
    const hash = await hashPassword(password)
    await db.tx({}, (sql) => sql`UPDATE accounts SET password_hash = ${hash} WHERE id = ${account} AND password_hash = ${old}`)
  }

  const handlers: Handlers<typeof loginsApi, LoginContext> = {
    welcome: async (_input, { door }) => ({ firstRun, version, ...door }),

    async setup(input, context) {
      if (!firstRun) throw new FairleadError('not_found', 'This hub has its owner already.')
      refuseInsecure(context)
      delays.begin('setup', context.caller.ip)
      if (!timingSafeEqual(digest(input.code.replaceAll(/[\s-]/g, '').toLowerCase()), digest(firstRunCode.replaceAll('-', '')))) {
        await sleep(wrongCodeMs)
        throw new FairleadError('unauthenticated', 'This is not the code that the hub printed when it started.', {
          details: { field: 'code' },
        })
      }
      delays.succeeded('setup', context.caller.ip)
      refuseCommon(input.password, [input.name, input.email, input.organization])
      const [account, organization, environment] = [randomUUID(), randomUUID(), randomUUID()]
      const hash = await hashPassword(input.password)
      await db.tx({ organization }, async (sql) => {
        // Two at once: the second finds the first one's account and stops.
        await sql`SELECT pg_advisory_xact_lock(1)`
        if ((await sql`SELECT 1 FROM accounts LIMIT 1`).length > 0) throw new FairleadError('not_found', 'This hub has its owner already.')
        await sql`INSERT INTO accounts (id, email, name, language, password_hash) VALUES (${account}, ${canonical(input.email)}, ${input.name}, ${input.language}, ${hash})`
        await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, ${input.organization})`
        await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${environment}, 'default')`
        await sql`INSERT INTO memberships (organization_id, account_id, role) VALUES (${organization}, ${account}, 'owner')`
      })
      firstRun = false
      await audits.write(entry('hub.setup', 'ok', organization, account, input.name, context))
      return me(account, organization, await begin(account, organization, context))
    },

    async signIn({ email, password }, context) {
      refuseInsecure(context)
      const who = canonical(email)
      delays.begin(who, context.caller.ip)
      const [found] = await db.tx(
        {},
        (sql) =>
          sql<{ id: string; name: string; password_hash: string }[]>`SELECT id, name, password_hash FROM accounts WHERE email = ${who}`,
      )
      // An account that does not exist is asked for as much: neither the answer nor its time tells which it was.
      const account = found?.id ?? randomUUID()
      const [member] = await db.tx(
        { account },
        (sql) => sql<{ organization_id: string }[]>`SELECT organization_id FROM memberships WHERE account_id = ${account}`,
      )
      const right = await checkPassword(password, found?.password_hash)
      if (!right || found === undefined || member === undefined) {
        // Not awaited, for the same reason.
        if (found !== undefined && member !== undefined)
          void audits.write(entry('login.create', 'refused', member.organization_id, found.id, found.name, context))
        throw new FairleadError('unauthenticated', 'E-mail or password is wrong.')
      }
      delays.succeeded(who, context.caller.ip)
      if (isOutdated(found.password_hash)) await rehash(found.id, found.password_hash, password)
      await audits.write(entry('login.create', 'ok', member.organization_id, found.id, found.name, context))
      return me(found.id, member.organization_id, await begin(found.id, member.organization_id, context))
    },

    async signOut(_input, { caller, cookie }) {
      ended.add(caller.login)
      setTimeout(() => ended.delete(caller.login), 60_000).unref()
      await db.tx(
        { organization: caller.organization },
        (sql) => sql`DELETE FROM logins WHERE token_hash = ${Buffer.from(caller.login, 'hex')}`,
      )
      cache.delete(caller.login)
      cookie.clear()
      for (const listener of endListeners) listener(caller.login)
      return {}
    },

    me: async (_input, { caller }) => me(caller.account, caller.organization, await expiryOf(caller)),

    async setLanguage({ language }, { caller }) {
      await db.tx(
        { organization: caller.organization },
        (sql) => sql`UPDATE accounts SET language = ${language} WHERE id = ${caller.account}`,
      )
      return me(caller.account, caller.organization, await expiryOf(caller))
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
    async findCaller(token, about) {
      const hash = digest(token)
      const key = hash.toString('hex')
      const known = cache.get(key)
      if (known !== undefined && known.untilMs > Date.now()) return { ...known.caller, ...about }
      const idleSince = new Date(Date.now() - idleMs)
      const [row] = await db.tx(
        { login: hash },
        (sql) => sql<{ account_id: string; organization_id: string; name: string; expires_at: Date }[]>`
        SELECT account_id, organization_id, name, expires_at FROM logins JOIN accounts ON accounts.id = account_id WHERE token_hash = ${hash} AND expires_at > now() AND used_at > ${idleSince}`,
      )
      if (row === undefined) return undefined
      await db.tx({ organization: row.organization_id }, (sql) => sql`UPDATE logins SET used_at = now() WHERE token_hash = ${hash}`)
      if (ended.has(key)) return undefined
      const caller = { account: row.account_id, name: row.name, organization: row.organization_id, permissions: all, login: key }
      if (cache.size > 10_000) cache.clear()
      cache.set(key, { caller, untilMs: Math.min(Date.now() + cachedMs, row.expires_at.getTime()) })
      return { ...caller, ...about }
    },
  }
}

function refuseInsecure({ door }: LoginContext): void {
  if (!door.secure) throw new FairleadError('forbidden', door.insecureReason)
}

function canonical(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}

function entry(verb: string, outcome: 'ok' | 'refused', organization: string, actor: string, actorName: string, { caller }: LoginContext) {
  return {
    organization,
    verb,
    outcome,
    actor,
    actorName,
    host: '',
    hostName: '',
    target: '',
    code: '',
    ip: caller.ip,
    userAgent: caller.userAgent,
    trace: caller.trace,
  }
}
