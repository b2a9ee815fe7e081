import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Role, RoleGrant, rolesApi } from '@fairlead/protocol/features/roles.ts'
import type { Caller, HubContext } from '../base/access.ts'
import { alone } from '../base/alone.ts'
import type { Database, Within } from '../base/db.ts'
import { eq, inArray, or, sql, type Orm } from '../base/drizzle.ts'
import { refuseTaken } from '../base/names.ts'
import type { Rights } from '../base/rights.ts'
import type { Places } from '../base/serve.ts'
import { teamMembers } from '../base/tables.ts'
import { builtInRoles, isBuiltIn, permissionsOf } from './built-in.ts'
import { explain } from './explain.ts'
import { giveRole, insertGrant, mostOf, refuseGiving, refuseLeaving, refuseMore, refuseTaking, takeBack, type Given } from './grant.ts'
import { followRules, givenTo, hasAny, refuseJoining, withdraw, type Accounts, type Followed } from './follow.ts'
import { countRoles, listGrants, readNames, readTags, type Names } from './list.ts'
import { loadRights, reachOf } from './rights.ts'
import { grants, roles } from './tables.ts'

interface RolesDeps {
  readonly db: Database
  /** Every permission that there is. */
  readonly permissions: readonly string[]
  readonly places: Places
}

export interface Roles {
  readonly handlers: Handlers<typeof rolesApi, HubContext>
  /** `within`: a transaction that sees the organization already. */
  rightsOf(who: { readonly organization: string; readonly account: string }, within?: Within): Promise<Rights>
  /** Told once what accounts of an organization may do may have changed. */
  onChange(listener: (organization: string) => void): void
  /** Somebody joined or left a team, or the organization. */
  changed(organization: string): void
  /** Throws `forbidden` when a role has more at a place than the caller, `not_found` when there is no such role or place. */
  refuseGiving(orm: Orm, caller: Pick<Caller, 'rights'>, given: Given): Promise<void>
  /** Throws when the caller could not take back each grant of an account or a team. Nobody else changes any until the transaction ends. */
  refuseTaking(orm: Orm, caller: Caller, holder: Holder): Promise<void>
  /** Throws `forbidden` when a team has more than the caller: whoever joins it is given all that. */
  refuseJoining(orm: Orm, caller: Pick<Caller, 'rights'>, team: string): Promise<void>
  /** An account goes, or may come in no more: throws `conflict` for the last owner. */
  refuseLeaving(orm: Orm, account: string): Promise<void>
  give(orm: Orm, given: Given & { readonly organization: string; readonly account: string }): Promise<void>
  /** Brings up to date what a provider's rules gave an account. Whether anything changed: `changed` is for whoever asked. */
  follow(orm: Orm, followed: Followed): Promise<boolean>
  /** What is given to any of these accounts, by itself or by a team: each once. */
  givenTo(orm: Orm, of: Accounts): Promise<Given[]>
  /** Takes back what a rule of a provider gave, from everybody who has it. */
  withdraw(orm: Orm, provider: string, given: Given): Promise<void>
  /** Whether anything at all is given to an account. */
  hasAny(orm: Orm, account: string): Promise<boolean>
  grantsOf(organization: string): Promise<readonly RoleGrant[]>
  /** Of each account: the roles it has for the whole organization, and how many other grants. */
  rolesHeld(orm: Orm): ReturnType<typeof countRoles>
  /** Those that grants refer to. */
  tags(organization: string): Promise<ReadonlySet<string>>
  /** What roles and places are called now; an empty name: it is gone. */
  names(organization: string): Promise<Names>
}

type Own = typeof roles.$inferSelect

/** Of the built-in roles, and of what comes with running the hub. */
const reserved = [...builtInRoles.map(({ name }) => name), 'hub'].map((name) => ({ id: name, name }))
type Holder = { readonly account: string } | { readonly team: string }

