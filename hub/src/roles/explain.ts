import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Explained } from '@fairlead/protocol/features/roles.ts'
import type { Database } from '../base/db.ts'
import { and, eq, sql } from '../base/drizzle.ts'
import type { Grant, Place, Rights } from '../base/rights.ts'
import type { Places } from '../base/serve.ts'
import { accounts, environments, memberships, organizations } from '../base/tables.ts'
import { listGrants } from './list.ts'

interface Deps {
  readonly db: Database
  readonly all: readonly string[]
  readonly places: Places
  readonly rightsOf: (who: { readonly organization: string; readonly account: string }) => Promise<Rights>
}

interface Wanted {
  readonly account: string
  readonly environment?: string | undefined
  readonly host?: string | undefined
}

/** What an account may do at a place and why: judged by the very function that judges every request. */
export async function explain(deps: Deps, organization: string, wanted: Wanted): Promise<Explained> {
  const { db, all, rightsOf } = deps
  const account = await findMember(db, organization, wanted.account)
  const { place, called } = await findPlace(deps, organization, wanted)
  const rights = await rightsOf({ organization, account: account.id })
  const names = new Map((await listGrants(db, organization, {})).map(({ id, reach }) => [id, reach.name]))
  const because = ({ id, role, team, effect, reach: { on } }: Grant) => ({
    grant: id,
    role,
    team,
    effect,
    reach: { on, name: names.get(id) ?? '' },
  })
  return {
    account,
    place: called,
    permissions: [...all].sort().map((name) => {
      const decision = rights.decide(name, place)
      return { name, allowed: decision.allowed, because: decision.because === undefined ? null : because(decision.because) }
    }),
  }
}

async function findMember(db: Database, organization: string, id: string): Promise<Explained['account']> {
  const [found] = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ id: accounts.id, name: accounts.name, kind: accounts.kind })
      .from(memberships)
      .innerJoin(accounts, eq(accounts.id, memberships.accountId))
      .where(eq(sql`${accounts.id}::text`, id)),
  )
  if (found === undefined) throw new FairleadError('not_found', 'There is no such account.')
  return found
}

async function findPlace(
  { db, places }: Deps,
  organization: string,
  wanted: Wanted,
): Promise<{ place: Place; called: Explained['place'] }> {
  if (wanted.host !== undefined) {
    const { id, name, environment, tags } = await places.host(organization, wanted.host)
    return { place: { host: id, environment, tags }, called: { on: 'host', name } }
  }
  const named = wanted.environment === undefined ? undefined : (await places.environment(organization, wanted.environment)).id
  const [row] = await db.tx({ organization }, (_sql, orm) =>
    named === undefined
      ? orm.select({ name: organizations.name }).from(organizations)
      : orm
          .select({ name: environments.name })
          .from(environments)
          .where(and(eq(environments.id, named))),
  )
  return named === undefined
    ? { place: {}, called: { on: 'organization', name: row!.name } }
    : { place: { environment: named }, called: { on: 'environment', name: row!.name } }
}
