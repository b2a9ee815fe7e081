import type { Caller } from '../base/access.ts'
import { showOwn, type Database, type Db, type Within } from '../base/db.ts'
import { limitRights, noRights, type Rights } from '../base/rights.ts'
import { digestOf, type Secret } from '../base/secret.ts'
import { mayComeFrom } from './addresses.ts'

interface Who {
  readonly organization: string
  readonly account: string
}
type About = Pick<Caller, 'ip' | 'userAgent' | 'trace'>
type RightsOf = (who: Who, within: Within) => Promise<Rights>

interface Held {
  readonly caller: Omit<Caller, keyof About>
  readonly addresses: readonly string[]
  readonly untilMs: number
}

const cachedMs = 10_000
const mostCached = 10_000

/** What tokens stand for, looked up by digest, at most every 10 s each. */
export function openHeldTokens(db: Database, rightsOf: RightsOf) {
  const cache = new Map<string, Held>()
  let changes = 0

  async function read(digest: Buffer, ip: string): Promise<Held | undefined> {
    return db.tx({ secret: digest }, async (sql, orm) => {
      const row = await readAlive(sql, digest)
      if (row === undefined) return undefined
      const { id, organization, account, addresses } = row
      const who = { organization, account }
      await showOwn(sql, who)
      if (row.standing && !(await isHeardOf(sql, who))) return undefined
      const held = await rightsOf(who, { sql, orm })
      // Of whoever is no member, or no longer an active one.
      if (held === noRights) return undefined
      if ((row.idle || row.usedIp !== ip) && mayComeFrom(addresses, ip))
        await sql`UPDATE tokens SET used_at = now(), used_ip = ${ip} WHERE id = ${id}`
      const rights = limitRights(held, new Set(row.scopes))
      const token = { id, expiresMs: row.expires.getTime() }
      const caller = {
        ...who,
        name: `${row.holder} (${row.name})`,
        rights,
        login: `token ${id}`,
        token,
        ...(row.kind === 'service' ? { service: true as const } : {}),
      }
      return { caller, addresses, untilMs: performance.now() + Math.min(cachedMs, token.expiresMs - Date.now()) }
    })
  }

  return {
    /** Who a token stands for; undefined for what is unknown, expired, or comes from where it may not. */
    async find(token: Secret, about: About): Promise<Caller | undefined> {
      const digest = digestOf(token)
      const key = digest.toString('base64')
      const before = changes
      const known = cache.get(key)
      const held = known !== undefined && known.untilMs > performance.now() ? known : await read(digest, about.ip)
      if (held === undefined || !mayComeFrom(held.addresses, about.ip)) return undefined
      if (cache.size > mostCached) cache.clear()
      // What was read before a change that somebody was told of is not kept beyond this request.
      if (before === changes) cache.set(key, held)
      return { ...held.caller, ...about }
    },
    /** Of an organization: what its accounts may do has changed, or its tokens. */
    forget(organization: string): void {
      changes++
      for (const [key, { caller }] of cache) if (caller.organization === organization) cache.delete(key)
    },
  }
}

/**
 * Whether tokens act for an account without a password now: it stands on its providers, and once none of them was heard of it for as long
 * as what it says counts, nobody knows whether it is still there.
 */
async function isHeardOf(sql: Db, { organization, account }: Who): Promise<boolean> {
  const rows = await sql`SELECT 1 FROM identities JOIN identity_providers AS provider
      ON provider.organization_id = identities.organization_id AND provider.id = identities.provider_id
    WHERE identities.organization_id = ${organization} AND identities.account_id = ${account} AND provider.enabled
    AND identities.used_at > now() - provider.heard_hours * interval '1 hour' LIMIT 1`
  return rows.length > 0
}

interface Row {
  readonly id: string
  readonly organization: string
  readonly account: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly addresses: readonly string[]
  readonly expires: Date
  readonly usedIp: string
  readonly holder: string
  readonly kind: string
  /** It stands on the providers that it came through. */
  readonly standing: boolean
  readonly idle: boolean
}

/** A token that is alive, by its digest. `idle`: its last use is a minute ago, which is written to the minute. Written out: it stays prepared. */
async function readAlive(sql: Db, digest: Buffer): Promise<Row | undefined> {
  const [row] = await sql<Row[]>`SELECT tokens.id, tokens.organization_id AS organization, tokens.account_id AS account, tokens.name,
      tokens.scopes, tokens.addresses, tokens.expires_at AS expires, tokens.used_ip AS "usedIp", accounts.name AS holder, accounts.kind,
      accounts.email IS NULL AND accounts.kind = 'person' AS standing,
      coalesce(tokens.used_at < now() - interval '1 minute', true) AS idle
    FROM tokens JOIN accounts ON accounts.id = tokens.account_id
    WHERE tokens.token_hash = ${digest} AND tokens.expires_at > now()`
  return row
}
