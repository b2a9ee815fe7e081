import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { rolesApi } from '@fairlead/protocol/features/roles.ts'
import type { Caller } from '../base/access.ts'
import { alone } from '../base/alone.ts'
import type { Database } from '../base/db.ts'
import { and, eq, isNotNull, isNull, sql, type Orm } from '../base/drizzle.ts'
import type { Place, Reach } from '../base/rights.ts'
import { accounts, environments, hosts, memberships, teams } from '../base/tables.ts'
import { isBuiltIn, permissionsOf } from './built-in.ts'
import { isOwnership, reachOf } from './rights.ts'
import { grants, roles } from './tables.ts'

type Wanted = Parameters<Handlers<typeof rolesApi>['grant']>[0]

/** As many as an organization may have of each. */
export const mostOf = { roles: 200, grants: 5000 } as const

/** What is to be given: a role by its id or built-in name, somewhere. */
export interface Given {
  readonly role: string
  readonly reach: Reach
}

/** Gives a role. Nobody gives what they do not have themselves there. The id of the grant. */
export async function giveRole(db: Database, caller: Caller, all: readonly string[], wanted: Wanted): Promise<string> {
  const { organization } = caller
  const { holder, role, effect, reach } = wanted
  return db.tx({ organization }, async (_sql, orm) => {
    await alone(orm)
    await checkHolder(orm, holder)
    if (role === 'owner' && (holder.kind !== 'account' || effect !== 'allow'))
      throw new FairleadError('invalid_input', 'An owner is an account, and no denial.', { details: { field: 'role' } })
    if (role === 'owner') await refuseService(orm, holder.id)
    // A denial takes from somebody: no more than one has either.
    await refuseGiving(orm, caller, all, wanted)
    return insertGrant(orm, {
      organization,
      role,
      reach,
      effect,
      ...(holder.kind === 'account' ? { account: holder.id } : { team: holder.id }),
    })
  })
}

/** Throws `forbidden` when the role has more there than the caller, `not_found` when there is no such role or place. */
export async function refuseGiving(orm: Orm, caller: Pick<Caller, 'rights'>, all: readonly string[], given: Given): Promise<void> {
  const permissions = await checkGiven(orm, all, given)
  if (given.role !== 'owner') return refuseMore(orm, caller, permissions, given.reach)
  if (given.reach.on !== 'organization')
    throw new FairleadError('invalid_input', 'An owner owns the whole organization.', { details: { field: 'reach' } })
  if (!caller.rights.grants.some(isOwnership)) throw new FairleadError('forbidden', 'Only an owner makes owners.')
}

/** Throws `not_found` when there is no such role or place. */
export async function checkGiven(orm: Orm, all: readonly string[], { role, reach }: Given): Promise<ReadonlySet<string>> {
  const permissions = await permissionsOfRole(orm, role, all)
  await checkReach(orm, reach)
  return permissions
}

interface NewGrant extends Given {
  readonly organization: string
  readonly effect: 'allow' | 'deny'
  readonly account?: string
  readonly team?: string
  /** Whose rules give it. */
  readonly provider?: string
}

export async function insertGrant(
  orm: Orm,
  { organization: organizationId, role, reach, effect, account, team, provider }: NewGrant,
): Promise<string> {
  const [{ count } = { count: 0 }] = await orm.select({ count: sql<number>`count(*)::int` }).from(grants)
  if (count >= mostOf.grants)
    throw new FairleadError('too_many', `An organization has ${mostOf.grants} grants at most; take some back first.`)
  const id = randomUUID()
  await orm.insert(grants).values({
    organizationId,
    id,
    effect,
    ...(account === undefined ? { teamId: team } : { accountId: account }),
    ...(isBuiltIn(role) ? { builtIn: role } : { roleId: role }),
    ...(reach.on === 'environment' ? { environmentId: reach.target } : {}),
    ...(reach.on === 'host' ? { hostId: reach.target } : {}),
    ...(reach.on === 'tag' ? { tag: reach.target } : {}),
    ...(provider === undefined ? {} : { providerId: provider }),
  })
  return id
}

/** Takes a grant back; what one could not give, one cannot take. */
export async function takeBack(db: Database, caller: Caller, all: readonly string[], id: string): Promise<void> {
  await db.tx({ organization: caller.organization }, async (_sql, orm) => {
    await alone(orm)
    const [found] = await orm
      .select()
      .from(grants)
      .where(eq(sql`${grants.id}::text`, id))
    if (found === undefined) throw new FairleadError('not_found', 'There is no such grant; somebody may have taken it back already.')
    if (found.providerId !== null)
      throw new FairleadError('conflict', 'This came of the rules of a sign-in provider, and would come again; change the rules there.')
    await refuseTaking(orm, caller, all, found)
    await orm.delete(grants).where(eq(grants.id, found.id))
  })
}

