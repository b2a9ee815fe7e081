import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Account, accountsApi } from '@fairlead/protocol/features/accounts.ts'
import type { HubContext } from '../base/access.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { and, eq, sql } from '../base/drizzle.ts'
import { accounts, identities, identityProviders, memberships, teamMembers, teams } from '../base/tables.ts'
import type { LoginContext, Logins } from '../logins/logins.ts'
import type { Mail } from '../mail/mail.ts'
import type { Roles } from '../roles/roles.ts'
import { accept, invited } from './accept.ts'
import { scimUsers } from '../scim/tables.ts'
import { cancelInvitation, createInviteLimits, invite, listInvitations } from './invite.ts'
import { createService } from './service.ts'

export { findService } from './service.ts'

export interface AccountsDeps {
  readonly db: Database
  readonly audits: Audits
  readonly roles: Roles
  readonly logins: Pick<Logins, 'begin' | 'endOf' | 'lastSeen' | 'personOf' | 'delays'>
  readonly mail: Pick<Mail, 'invite'>
  /** Where people reach this hub: what a link begins with. */
  readonly address: () => string
  /** Steady ms. */
  readonly now?: () => number
}

/** Who belongs to an organization, and who is asked to. */
export function serveAccounts(deps: AccountsDeps): Handlers<typeof accountsApi, LoginContext> {
  const inviteLimits = createInviteLimits(deps.now)
  return {
    list: (_input, { caller }) => list(deps, caller.organization),
    remove: async ({ id }, { caller, note }) => remove(deps, { caller, note }, id),
    async createService({ name }, context) {
      const id = await createService(deps, context, name)
      return (await list(deps, context.caller.organization)).find((account) => account.id === id)!
    },
    invitations: (_input, { caller }) => listInvitations(deps, caller.organization),
    invite: (input, { caller, note }) => {
      note(input.email)
      return invite({ ...deps, inviteLimits }, caller, input)
    },
    cancel: ({ id }, { caller }) => cancelInvitation(deps, caller.organization, id),
    invited: ({ secret }, context) => invited(deps, secret, context),
    accept: (input, context) => accept(deps, input, context),
  }
}

async function list({ db, roles, logins }: AccountsDeps, organization: string): Promise<Account[]> {
  const [rows, inTeams, comeThrough, held, seen] = await db.tx({ organization }, (_sql, orm) =>
    Promise.all([
      orm
        .select({
          id: accounts.id,
          name: accounts.name,
          email: accounts.email,
          kind: accounts.kind,
          active: memberships.active,
          joinedAt: memberships.createdAt,
          scim: scimUsers.document,
        })
        .from(memberships)
        .innerJoin(accounts, eq(accounts.id, memberships.accountId))
        .leftJoin(scimUsers, eq(scimUsers.accountId, memberships.accountId))
        .orderBy(sql`lower(${accounts.name})`),
      orm
        .select({ account: teamMembers.accountId, id: teams.id, name: teams.name })
        .from(teamMembers)
        .innerJoin(teams, and(eq(teams.organizationId, teamMembers.organizationId), eq(teams.id, teamMembers.teamId)))
        .orderBy(teams.name),
      orm
        .select({ account: identities.accountId, email: identities.email, provider: identityProviders.name })
        .from(identities)
        .innerJoin(identityProviders, eq(identityProviders.id, identities.providerId))
        .orderBy(identityProviders.name),
      roles.rolesHeld(orm),
      logins.lastSeen(orm),
    ]),
  )
  const teamsOf = Map.groupBy(inTeams, ({ account }) => account)
  const through = Map.groupBy(comeThrough, ({ account }) => account)
  return rows.map(({ id, name, email, kind, active, joinedAt, scim }) => {
    const { roles: whole = [], others = 0 } = held.get(id) ?? {}
    return {
      id,
      name,
      // What a provider says of an address is shown, and nothing is found by it.
      email: email ?? through.get(id)?.[0]?.email ?? (scim === null ? '' : scimEmail(scim)),
      kind,
      active,
      provisioned: scim !== null,
      joinedMs: joinedAt.getTime(),
      lastSeenMs: seen.get(id) ?? 0,
      teams: (teamsOf.get(id) ?? []).map((team) => ({ id: team.id, name: team.name })),
      roles: [...new Set(whole)],
      providers: (through.get(id) ?? []).map(({ provider }) => provider),
      otherGrants: others,
    }
  })
}

/** What the directory says: nobody proved it, and nobody is found by it. */
function scimEmail({ emails }: Readonly<Record<string, unknown>>): string {
  const all = (Array.isArray(emails) ? emails : []) as readonly { readonly value?: unknown; readonly primary?: unknown }[]
  const value = (all.find(({ primary }) => primary === true) ?? all[0])?.value
  return typeof value === 'string' ? value : ''
}

async function remove(
  { db, roles, logins }: AccountsDeps,
  { caller, note }: Pick<HubContext, 'caller' | 'note'>,
  id: string,
): Promise<{ id: string }> {
  const { organization } = caller
  await db.tx({ organization }, async (_sql, orm) => {
    const [member] = await orm
      .select({ id: accounts.id, name: accounts.name, kind: accounts.kind })
      .from(memberships)
      .innerJoin(accounts, eq(accounts.id, memberships.accountId))
      .where(eq(sql`${memberships.accountId}::text`, id))
    if (member === undefined) throw new FairleadError('not_found', 'There is no such account; somebody may have removed it already.')
    note(member.name)
    await roles.refuseTaking(orm, caller, { account: member.id })
    await orm.delete(memberships).where(eq(memberships.accountId, member.id))
    // It belongs nowhere else, and nobody could bring it back.
    if (member.kind === 'service') await orm.delete(accounts).where(eq(accounts.id, member.id))
  })
  await logins.endOf(organization, id)
  roles.changed(organization)
  return { id }
}
