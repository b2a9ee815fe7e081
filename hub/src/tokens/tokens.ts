import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Token, tokensApi } from '@fairlead/protocol/features/tokens.ts'
import type { Caller, HubContext } from '../base/access.ts'
import type { Database, Within } from '../base/db.ts'
import { and, desc, eq, sql, type SQL } from '../base/drizzle.ts'
import type { Rights } from '../base/rights.ts'
import type { Factors } from '../factors/factors.ts'
import { digestOf, secretOf, type Secret } from '../base/secret.ts'
import { findService } from '../accounts/accounts.ts'
import { accounts } from '../base/tables.ts'
import { beginOf, drawToken } from '../base/token-form.ts'
import { readNetworks } from './addresses.ts'
import { openHeldTokens } from './held.ts'
import { tokens } from './tables.ts'

interface TokensDeps {
  readonly db: Database
  /** Every permission that there is. */
  readonly permissions: readonly string[]
  /** Tells an account of what was made in its name. */
  readonly notices: Pick<Factors['notices'], 'note'>
  readonly rightsOf: (who: { readonly organization: string; readonly account: string }, within?: Within) => Promise<Rights>
}

export interface Tokens {
  readonly handlers: Handlers<typeof tokensApi, HubContext>
  findCaller(token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>): Promise<Caller | undefined>
  forget(organization: string): void
  /** All of an organization: what is open by them ends. */
  endAll(organization: string): Promise<void>
  /** Told when a token is taken away: what is open by it ends. */
  onEnd(listener: (login: string) => void): void
}

const mostOfAccount = 50

type NewToken = Parameters<Tokens['handlers']['create']>[0]

/** Whose it will be. */
interface For {
  readonly organization: string
  readonly account: string
  readonly note: HubContext['note']
}

/** What scripts come in by. */
export function openTokens({ db, permissions, notices, rightsOf }: TokensDeps): Tokens {
  const held = openHeldTokens(db, rightsOf)
  const listeners: ((login: string) => void)[] = []

  async function remove({ organization }: Caller, id: string, of: SQL | undefined): Promise<string> {
    const own = and(eq(tokens.id, id), of)
    const gone = await db.tx({ organization }, (_sql, orm) => orm.delete(tokens).where(own).returning({ name: tokens.name }))
    if (gone.length === 0) throw new FairleadError('not_found', 'There is no such token; it may have been removed already.')
    held.forget(organization)
    for (const listener of listeners) listener(`token ${id}`)
    return gone[0]!.name
  }

  async function create(
    { organization, account, note }: For,
    { name, scopes, days, addresses }: NewToken,
  ): Promise<Token & { token: string }> {
    const unknown = scopes.find((scope) => !permissions.includes(scope))
    if (unknown !== undefined)
      throw new FairleadError('invalid_input', `There is no permission ${unknown}.`, { details: { field: 'scopes' } })
    readNetworks(addresses)
    note(name)
    const { id, token } = drawToken()
    const tokenHash = digestOf(secretOf(token))
    await db.tx({ organization }, async (_sql, orm) => {
      if ((await orm.$count(tokens, eq(tokens.accountId, account))) >= mostOfAccount)
        throw new FairleadError('too_many', `An account has ${mostOfAccount} tokens at most; remove one first.`)
      const expiresAt = sql<Date>`now() + make_interval(days => ${days})`
      const own = { organizationId: organization, id, accountId: account, name, tokenHash, addresses }
      await orm.insert(tokens).values({ ...own, scopes: [...new Set(scopes)].sort(), expiresAt })
    })
    const [made] = await list(db, organization, eq(tokens.id, id))
    return { ...made!, token }
  }

  const handlers: Tokens['handlers'] = {
    list: (_input, { caller }) => list(db, caller.organization, eq(tokens.accountId, caller.account)),
    async create(input, { caller, note }) {
      const made = await create({ ...caller, note }, input)
      await notices.note(caller.account, 'token_made', caller)
      return made
    },
    async createFor({ account, ...input }, { caller, note }) {
      const service = await findService({ db }, caller.organization, account)
      const more = input.scopes.find((scope) => permissions.includes(scope) && !caller.rights.everywhere(scope))
      // Whoever makes it holds it: it must not let them do what they may not, neither now nor when the service is given more.
      if (more !== undefined)
        throw new FairleadError('forbidden', `You have not the permission ${more} everywhere, so no token of yours gives it.`)
      return create({ organization: caller.organization, account: service.id, note: (name) => note(`${service.name}: ${name}`) }, input)
    },
    async remove({ id }, { caller, note }) {
      note(await remove(caller, id, eq(tokens.accountId, caller.account)))
      return { id }
    },
    listAll: (_input, { caller }) => list(db, caller.organization, undefined),
    async revoke({ id }, { caller, note }) {
      note(await remove(caller, id, undefined))
      return { id }
    },
  }
  async function endAll(organization: string): Promise<void> {
    const own = eq(tokens.organizationId, organization)
    const gone = await db.tx({ organization }, (_sql, orm) => orm.delete(tokens).where(own).returning({ id: tokens.id }))
    held.forget(organization)
    for (const { id } of gone) for (const listener of listeners) listener(`token ${id}`)
  }

  return { handlers, endAll, findCaller: held.find, forget: held.forget, onEnd: (listener) => void listeners.push(listener) }
}

/** Those that expired stay listed for a week: whoever wonders why a script stopped finds out. */
async function list(db: Database, organization: string, of: SQL | undefined): Promise<Token[]> {
  const recent = sql`${tokens.expiresAt} > now() - interval '7 days'`
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ token: tokens, account: accounts.name, kind: accounts.kind })
      .from(tokens)
      .innerJoin(accounts, eq(accounts.id, tokens.accountId))
      .where(and(of, recent))
      .orderBy(desc(tokens.createdAt)),
  )
  return rows.map(({ token, account, kind }) => ({
    id: token.id,
    name: token.name,
    begins: beginOf(token.id),
    account: { id: token.accountId, name: account, kind },
    scopes: token.scopes,
    addresses: token.addresses,
    createdMs: token.createdAt.getTime(),
    expiresMs: token.expiresAt.getTime(),
    lastUsedMs: token.usedAt?.getTime() ?? 0,
    lastUsedIp: token.usedIp,
  }))
}
