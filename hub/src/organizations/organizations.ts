import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Organization, organizationsApi } from '@fairlead/protocol/features/organizations.ts'
import type { Caller } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq } from '../base/drizzle.ts'
import { memberships, organizations } from '../base/tables.ts'
import type { LoginContext, Logins } from '../logins/logins.ts'
import { homeOfRunner } from './remove.ts'

export { removeOrganization, sweepLeft, type RemovalDeps } from './remove.ts'

interface OrganizationsDeps {
  readonly db: Database
  readonly logins: Pick<Logins, 'enter' | 'makeOrganization'>
  /** All of it, for good. */
  readonly remove: (organization: string) => Promise<void>
}

const mostOrganizations = 200

/** The tenants that an account belongs to. */
export function serveOrganizations({ db, logins, remove }: OrganizationsDeps): Handlers<typeof organizationsApi, LoginContext> {
  return {
    list: (_input, { caller }) => list(db, caller),
    async create({ name }, { caller, note }) {
      note(name)
      if ((await list(db, caller)).length >= mostOrganizations)
        throw new FairleadError('too_many', `An account belongs to ${mostOrganizations} organizations at most.`)
      const id = await logins.makeOrganization(caller.account, name)
      return { id, name, current: false }
    },
    async rename({ name }, { caller, note, changed }) {
      note(name)
      const { organization: id } = caller
      const [before] = await db.tx({ organization: id }, (_sql, orm) => orm.select({ name: organizations.name }).from(organizations))
      changed?.({ name: before?.name ?? '' }, { name })
      await db.tx({ organization: id }, (_sql, orm) => orm.update(organizations).set({ name }).where(eq(organizations.organizationId, id)))
      return { id, name, current: true }
    },
    async remove({ name }, { caller, note }) {
      const { organization: id } = caller
      const own = (await list(db, caller)).find((one) => one.id === id)
      if (own?.name !== name)
        throw new FairleadError('invalid_input', `Type the name of the organization as it is: ${own?.name ?? ''}.`, {
          details: { field: 'name' },
        })
      note(name, await homeOfRunner(db, id))
      await remove(id)
      return { id }
    },
    async enter({ id }, context) {
      const to = (await list(db, context.caller)).find((organization) => organization.id === id)
      if (to === undefined) throw new FairleadError('not_found', 'You belong to no such organization.')
      context.note(to.name)
      return logins.enter(id, context)
    },
  }
}

/** A login that came through a provider is in its organization, and sees no other. */
async function list(db: Database, { account, organization: own, through }: Caller): Promise<Organization[]> {
  const of = await db.tx({ account }, (_sql, orm) =>
    orm
      .select()
      .from(memberships)
      .where(and(eq(memberships.accountId, account), eq(memberships.active, true))),
  )
  const found: Organization[] = []
  for (const { organizationId: organization } of of) {
    if (through !== undefined && organization !== own) continue
    const [row] = await db.tx({ organization }, (_sql, orm) => orm.select({ name: organizations.name }).from(organizations))
    if (row !== undefined) found.push({ id: organization, name: row.name, current: organization === own })
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}
