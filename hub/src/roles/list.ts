import type { RoleGrant } from '@fairlead/protocol/features/roles.ts'
import type { Database } from '../base/db.ts'
import { and, asc, eq, isNotNull, sql, type Orm } from '../base/drizzle.ts'
import type { Reach } from '../base/rights.ts'
import { accounts, environments, hosts, identityProviders, teams } from '../base/tables.ts'
import { isBuiltIn } from './built-in.ts'
import { reachOf } from './rights.ts'
import { grants, roles } from './tables.ts'

interface Wanted {
  readonly id?: string | undefined
  readonly account?: string | undefined
  readonly team?: string | undefined
}

/** Grants with the names of all that they are about. */
export async function listGrants(db: Database, organization: string, wanted: Wanted): Promise<RoleGrant[]> {
  const is = (column: typeof grants.id | typeof grants.accountId | typeof grants.teamId, id: string | undefined) =>
    id === undefined ? undefined : eq(sql`${column}::text`, id)
  const of = grants.organizationId
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({
        grant: grants,
        account: accounts.name,
        kind: accounts.kind,
        team: teams.name,
        role: roles.name,
        environment: environments.name,
        host: hosts.name,
        provider: identityProviders.name,
      })
      .from(grants)
      .leftJoin(accounts, eq(accounts.id, grants.accountId))
      .leftJoin(teams, and(eq(teams.organizationId, of), eq(teams.id, grants.teamId)))
      .leftJoin(roles, and(eq(roles.organizationId, of), eq(roles.id, grants.roleId)))
      .leftJoin(environments, and(eq(environments.organizationId, of), eq(environments.id, grants.environmentId)))
      .leftJoin(hosts, and(eq(hosts.organizationId, of), eq(hosts.id, grants.hostId)))
      .leftJoin(identityProviders, and(eq(identityProviders.organizationId, of), eq(identityProviders.id, grants.providerId)))
      .where(and(is(grants.id, wanted.id), is(grants.accountId, wanted.account), is(grants.teamId, wanted.team)))
      .orderBy(asc(grants.createdAt), asc(grants.id)),
  )
  return rows.map(({ grant, account, kind, team, role, environment, host, provider }) => {
    const reach = reachOf(grant)
    return {
      id: grant.id,
      holder:
        grant.accountId === null
          ? { kind: 'team', id: grant.teamId!, name: team ?? '' }
          : { kind: 'account', id: grant.accountId, name: account ?? '', ...(kind === 'service' ? { service: true } : {}) },
      role: { id: grant.roleId ?? grant.builtIn!, name: role ?? grant.builtIn! },
      effect: grant.effect,
      reach:
        reach.on === 'organization'
          ? { on: reach.on, target: '', name: '' }
          : { ...reach, name: reach.on === 'tag' ? reach.target : ((reach.on === 'host' ? host : environment) ?? '') },
      createdMs: grant.createdAt.getTime(),
      ...(provider === null ? {} : { provider }),
    }
  })
}

interface RolesHeld {
  readonly roles: string[]
  others: number
}

/** For a list of everybody: what `listGrants` finds costs ten times as much. Without what comes through teams. */
export async function countRoles(orm: Orm): Promise<ReadonlyMap<string, RolesHeld>> {
  const { accountId, builtIn, effect, environmentId, hostId, tag } = grants
  const rows = await orm
    .select({ accountId, builtIn, role: roles.name, effect, environmentId, hostId, tag })
    .from(grants)
    .leftJoin(roles, and(eq(roles.organizationId, grants.organizationId), eq(roles.id, grants.roleId)))
    .where(isNotNull(accountId))
    .orderBy(asc(grants.createdAt), asc(grants.id))
  const held = new Map<string, RolesHeld>()
  for (const row of rows) {
    const one = held.get(row.accountId!) ?? { roles: [], others: 0 }
    held.set(row.accountId!, one)
    if (row.effect === 'allow' && reachOf(row).on === 'organization') one.roles.push(row.role ?? row.builtIn!)
    else one.others++
  }
  return held
}

export interface Names {
  role(id: string): { id: string; name: string }
  reach(reach: Reach): { on: Reach['on']; target: string; name: string }
}

export async function readNames(db: Database, organization: string): Promise<Names> {
  const [own, places] = await db.tx({ organization }, async (_sql, orm) => [
    new Map((await orm.select({ id: roles.id, name: roles.name }).from(roles)).map(({ id, name }) => [id, name])),
    new Map(
      [
        ...(await orm.select({ id: environments.id, name: environments.name }).from(environments)),
        ...(await orm.select({ id: hosts.id, name: hosts.name }).from(hosts)),
      ].map(({ id, name }) => [id, name]),
    ),
  ])
  return {
    role: (id) => ({ id, name: isBuiltIn(id) ? id : (own.get(id) ?? '') }),
    reach: (reach) =>
      reach.on === 'organization'
        ? { on: reach.on, target: '', name: '' }
        : { ...reach, name: reach.on === 'tag' ? reach.target : (places.get(reach.target) ?? '') },
  }
}

export async function readTags(db: Database, organization: string): Promise<Set<string>> {
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm.selectDistinct({ tag: grants.tag }).from(grants).where(isNotNull(grants.tag)),
  )
  return new Set(rows.map(({ tag }) => tag!))
}