/** Throws `forbidden` when the grant gives more than the caller has, `conflict` for the last owner’s. */
export async function refuseTaking(orm: Orm, caller: Caller, all: readonly string[], grant: typeof grants.$inferSelect): Promise<void> {
  const { builtIn, roleId, effect, accountId } = grant
  if (isOwnership({ role: builtIn ?? '', effect })) return checkOthers(orm, caller, accountId)
  await refuseMore(orm, caller, await permissionsOfRole(orm, builtIn ?? roleId!, all), reachOf(grant))
}

/** Throws `forbidden` when a role would give, or take, what the caller does not have at all of that reach. */
export async function refuseMore(orm: Orm, { rights }: Pick<Caller, 'rights'>, permissions: Iterable<string>, reach: Reach): Promise<void> {
  const within = reach.on === 'host' ? await placeOfHost(orm, reach.target) : undefined
  const missing = [...permissions].filter((permission) => !rights.throughout(permission, reach, within))
  if (missing.length === 0) return
  const some = missing.slice(0, 3).join(', ')
  throw new FairleadError(
    'forbidden',
    `You have not all that this role gives there (${some}${missing.length > 3 ? ', …' : ''}), so it is not yours to give or to take.`,
  )
}

/** Somebody must be able to sign in and mend everything. */
async function refuseService(orm: Orm, id: string): Promise<void> {
  const [found] = await orm.select({ kind: accounts.kind }).from(accounts).where(eq(accounts.id, id))
  if (found?.kind === 'service')
    throw new FairleadError('invalid_input', 'An owner is a person; a service account takes another role.', { details: { field: 'role' } })
}

async function checkOthers(orm: Orm, { rights }: Caller, account: string | null): Promise<void> {
  if (!rights.grants.some(isOwnership)) throw new FairleadError('forbidden', 'Only an owner takes back what an owner has.')
  await refuseLast(orm, account)
}

/** Throws `conflict` when nobody else is an owner who may come in. */
async function refuseLast(orm: Orm, account: string | null): Promise<void> {
  const owners = await orm
    .select({ account: grants.accountId })
    .from(grants)
    .innerJoin(memberships, and(eq(memberships.organizationId, grants.organizationId), eq(memberships.accountId, grants.accountId)))
    .innerJoin(accounts, eq(accounts.id, grants.accountId))
    // Those that a provider made, or that stand on one, may be gone with it tomorrow.
    .where(
      and(
        isNotNull(accounts.email),
        eq(grants.builtIn, 'owner'),
        eq(grants.effect, 'allow'),
        isNull(grants.providerId),
        eq(memberships.active, true),
      ),
    )
  if (owners.every((owner) => owner.account === account))
    throw new FairleadError('conflict', 'This is the last owner: make somebody else one first, or nobody could mend anything.')
}

/** Somebody goes whom nobody here asked about: throws `conflict` for the last owner. */
export async function refuseLeaving(orm: Orm, account: string): Promise<void> {
  await alone(orm)
  const owns = and(eq(grants.accountId, account), eq(grants.builtIn, 'owner'), eq(grants.effect, 'allow'))
  if ((await orm.$count(grants, owns)) > 0) await refuseLast(orm, account)
}

async function permissionsOfRole(orm: Orm, id: string, all: readonly string[]): Promise<ReadonlySet<string>> {
  if (isBuiltIn(id)) return permissionsOf(id, all)
  const [found] = await orm
    .select()
    .from(roles)
    .where(eq(sql`${roles.id}::text`, id))
  if (found === undefined) throw new FairleadError('not_found', 'There is no such role.', { details: { field: 'role' } })
  return new Set(found.permissions)
}

async function checkHolder(orm: Orm, { kind, id }: Wanted['holder']): Promise<void> {
  const found =
    kind === 'account'
      ? await orm
          .select({ id: memberships.accountId })
          .from(memberships)
          .where(eq(sql`${memberships.accountId}::text`, id))
      : await orm
          .select({ id: teams.id })
          .from(teams)
          .where(eq(sql`${teams.id}::text`, id))
  if (found.length === 0) throw new FairleadError('not_found', `There is no such ${kind}.`, { details: { field: 'holder' } })
}

async function checkReach(orm: Orm, reach: Wanted['reach']): Promise<void> {
  if (reach.on !== 'environment' && reach.on !== 'host') return
  const table = reach.on === 'environment' ? environments : hosts
  const found = await orm
    .select({ id: table.id })
    .from(table)
    .where(eq(sql`${table.id}::text`, reach.target))
  if (found.length === 0) throw new FairleadError('not_found', `There is no such ${reach.on}.`, { details: { field: 'reach' } })
}

async function placeOfHost(orm: Orm, host: string): Promise<Place | undefined> {
  const [found] = await orm.select().from(hosts).where(eq(hosts.id, host))
  return found && { host, environment: found.environmentId, tags: found.tags }
}
