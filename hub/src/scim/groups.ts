import { randomUUID } from 'node:crypto'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { ScimAnswer, scimApi } from '@fairlead/protocol/features/scim.ts'
import type { Caller, HubContext } from '../base/access.ts'
import { alone } from '../base/alone.ts'
import type { Database, Db } from '../base/db.ts'
import { and, asc, eq, inArray, sql, type Orm, type SQL } from '../base/drizzle.ts'
import { foldName } from '../base/names.ts'
import { accounts, teamMembers, teams } from '../base/tables.ts'
import { mostMembers, mostTeams } from '../teams/teams.ts'
import { checkVersion, etagOf, fault, gone } from './fault.ts'
import { parseFilter, type Equal } from './filter.ts'
import { listOf, pageOf, pick } from './list.ts'
import { patch } from './patch.ts'
import { readResource, type Resource } from './read.ts'
import { groupAttributes, urns } from './schema.ts'
import type { ScimDeps } from './scim.ts'
import { scimGroups, scimUsers } from './tables.ts'

type Groups = Pick<
  Handlers<typeof scimApi, HubContext>,
  'groups' | 'group' | 'createGroup' | 'replaceGroup' | 'changeGroup' | 'removeGroup'
>

interface Row {
  readonly group: typeof scimGroups.$inferSelect
  readonly name: string
  readonly members: readonly Member[]
}

interface Member {
  readonly value: string
  readonly display: string
}

/** Teams that a directory made here, with those of their members whom it made too. What a team may is given in Fairlead. */
export function serveGroups(deps: ScimDeps): Groups {
  const { db, roles, address } = deps
  const answer = (row: Row): ScimAnswer => {
    const location = `${address()}/scim/v2/Groups/${row.group.teamId}`
    return { body: resourceOf(row, location), etag: etagOf(row.group.version), location }
  }

  return {
    async groups({ filter, ...page }, { caller }) {
      const where = and(eq(scimGroups.provisioner, caller.account), ...(filter === undefined ? [] : parseFilter(filter).map(conditionOf)))
      const { offset, limit } = pageOf(page)
      const [rows, total] = await db.tx({ organization: caller.organization }, async (_sql, orm) => [
        await readRows(orm, caller, (query) =>
          query.where(where).orderBy(asc(scimGroups.createdAt), asc(scimGroups.teamId)).limit(limit).offset(offset),
        ),
        await orm
          .select({ count: sql<number>`count(*)::int` })
          .from(scimGroups)
          .innerJoin(teams, ofTeam)
          .where(where),
      ])
      return {
        body: listOf(
          rows.map((row) => pick(answer(row).body, page)),
          total[0]!.count,
          page.startIndex,
        ),
      }
    },
    async group({ id, ...shown }, { caller }) {
      const whole = answer(await read(db, caller, id))
      return { ...whole, body: pick(whole.body, shown) }
    },
    async createGroup({ resource }, { caller, note }) {
      const wanted = readResource(groupAttributes, resource)
      note(String(wanted['displayName']))
      const id = await db.tx({ organization: caller.organization }, (sql, orm) => insert({ roles, sql, orm }, caller, wanted))
      roles.changed(caller.organization)
      return answer(await read(db, caller, id))
    },
    async replaceGroup({ resource, ...which }, { caller, note }) {
      const row = await change(deps, caller, which, () => resource)
      note(row.name)
      return answer(row)
    },
    async changeGroup({ resource, ...which }, { caller, note }) {
      const row = await change(deps, caller, which, (before) => patch(groupAttributes, contentOf(before), resource))
      note(row.name)
      return answer(row)
    },
    async removeGroup({ id, ifMatch }, { caller, note }) {
      await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        await alone(orm)
        const { group, name } = await find(orm, caller, id)
        note(name)
        checkVersion(ifMatch, group.version)
        await orm.delete(teams).where(eq(teams.id, group.teamId))
      })
      roles.changed(caller.organization)
      return { id }
    },
  }
}

const read = (db: Database, caller: Caller, id: string) =>
  db.tx({ organization: caller.organization }, (_sql, orm) => find(orm, caller, id))

