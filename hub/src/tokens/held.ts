import type { Caller } from '../base/access.ts'
import { showOwn, type Database, type Within } from '../base/db.ts'
import { and, eq, gt, sql, type Orm } from '../base/drizzle.ts'
import { limitRights, type Rights } from '../base/rights.ts'
import { digestOf, type Secret } from '../base/secret.ts'
import { accounts, memberships } from '../base/tables.ts'
import { mayComeFrom } from './addresses.ts'
import { tokens } from './tables.ts'

type About = Pick<Caller, 'ip' | 'userAgent' | 'trace'>
type RightsOf = (who: { readonly organization: string; readonly account: string }, within: Within) => Promise<Rights>

interface Held {
  readonly caller: Omit<Caller, keyof About>
  readonly addresses: readonly string[]
  readonly untilMs: number
}

const now = sql<Date>`now()`
const cachedMs = 10_000
const mostCached = 10_000

/** What tokens stand for, looked up by digest, at most every 10 s each. */
export function openHeldTokens(db: Database, rightsOf: RightsOf) {
  const cache = new Map<string, Held>()
  let changes = 0

  async function read(digest: Buffer, ip: string): Promise<Held | undefined> {
    return db.tx({ secret: digest }, async (sql, orm) => {
      const row = await readAlive(orm, digest)
      if (row === undefined) return undefined
      const { id, organizationId: organization, accountId: account, name, scopes, addresses, expiresAt } = row.token
      const who = { organization, account }
      await showOwn(sql, who)
      const active = and(eq(memberships.accountId, account), eq(memberships.organizationId, organization), eq(memberships.active, true))
      if ((await orm.$count(memberships, active)) === 0) return undefined
      if ((row.idle || row.token.usedIp !== ip) && mayComeFrom(addresses, ip))
        await orm.update(tokens).set({ usedAt: now, usedIp: ip }).where(eq(tokens.id, id))
      const rights = limitRights(await rightsOf(who, { sql, orm }), new Set(scopes))
      const token = { id, expiresMs: expiresAt.getTime() }
      const caller = {
        ...who,
        name: `${row.name} (${name})`,
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

/** A token that is alive, by its digest. `idle`: its last use is a minute ago, which is written to the minute. */
async function readAlive(orm: Orm, digest: Buffer) {
  const idle = sql<boolean>`coalesce(${tokens.usedAt} < now() - interval '1 minute', true)`
  const [row] = await orm
    .select({ token: tokens, name: accounts.name, kind: accounts.kind, idle })
    .from(tokens)
    .innerJoin(accounts, eq(accounts.id, tokens.accountId))
    .where(and(eq(tokens.tokenHash, digest), gt(tokens.expiresAt, now)))
  return row
}
