import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Caller } from '../base/access.ts'
import { alone } from '../base/alone.ts'
import { and, eq, inArray, or, type Orm, type SQLWrapper } from '../base/drizzle.ts'
import type { Reach } from '../base/rights.ts'
import { teamMembers } from '../base/tables.ts'
import { checkGiven, insertGrant, refuseGiving, type Given } from './grant.ts'
import { reachOf } from './rights.ts'
import { grants } from './tables.ts'

export type Accounts = SQLWrapper

export interface Followed {
  readonly organization: string
  readonly account: string
  readonly provider: string
  /** What its rules give the account now. */
  readonly given: readonly Given[]
}

/** Gives and takes what a provider's rules gave an account, and nothing that was given by hand. Whether anything changed. */
export async function followRules(
  orm: Orm,
  all: readonly string[],
  { organization, account, provider, given }: Followed,
): Promise<boolean> {
  await alone(orm)
  const own = and(eq(grants.accountId, account), eq(grants.providerId, provider))
  const before = new Map(
    (await orm.select().from(grants).where(own)).map((grant) => [keyOf(grant.roleId ?? grant.builtIn!, reachOf(grant)), grant.id]),
  )
  const wanted = new Map(given.map((one) => [keyOf(one.role, one.reach), one]))
  let changed = false
  for (const [key, id] of before) {
    if (wanted.has(key)) continue
    await orm.delete(grants).where(eq(grants.id, id))
    changed = true
  }
  for (const [key, one] of wanted) {
    if (before.has(key) || !(await isThere(orm, all, one))) continue
    await insertGrant(orm, { ...one, organization, account, provider, effect: 'allow' })
    changed = true
  }
  return changed
}

/** Takes back what a rule of a provider gave, from everybody who has it. */
export async function withdraw(orm: Orm, provider: string, { role, reach }: Given): Promise<void> {
  await alone(orm)
  const given = await orm.select().from(grants).where(eq(grants.providerId, provider))
  const ids = given.filter((grant) => keyOf(grant.roleId ?? grant.builtIn!, reachOf(grant)) === keyOf(role, reach)).map(({ id }) => id)
  if (ids.length > 0) await orm.delete(grants).where(inArray(grants.id, ids))
}

/** A rule outlives what it gives: a role that was deleted since, an environment that is gone. */
async function isThere(orm: Orm, all: readonly string[], given: Given): Promise<boolean> {
  try {
    await checkGiven(orm, all, given)
    return true
  } catch (error) {
    if (codeOf(error) === 'not_found') return false
    throw error
  }
}

/** What is given to any of these accounts, themselves or by a team: each once. `of`: a question for accounts. */
export async function givenTo(orm: Orm, of: Accounts): Promise<Given[]> {
  const inTeams = orm.select({ id: teamMembers.teamId }).from(teamMembers).where(inArray(teamMembers.accountId, of))
  const whose = or(inArray(grants.accountId, of), inArray(grants.teamId, inTeams))
  const rows = await orm
    .select()
    .from(grants)
    .where(and(whose, eq(grants.effect, 'allow')))
  const all = rows.map((grant) => ({ role: grant.roleId ?? grant.builtIn!, reach: reachOf(grant) }))
  return [...new Map(all.map((one) => [keyOf(one.role, one.reach), one])).values()]
}

/** Throws `forbidden` when joining a team gives more than the caller has. */
export async function refuseJoining(orm: Orm, caller: Pick<Caller, 'rights'>, all: readonly string[], team: string): Promise<void> {
  await alone(orm)
  const rows = await orm
    .select()
    .from(grants)
    .where(and(eq(grants.teamId, team), eq(grants.effect, 'allow')))
  for (const grant of rows) await refuseGiving(orm, caller, all, { role: grant.roleId ?? grant.builtIn!, reach: reachOf(grant) })
}

/** Whether anything at all is given to an account. */
export async function hasAny(orm: Orm, account: string): Promise<boolean> {
  const inTeams = orm.select({ id: teamMembers.teamId }).from(teamMembers).where(eq(teamMembers.accountId, account))
  const whose = or(eq(grants.accountId, account), inArray(grants.teamId, inTeams))
  return (await orm.$count(grants, and(whose, eq(grants.effect, 'allow')))) > 0
}

function keyOf(role: string, reach: Reach): string {
  return JSON.stringify([role, reach.on, reach.on === 'organization' ? '' : reach.target])
}