async function change(
  { db, roles }: ScimDeps,
  caller: Caller,
  { id, ifMatch }: { id: string; ifMatch?: string | undefined },
  make: (before: Row) => Resource,
): Promise<Row> {
  await db.tx({ organization: caller.organization }, async (sql, orm) => {
    // Before any row: whoever removes a team by hand locks in this order.
    await alone(orm)
    const before = await find(orm, caller, id)
    checkVersion(ifMatch, before.group.version)
    await save({ roles, sql, orm }, caller, before, readResource(groupAttributes, make(before)))
  })
  roles.changed(caller.organization)
  return read(db, caller, id)
}

const ofTeam = and(eq(teams.organizationId, scimGroups.organizationId), eq(teams.id, scimGroups.teamId))

function select(orm: Orm) {
  return orm.select({ group: scimGroups, name: teams.name }).from(scimGroups).innerJoin(teams, ofTeam).$dynamic()
}

/** Members whom somebody added by hand, or another directory, are none of this one's business: it neither sees nor removes them. */
async function readRows(
  orm: Orm,
  { account }: Caller,
  narrow: (query: ReturnType<typeof select>) => ReturnType<typeof select>,
): Promise<Row[]> {
  const rows = await narrow(select(orm))
  if (rows.length === 0) return []
  const members = await orm
    .select({ team: teamMembers.teamId, value: teamMembers.accountId, display: accounts.name })
    .from(teamMembers)
    .innerJoin(scimUsers, and(eq(scimUsers.accountId, teamMembers.accountId), eq(scimUsers.provisioner, account)))
    .innerJoin(accounts, eq(accounts.id, teamMembers.accountId))
    .where(
      inArray(
        teamMembers.teamId,
        rows.map(({ group }) => group.teamId),
      ),
    )
    .orderBy(asc(teamMembers.accountId))
  const of = Map.groupBy(members, ({ team }) => team)
  return rows.map((row) => ({ ...row, members: (of.get(row.group.teamId) ?? []).map(({ value, display }) => ({ value, display })) }))
}

async function find(orm: Orm, caller: Caller, id: string): Promise<Row> {
  const mine = and(eq(scimGroups.provisioner, caller.account), eq(sql`${scimGroups.teamId}::text`, id.toLowerCase()))
  const [row] = await readRows(orm, caller, (query) => query.where(mine).for('update'))
  if (row === undefined) throw gone('group')
  return row
}

/** A transaction, and who knows what a team gives. */
interface Within {
  readonly roles: ScimDeps['roles']
  readonly sql: Db
  readonly orm: Orm
}

async function insert(within: Within, caller: Caller, wanted: Resource): Promise<string> {
  const { orm } = within
  const { organization: organizationId, account: provisioner } = caller
  const id = randomUUID()
  const name = await freeName(orm, wanted)
  if ((await orm.$count(teams)) >= mostTeams) throw fault('tooMany', `An organization has ${mostTeams} teams at most.`)
  await orm.insert(teams).values({ organizationId, id, name })
  await orm.insert(scimGroups).values({ organizationId, teamId: id, provisioner, externalId: externalIdOf(wanted) })
  await setMembers(within, caller, { id, name }, [], membersOf(wanted))
  return id
}

async function save(within: Within, caller: Caller, { group, name, members }: Row, wanted: Resource): Promise<void> {
  const { orm } = within
  const { teamId, version } = group
  if (wanted['displayName'] !== name)
    await orm
      .update(teams)
      .set({ name: await freeName(orm, wanted, teamId) })
      .where(eq(teams.id, teamId))
  await setMembers(
    within,
    caller,
    { id: teamId, name },
    members.map(({ value }) => value),
    membersOf(wanted),
  )
  await orm
    .update(scimGroups)
    .set({ externalId: externalIdOf(wanted), version: version + 1, updatedAt: sql`now()` })
    .where(eq(scimGroups.teamId, teamId))
}

