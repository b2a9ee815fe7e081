import type { Caller } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, gt, sql } from '../base/drizzle.ts'
import { limitRights, type Rights } from '../base/rights.ts'
import { digestOf, type Secret } from '../base/secret.ts'
import { accounts, memberships } from '../base/tables.ts'
import { mayComeFrom } from './addresses.ts'
import { tokens } from './tables.ts'

type About = Pick<Caller, 'ip' | 'userAgent' | 'trace'>
type RightsOf = (who: { readonly organization: string; readonly account: string }) => Promise<Rights>

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
    const alive = and(eq(tokens.tokenHash, digest), gt(tokens.expiresAt, sql<Date>`now()`))
    const [row] = await db.tx({ secret: digest }, (_sql, orm) =>
      orm
        .select({ token: tokens, name: accounts.name, kind: accounts.kind })
        .from(tokens)
        .innerJoin(accounts, eq(accounts.id, tokens.accountId))
        .where(alive),
    )
    if (row === undefined) return undefined
    const { id, organizationId: organization, accountId: account, name, scopes, addresses, expiresAt } = row.token
    const active = await db.tx({ organization }, async (_sql, orm) => {
      const own = and(eq(memberships.accountId, account), eq(memberships.active, true))
      const [member] = await orm.select({ id: memberships.accountId }).from(memberships).where(own)
      if (member !== undefined && mayComeFrom(addresses, ip))
        await orm
          .update(tokens)
          .set({ usedAt: sql`now()`, usedIp: ip })
          .where(eq(tokens.id, id))
      return member !== undefined
    })
    if (!active) return undefined
    const rights = limitRights(await rightsOf({ organization, account }), new Set(scopes))
    const caller = {
      account,
      name: `${row.name} (${name})`,
      organization,
      rights,
      login: `token ${id}`,
      token: { id, expiresMs: expiresAt.getTime() },
      ...(row.kind === 'service' ? { service: true as const } : {}),
    }
    return { caller, addresses, untilMs: Math.min(performance.now() + cachedMs, performance.now() + expiresAt.getTime() - Date.now()) }
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
