import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Team, teamsApi } from '@fairlead/protocol/features/teams.ts'
import type { HubContext } from '../base/access.ts'
import { alone } from '../base/alone.ts'
import type { Database } from '../base/db.ts'
import { and, eq, sql, type Orm } from '../base/drizzle.ts'
import { refuseTaken } from '../base/names.ts'
import { accounts, memberships, teamMembers, teams } from '../base/tables.ts'
import type { Roles } from '../roles/roles.ts'
import { scimGroups } from '../scim/tables.ts'

interface TeamsDeps {
  readonly db: Database
  readonly roles: Pick<Roles, 'changed' | 'grantsOf' | 'refuseTaking'>
}

export const mostTeams = 500
export const mostMembers = 1000

/** Accounts that are given roles together. Who changes a team could have given, or taken, what it has. */
export function serveTeams(deps: TeamsDeps): Handlers<typeof teamsApi, HubContext> {
  const { db, roles } = deps
  const one = async (organization: string, id: string) => (await listTeams(deps, organization)).find((team) => team.id === id)!

  return {
    list: (_input, { caller }) => listTeams(deps, caller.organization),
    async create({ name }, { caller }) {
      const { organization: organizationId } = caller
      const id = randomUUID()
      await db.tx({ organization: organizationId }, async (_sql, orm) => {
        const all = await allOf(orm)
        refuseTaken('team', name, all)
        if (all.length >= mostTeams) throw new FairleadError('too_many', `An organization has ${mostTeams} teams at most.`)
        await orm.insert(teams).values({ organizationId, id, name })
      })
      return one(organizationId, id)
    },
    async rename({ id, name }, { caller, note }) {
      await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        const team = await find(orm, id)
        note(team.name)
        refuseTaken('team', name, await allOf(orm), team.id)
        await orm.update(teams).set({ name }).where(eq(teams.id, team.id))
      })
      return one(caller.organization, id)
    },
    async remove({ id }, { caller, note }) {
      await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        const team = await find(orm, id)
        note(team.name)
        await roles.refuseTaking(orm, caller, { team: team.id })
        await orm.delete(teams).where(eq(teams.id, team.id))
      })
      roles.changed(caller.organization)
      return { id }
    },
    async addMember({ id, account }, { caller, note }) {
      const { organization: organizationId } = caller
      await db.tx({ organization: organizationId }, async (_sql, orm) => {
        const team = await find(orm, id)
        note(team.name)
        await roles.refuseTaking(orm, caller, { team: team.id })
        const own = eq(sql`${memberships.accountId}::text`, account)
        const [member] = await orm
          .select({ id: accounts.id, name: accounts.name })
          .from(memberships)
          .innerJoin(accounts, eq(accounts.id, memberships.accountId))
          .where(own)
        if (member === undefined) throw new FairleadError('not_found', 'There is no such account.', { details: { field: 'account' } })
        note(`${team.name}: ${member.name}`)
        const members = await orm.select({ id: teamMembers.accountId }).from(teamMembers).where(eq(teamMembers.teamId, team.id))
        if (members.length >= mostMembers) throw new FairleadError('too_many', `A team has ${mostMembers} members at most.`)
        await orm.insert(teamMembers).values({ organizationId, teamId: team.id, accountId: member.id }).onConflictDoNothing()
      })
      roles.changed(organizationId)
      return one(organizationId, id)
    },
    async removeMember({ id, account }, { caller, note }) {
      await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        const team = await find(orm, id)
        note(team.name)
        await roles.refuseTaking(orm, caller, { team: team.id })
        const own = and(eq(teamMembers.teamId, team.id), eq(sql`${teamMembers.accountId}::text`, account))
        const gone = await orm.delete(teamMembers).where(own).returning({ id: teamMembers.accountId })
        if (gone.length === 0) throw new FairleadError('not_found', 'That account is not in this team.')
      })
      roles.changed(caller.organization)
      return one(caller.organization, id)
    },
  }
}

async function listTeams({ db, roles }: TeamsDeps, organization: string): Promise<Team[]> {
  const [rows, members] = await db.tx({ organization }, async (_sql, orm) => [
    await orm
      .select({ id: teams.id, name: teams.name, scim: scimGroups.teamId })
      .from(teams)
      .leftJoin(scimGroups, eq(scimGroups.teamId, teams.id))
      .orderBy(sql`lower(${teams.name})`),
    await orm
      .select({ team: teamMembers.teamId, id: accounts.id, name: accounts.name })
      .from(teamMembers)
      .innerJoin(accounts, eq(accounts.id, teamMembers.accountId))
      .orderBy(sql`lower(${accounts.name})`),
  ])
  const given = await roles.grantsOf(organization)
  return rows.map(({ id, name, scim }) => ({
    id,
    name,
    provisioned: scim !== null,
    members: members.filter(({ team }) => team === id).map((member) => ({ id: member.id, name: member.name })),
    grants: given.filter(({ holder }) => holder.kind === 'team' && holder.id === id).length,
  }))
}

async function find(orm: Orm, id: string): Promise<{ id: string; name: string }> {
  const [found] = await orm
    .select({ id: teams.id, name: teams.name })
    .from(teams)
    .where(eq(sql`${teams.id}::text`, id))
  if (found === undefined) throw new FairleadError('not_found', 'There is no such team; somebody may have removed it already.')
  return found
}

/** Nobody else adds one until the transaction ends. */
async function allOf(orm: Orm): Promise<{ id: string; name: string }[]> {
  await alone(orm)
  return orm.select({ id: teams.id, name: teams.name }).from(teams)
}
