import type { Database } from '../base/db.ts'
import { and, eq, inArray, or } from '../base/drizzle.ts'
import { makeRights, noRights, type Grant, type Reach, type Rights } from '../base/rights.ts'
import { accounts, memberships, teamMembers, teams } from '../base/tables.ts'
import { permissionsOf } from './built-in.ts'
import { grants, roles } from './tables.ts'

/** What an account may do in an organization now; nothing when it is no member. `all`: every permission that there is. */
export function loadRights(
  db: Database,
  { organization, account }: { readonly organization: string; readonly account: string },
  all: readonly string[],
): Promise<Rights> {
  return db.tx({ organization }, async (_sql, orm) => {
    const [member] = await orm
      .select({ runsHub: accounts.runsHub })
      .from(memberships)
      .innerJoin(accounts, eq(accounts.id, memberships.accountId))
      .where(and(eq(memberships.accountId, account), eq(memberships.active, true)))
    if (member === undefined) return noRights
    const own = orm.select({ id: teamMembers.teamId }).from(teamMembers).where(eq(teamMembers.accountId, account))
    const rows = await orm
      .select({ grant: grants, role: roles, team: teams.name })
      .from(grants)
      .leftJoin(roles, and(eq(roles.organizationId, grants.organizationId), eq(roles.id, grants.roleId)))
      .leftJoin(teams, and(eq(teams.organizationId, grants.organizationId), eq(teams.id, grants.teamId)))
      .where(or(eq(grants.accountId, account), inArray(grants.teamId, own)))
    const found = rows.map(({ grant, role, team }): Grant => {
      const permissions = role === null ? permissionsOf(grant.builtIn!, all) : new Set(role.permissions)
      return {
        id: grant.id,
        role: role?.name ?? grant.builtIn!,
        team: team ?? '',
        effect: grant.effect,
        permissions,
        reach: reachOf(grant),
      }
    })
    if (member.runsHub) found.push(runner(all))
    // Somebody must be able to mend everything: nothing is denied to an owner.
    return makeRights(found.some(isOwnership) ? found.filter(({ effect }) => effect === 'allow') : found)
  })
}

/** What comes with running the hub, in whatever organization; no grant gives it and none takes it. */
function runner(all: readonly string[]): Grant {
  const permissions = new Set(all.filter((permission) => permission.startsWith('hub:')))
  return { id: '', role: 'hub', team: '', effect: 'allow', permissions, reach: { on: 'organization' } }
}

/** No role of an organization's own may be called so. */
export function isOwnership({ role, effect }: Pick<Grant, 'role' | 'effect'>): boolean {
  return role === 'owner' && effect === 'allow'
}

export function reachOf({ environmentId, hostId, tag }: Pick<typeof grants.$inferSelect, 'environmentId' | 'hostId' | 'tag'>): Reach {
  if (environmentId !== null) return { on: 'environment', target: environmentId }
  if (hostId !== null) return { on: 'host', target: hostId }
  return tag !== null ? { on: 'tag', target: tag } : { on: 'organization' }
}