/** Who may do what, and where. */
export function openRoles({ db, permissions: all, places }: RolesDeps): Roles {
  const listeners: ((organization: string) => void)[] = []
  const changed = (organization: string) => {
    for (const listener of listeners) listener(organization)
  }
  const rightsOf: Roles['rightsOf'] = (who, within) => loadRights(db, who, all, within)

  const handlers: Roles['handlers'] = {
    list: async (_input, { caller }) => ({ roles: await listRoles(db, caller.organization, all), permissions: [...all].sort() }),
    create: (input, { caller }) => createRole(db, caller, all, input),
    async update({ id, ...fields }, { caller, note }) {
      const after = await updateRole(db, caller, all, { id, ...fields })
      note(after.name)
      changed(caller.organization)
      return after
    },
    async remove({ id }, { caller, note }) {
      await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        await alone(orm)
        const role = await ownRole(orm, id)
        note(role.name)
        const given = await countGrants(orm, role.id)
        if (given > 0)
          throw new FairleadError(
            'conflict',
            `${role.name} is given by ${given} ${given === 1 ? 'grant' : 'grants'}; take those back first.`,
          )
        await orm.delete(roles).where(eq(roles.id, role.id))
      })
      return { id }
    },
    grants: (wanted, { caller }) => listGrants(db, caller.organization, wanted),
    async grant(wanted, { caller, note }) {
      const id = await giveRole(db, caller, all, wanted)
      changed(caller.organization)
      const grant = (await listGrants(db, caller.organization, { id }))[0]!
      note(inWords(grant))
      return grant
    },
    async revoke({ id }, { caller, note }) {
      const [grant] = await listGrants(db, caller.organization, { id })
      if (grant !== undefined) note(inWords(grant))
      await takeBack(db, caller, all, id)
      changed(caller.organization)
      return { id }
    },
    explain: (wanted, { caller }) => explain({ db, all, places, rightsOf }, caller.organization, wanted),
  }
  return {
    handlers,
    rightsOf,
    changed,
    onChange: (listener) => void listeners.push(listener),
    refuseGiving: (orm, caller, given) => refuseGiving(orm, caller, all, given),
    refuseTaking: (orm, caller, holder) => refuseTakingAll(orm, caller, all, holder),
    refuseJoining: (orm, caller, team) => refuseJoining(orm, caller, all, team),
    refuseLeaving,
    give: async (orm, given) => void (await insertGrant(orm, { ...given, effect: 'allow' })),
    follow: (orm, followed) => followRules(orm, all, followed),
    givenTo,
    hasAny,
    withdraw,
    grantsOf: (organization) => listGrants(db, organization, {}),
    rolesHeld: countRoles,
    tags: (organization) => readTags(db, organization),
    names: (organization) => readNames(db, organization),
  }
}

async function refuseTakingAll(orm: Orm, caller: Caller, all: readonly string[], holder: Holder): Promise<void> {
  await alone(orm)
  const of = 'account' in holder ? ownOrOfTeams(orm, holder.account) : eq(grants.teamId, holder.team)
  for (const grant of await orm.select().from(grants).where(of)) await refuseTaking(orm, caller, all, grant)
}

/** Who set a hub up owns its first organization. */
export async function giveOwner(orm: Orm, organizationId: string, accountId: string): Promise<void> {
  await insertGrant(orm, {
    organization: organizationId,
    account: accountId,
    role: 'owner',
    effect: 'allow',
    reach: { on: 'organization' },
  })
}

async function listRoles(db: Database, organization: string, all: readonly string[]): Promise<Role[]> {
  return db.tx({ organization }, async (_sql, orm) => {
    const own = await orm
      .select()
      .from(roles)
      .orderBy(sql`lower(${roles.name})`)
    const counted = await orm
      .select({ builtIn: grants.builtIn, role: grants.roleId, count: sql<number>`count(*)::int` })
      .from(grants)
      .groupBy(grants.builtIn, grants.roleId)
    const countOf = (id: string) => counted.find(({ builtIn, role }) => (role ?? builtIn) === id)?.count ?? 0
    const builtIn = builtInRoles.map(({ name }) => ({
      id: name,
      name,
      description: '',
      builtIn: true,
      permissions: [...permissionsOf(name, all)].sort(),
      grants: countOf(name),
    }))
    return [...builtIn, ...own.map((row) => describe(row, countOf(row.id)))]
  })
}

