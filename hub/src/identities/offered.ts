import { asc, eq, sql } from '../base/drizzle.ts'
import { accounts, identityProviders as providers, memberships } from '../base/tables.ts'
import type { Database } from '../base/db.ts'

export interface Offered {
  readonly organization: string
  readonly providers: { id: string; name: string; kind: string }[]
}

/** What a stranger is told: names alone, of one organization. One that is not there offers nothing, like one that has no providers. */
export async function offered(db: Database, wanted: string | undefined): Promise<Offered> {
  const organization = wanted === undefined ? await firstOrganization(db) : wanted
  if (organization === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(organization))
    return { organization: '', providers: [] }
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ id: providers.id, name: providers.name, kind: providers.kind })
      .from(providers)
      .where(eq(providers.enabled, true))
      .orderBy(sql`lower(${providers.name})`),
  )
  return { organization, providers: rows }
}

/** The one that whoever runs the hub belonged to first: the hub's own. */
async function firstOrganization(db: Database): Promise<string | undefined> {
  const [runner] = await db.tx({}, (_sql, orm) =>
    orm.select({ id: accounts.id }).from(accounts).where(eq(accounts.runsHub, true)).orderBy(asc(accounts.createdAt)).limit(1),
  )
  if (runner === undefined) return undefined
  const [first] = await db.tx({ account: runner.id }, (_sql, orm) =>
    orm
      .select({ organization: memberships.organizationId })
      .from(memberships)
      .where(eq(memberships.accountId, runner.id))
      .orderBy(asc(memberships.createdAt))
      .limit(1),
  )
  return first?.organization
}