async function setMembers(
  { roles, sql: db, orm }: Within,
  { organization: organizationId, account }: Caller,
  { id: teamId, name }: { readonly id: string; readonly name: string },
  before: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const [was, is] = [new Set(before), new Set(wanted)]
  const [leaving, coming] = [before.filter((one) => !is.has(one)), wanted.filter((one) => !was.has(one))]
  if (leaving.length > 0) await orm.delete(teamMembers).where(and(eq(teamMembers.teamId, teamId), inArray(teamMembers.accountId, leaving)))
  if (coming.length === 0) return
  const mine = and(eq(scimUsers.provisioner, account), inArray(sql`${scimUsers.accountId}::text`, coming))
  const known = await orm.select({ id: scimUsers.accountId }).from(scimUsers).where(mine)
  await refuseJoining({ roles, sql: db, orm }, { organization: organizationId, account }, { id: teamId, name })
  // One of one's own making: a team with rights must not be a way to reach anybody else.
  if (known.length < coming.length) throw fault('invalidValue', 'A member is a user that this service account made; one of these is not.')
  if ((await orm.$count(teamMembers, eq(teamMembers.teamId, teamId))) + coming.length > mostMembers)
    throw fault('tooMany', `A team has ${mostMembers} members at most.`)
  await orm
    .insert(teamMembers)
    .values(known.map(({ id }) => ({ organizationId, teamId, accountId: id })))
    .onConflictDoNothing()
}

/**
 * Whoever joins gets what the team has: a directory gives nobody what its service account was not given. Of the account, not of the token:
 * the token does nothing but provision. Throws `forbidden`.
 */
async function refuseJoining(
  { roles, ...within }: Within,
  who: { readonly organization: string; readonly account: string },
  team: { readonly id: string; readonly name: string },
): Promise<void> {
  const rights = await roles.rightsOf(who, within)
  await roles.refuseJoining(within.orm, { rights }, team.id).catch((error: unknown) => {
    if (codeOf(error) !== 'forbidden') throw error
    throw new FairleadError(
      'forbidden',
      `The team ${team.name} has roles that this service account has not, so it puts nobody into it. Give the account the same roles at the same places, or take them from the team.`,
      { cause: error },
    )
  })
}

/** Throws `uniqueness`: teams that somebody made by hand keep their names, and stay theirs. */
async function freeName(orm: Orm, wanted: Resource, own?: string): Promise<string> {
  const name = String(wanted['displayName']).trim()
  if (name.length > 64) throw fault('invalidValue', 'displayName has 64 characters at most: it is the name of a team.')
  await alone(orm)
  const all = await orm.select({ id: teams.id, name: teams.name }).from(teams)
  if (all.some((one) => one.id !== own && foldName(one.name) === foldName(name)))
    throw fault('uniqueness', `A team is named ${name} already.`, 'conflict')
  return name
}

function externalIdOf({ externalId }: Resource): string | null {
  return typeof externalId === 'string' ? externalId : null
}

function membersOf({ members }: Resource): string[] {
  const all = (members ?? []) as readonly { readonly value?: string }[]
  return [...new Set(all.map(({ value }) => (value ?? '').toLowerCase()))]
}

function contentOf({ group: { externalId }, name, members }: Row): Resource {
  return { displayName: name, ...(externalId === null ? {} : { externalId }), members: members.map((one) => ({ ...one })) }
}

function resourceOf(row: Row, location: string): Resource {
  const { teamId, version, createdAt, updatedAt } = row.group
  const users = location.slice(0, location.indexOf('/Groups/'))
  return {
    schemas: [urns.group],
    id: teamId,
    ...contentOf(row),
    members: row.members.map((one) => ({ ...one, type: 'User', $ref: `${users}/Users/${one.value}` })),
    meta: {
      resourceType: 'Group',
      created: createdAt.toISOString(),
      lastModified: updatedAt.toISOString(),
      location,
      version: etagOf(version),
    },
  }
}

function conditionOf({ path, value }: Equal): SQL {
  const text = String(value)
  switch (path) {
    case 'id':
      return eq(sql`${scimGroups.teamId}::text`, text.toLowerCase())
    case 'displayname':
      return eq(sql`lower(${teams.name})`, text.toLowerCase())
    case 'externalid':
      return eq(scimGroups.externalId, text)
    case 'members':
    case 'members.value':
      return sql`EXISTS (SELECT 1 FROM ${teamMembers} AS one WHERE one.organization_id = ${scimGroups.organizationId}
        AND one.team_id = ${scimGroups.teamId} AND one.account_id::text = ${text.toLowerCase()})`
    default:
      throw fault('invalidFilter', `No group is found by ${path.slice(0, 64)} here; by displayName, externalId, id and members it is.`)
  }
}