/** Given to an account itself, or by a team that it is in. */
function ownOrOfTeams(orm: Orm, account: string) {
  const inTeams = orm.select({ id: teamMembers.teamId }).from(teamMembers).where(eq(teamMembers.accountId, account))
  return or(eq(grants.accountId, account), inArray(grants.teamId, inTeams))
}

type NewRole = Pick<Own, 'name' | 'description' | 'permissions'>

async function createRole(
  db: Database,
  caller: Caller,
  all: readonly string[],
  { name, description, permissions }: NewRole,
): Promise<Role> {
  const row = { organizationId: caller.organization, id: randomUUID(), name, description, permissions: checked(all, permissions) }
  await db.tx({ organization: caller.organization }, async (_sql, orm) => {
    await alone(orm)
    await refuseMore(orm, caller, permissions, { on: 'organization' })
    await refuseName(orm, name)
    if ((await orm.select({ id: roles.id }).from(roles)).length >= mostOf.roles)
      throw new FairleadError('too_many', `An organization has ${mostOf.roles} roles of its own at most.`)
    await orm.insert(roles).values(row)
  })
  return describe(row, 0)
}

type Fields = { readonly [K in 'name' | 'description' | 'permissions']?: Own[K] | undefined }

async function updateRole(
  db: Database,
  caller: Caller,
  all: readonly string[],
  { id, ...fields }: Fields & { readonly id: string },
): Promise<Role> {
  return db.tx({ organization: caller.organization }, async (_sql, orm) => {
    await alone(orm)
    const before = await ownRole(orm, id)
    const { name = before.name, description = before.description } = fields
    const permissions = fields.permissions === undefined ? before.permissions : checked(all, fields.permissions)
    const added = permissions.filter((permission) => !before.permissions.includes(permission))
    await refuseMore(orm, caller, added, { on: 'organization' })
    // What it loses is taken from whoever has it; from whoever it is denied to, a denial is taken back.
    const lost = before.permissions.filter((permission) => !permissions.includes(permission))
    if (lost.length > 0)
      for (const grant of await orm.select().from(grants).where(eq(grants.roleId, before.id)))
        await refuseMore(orm, caller, lost, reachOf(grant))
    await refuseName(orm, name, before.id)
    const after = { ...before, name, description, permissions }
    await orm.update(roles).set({ name, description, permissions }).where(eq(roles.id, before.id))
    return describe(after, await countGrants(orm, before.id))
  })
}

/** Throws `invalid_input` naming what is no permission. */
function checked(all: readonly string[], wanted: readonly string[]): string[] {
  const unknown = wanted.find((permission) => !all.includes(permission))
  if (unknown === undefined) return [...new Set(wanted)].sort()
  throw new FairleadError('invalid_input', `There is no permission ${unknown}.`, { details: { field: 'permissions' } })
}

async function ownRole(orm: Orm, id: string): Promise<Own> {
  if (isBuiltIn(id))
    throw new FairleadError('invalid_input', 'Built-in roles stay as they are; make a role of your own with what you need.')
  const [found] = await orm
    .select()
    .from(roles)
    .where(eq(sql`${roles.id}::text`, id))
  if (found === undefined) throw new FairleadError('not_found', 'There is no such role.')
  return found
}

/** Nobody else adds one until the transaction ends. The built-in ones have theirs as ids. */
async function refuseName(orm: Orm, name: string, own?: string): Promise<void> {
  await alone(orm)
  const all = await orm.select({ id: roles.id, name: roles.name }).from(roles)
  refuseTaken('role', name, [...all, ...reserved], own)
}

async function countGrants(orm: Orm, role: string): Promise<number> {
  return (await orm.select({ id: grants.id }).from(grants).where(eq(grants.roleId, role))).length
}

/** Names alone, so that it reads in every language. */
function inWords({ holder, role, effect, reach }: RoleGrant): string {
  return `${holder.name}: ${effect === 'deny' ? '− ' : ''}${role.name}${reach.name === '' ? '' : ` @ ${reach.name}`}`
}

function describe({ id, name, description, permissions }: Pick<Own, 'id' | 'name' | 'description' | 'permissions'>, count: number): Role {
  return { id, name, description, builtIn: false, permissions: [...permissions], grants: count }
}
