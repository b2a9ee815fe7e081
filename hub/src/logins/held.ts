import { createHash, randomBytes } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Caller } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import type { LoginContext } from './logins.ts'

const absoluteSeconds = 24 * 3600
const idleMs = 12 * 3_600_000
const cachedMs = 10_000
const mostCached = 10_000

/** Tokens are of 256 random bits: a plain digest is enough, and what is stored cannot be used. */
export const digest = (token: string): Buffer => createHash('sha256').update(token).digest()

interface Held {
  readonly caller: Omit<Caller, 'ip' | 'userAgent' | 'trace'>
  readonly untilMs: number
}

/** Logins: begun, found again by their cookie, ended. Looked up by digest, at most every 10 s each. */
export function openHeld(db: Database, permissions: ReadonlySet<string>) {
  const cache = new Map<string, Held>()
  // Logins that just ended: a request that was under way meanwhile must not bring one back into the cache.
  const ended = new Set<string>()

  async function read(hash: Buffer) {
    const idleSince = new Date(Date.now() - idleMs)
    const [row] = await db.tx(
      { login: hash },
      (sql) => sql<{ account_id: string; organization_id: string; name: string; expires_at: Date }[]>`
        SELECT account_id, organization_id, name, expires_at FROM logins JOIN accounts ON accounts.id = account_id
        WHERE token_hash = ${hash} AND expires_at > now() AND used_at > ${idleSince}`,
    )
    if (row === undefined) return undefined
    await db.tx({ organization: row.organization_id }, (sql) => sql`UPDATE logins SET used_at = now() WHERE token_hash = ${hash}`)
    return row
  }

  return {
    async begin(account: string, organization: string, context: LoginContext): Promise<Date> {
      const token = randomBytes(32).toString('base64url')
      const expires = new Date(Date.now() + absoluteSeconds * 1000)
      await db.tx(
        { organization },
        (sql) =>
          sql`INSERT INTO logins (organization_id, token_hash, account_id, expires_at) VALUES (${organization}, ${digest(token)}, ${account}, ${expires})`,
      )
      context.cookie.set(token, absoluteSeconds)
      return expires
    },
    async find(token: string, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined> {
      const hash = digest(token)
      const login = hash.toString('hex')
      const known = cache.get(login)
      if (known !== undefined && known.untilMs > Date.now()) return { ...known.caller, ...about }
      const row = await read(hash)
      if (row === undefined || ended.has(login)) return undefined
      const caller = { account: row.account_id, name: row.name, organization: row.organization_id, permissions, login }
      if (cache.size > mostCached) cache.clear()
      cache.set(login, { caller, untilMs: Math.min(Date.now() + cachedMs, row.expires_at.getTime()) })
      return { ...caller, ...about }
    },
    async end({ login, organization }: Caller): Promise<void> {
      ended.add(login)
      setTimeout(() => ended.delete(login), 60_000).unref()
      await db.tx({ organization }, (sql) => sql`DELETE FROM logins WHERE token_hash = ${Buffer.from(login, 'hex')}`)
      cache.delete(login)
    },
    /** When a login ends at the latest, whatever happens. */
    async expiryOf({ login, organization }: Caller): Promise<Date> {
      const [row] = await db.tx(
        { organization },
        (sql) => sql<{ expires_at: Date }[]>`SELECT expires_at FROM logins WHERE token_hash = ${Buffer.from(login, 'hex')}`,
      )
      if (row === undefined) throw new FairleadError('unauthenticated', 'Your login has ended; sign in again.')
      return row.expires_at
    },
  }
}
