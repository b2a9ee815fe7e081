import type { Database, Db, Within } from '../base/db.ts'
import { makeRights, noRights, type Grant, type Reach, type Rights } from '../base/rights.ts'
import { permissionsOf } from './built-in.ts'
import type { grants } from './tables.ts'

interface Who {
  readonly organization: string
  readonly account: string
}

/** What an account may do in an organization now; nothing when it is no member. `all`: every permission that there is. `within`: a transaction that sees the organization. */
export function loadRights(db: Database, who: Who, all: readonly string[], within?: Within): Promise<Rights> {
  return within === undefined
    ? db.tx({ organization: who.organization }, (sql) => readRights(sql, who, all))
    : readRights(within.sql, who, all)
}

/** Asked for each login anew every few seconds: written out, it stays prepared. */
async function readRights(sql: Db, { organization, account }: Who, all: readonly string[]): Promise<Rights> {
  // A transaction that sees the account sees where else it belongs to.
  const rows = await sql<(Row | Nothing)[]>`SELECT accounts.runs_hub AS "runsHub", grants.id, grants.built_in AS "builtIn", grants.effect,
      grants.environment_id AS "environmentId", grants.host_id AS "hostId", grants.tag, roles.name AS role, roles.permissions, teams.name AS team
    FROM memberships JOIN accounts ON accounts.id = memberships.account_id
    LEFT JOIN grants ON grants.organization_id = memberships.organization_id AND (grants.account_id = memberships.account_id
      OR grants.team_id IN (SELECT team_id FROM team_members WHERE account_id = ${account} AND organization_id = ${organization}))
      -- What came of the rules of a provider counts while it is open, and for as long as what it said last does.
      AND (grants.provider_id IS NULL OR EXISTS (SELECT 1 FROM identity_providers AS provider
        JOIN identities ON identities.organization_id = provider.organization_id AND identities.provider_id = provider.id
        WHERE provider.organization_id = grants.organization_id AND provider.id = grants.provider_id AND provider.enabled
        AND identities.account_id = ${account} AND identities.used_at > now() - provider.heard_hours * interval '1 hour'))
    LEFT JOIN roles ON roles.organization_id = grants.organization_id AND roles.id = grants.role_id
    LEFT JOIN teams ON teams.organization_id = grants.organization_id AND teams.id = grants.team_id
    WHERE memberships.organization_id = ${organization} AND memberships.account_id = ${account} AND memberships.active`
  if (rows.length === 0) return noRights
  const found = rows.filter(isGrant).map((row): Grant => {
    const { id, role, permissions, builtIn, effect } = row
    const of = permissions === null ? permissionsOf(builtIn!, all) : new Set(permissions)
    return { id, role: role ?? builtIn!, team: row.team ?? '', effect, permissions: of, reach: reachOf(row) }
  })
  if (rows[0]!.runsHub) found.push(runner(all))
  // Somebody must be able to mend everything: nothing is denied to an owner.
  return makeRights(found.some(isOwnership) ? found.filter(({ effect }) => effect === 'allow') : found)
}

type GrantRow = typeof grants.$inferSelect

interface Row extends Pick<GrantRow, 'id' | 'builtIn' | 'effect' | 'environmentId' | 'hostId' | 'tag'> {
  readonly runsHub: boolean
  readonly role: string | null
  readonly permissions: readonly string[] | null
  readonly team: string | null
}

/** Of a member without a grant. */
type Nothing = { readonly [K in Exclude<keyof Row, 'runsHub'>]: null } & Pick<Row, 'runsHub'>

function isGrant(row: Row | Nothing): row is Row {
  return row.id !== null
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
