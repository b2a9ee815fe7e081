import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Environment, environmentsApi } from '@fairlead/protocol/features/environments.ts'
import type { HubContext } from '../base/access.ts'
import { alone } from '../base/alone.ts'
import type { Database } from '../base/db.ts'
import { eq, sql, type Orm } from '../base/drizzle.ts'
import { refuseTaken } from '../base/names.ts'
import { wholeSight, type Sight } from '../base/sight.ts'
import { environments, hosts, invitations } from '../base/tables.ts'
import type { HostBook } from '../hosts/book.ts'
import { refuseSecretsIn } from '../secrets/secrets.ts'

interface EnvironmentsDeps {
  readonly db: Database
  readonly book: Pick<HostBook, 'hosts' | 'reloadAll'>
}

const mostEnvironments = 200

/** The sets of hosts on which roles are granted. */
export function serveEnvironments({ db, book }: EnvironmentsDeps): Handlers<typeof environmentsApi, HubContext> {
  async function list(organization: string, sight: Sight): Promise<Environment[]> {
    const rows = await db.tx({ organization }, (_sql, orm) =>
      orm
        .select()
        .from(environments)
        .orderBy(sql`lower(${environments.name})`),
    )
    const seen = [...(await book.hosts(organization)).values()].filter(({ id }) => sight.sees(id))
    return rows
      .map(({ id, name }) => ({ id, name, hosts: seen.filter(({ environmentId }) => environmentId === id).length }))
      .filter((environment) => sight === wholeSight || environment.hosts > 0)
  }
  const one = async (organization: string, id: string) =>
    (await list(organization, wholeSight)).find((environment) => environment.id === id)!

  return {
    list: async (_input, { caller, sight }) => list(caller.organization, await sight()),
    async create({ name }, { caller }) {
      const { organization: organizationId } = caller
      const id = randomUUID()
      await db.tx({ organization: organizationId }, async (_sql, orm) => {
        const all = await allOf(orm)
        refuseTaken('environment', name, all)
        if (all.length >= mostEnvironments)
          throw new FairleadError('too_many', `An organization has ${mostEnvironments} environments at most.`)
        await orm.insert(environments).values({ organizationId, id, name })
      })
      return one(organizationId, id)
    },
    async rename({ name }, { caller, environment, note }) {
      note(name)
      await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        refuseTaken('environment', name, await allOf(orm), environment)
        await orm.update(environments).set({ name }).where(eq(environments.id, environment))
      })
      await book.reloadAll(caller.organization)
      return one(caller.organization, environment)
    },
    async remove(_input, { caller, environment, note }) {
      await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        const all = await orm.select({ id: environments.id, name: environments.name }).from(environments).for('update')
        note(all.find(({ id }) => id === environment)?.name ?? '')
        if (all.length === 1) throw new FairleadError('conflict', 'This is the last environment; hosts are always in one.')
        const held = await orm.select({ id: hosts.id, revokedAt: hosts.revokedAt }).from(hosts).where(eq(hosts.environmentId, environment))
        const live = held.filter(({ revokedAt }) => revokedAt === null).length
        if (live > 0)
          throw new FairleadError(
            'conflict',
            `It has ${live} ${live === 1 ? 'host' : 'hosts'}; move ${live === 1 ? 'it' : 'them'} to another environment first.`,
          )
        await refuseSecretsIn(orm, environment)
        const other = all.find(({ id }) => id !== environment)
        // What is left of revoked hosts and of lines: no open line may lead a host to where it was not meant for.
        await orm.update(hosts).set({ environmentId: other!.id }).where(eq(hosts.environmentId, environment))
        await orm
          .update(invitations)
          .set({
            environmentId: other!.id,
            canceledAt: sql`CASE WHEN ${invitations.usedAt} IS NULL THEN now() ELSE ${invitations.canceledAt} END`,
          })
          .where(eq(invitations.environmentId, environment))
        await orm.delete(environments).where(eq(environments.id, environment))
      })
      return { id: environment }
    },
  }
}

/** Nobody else adds one until the transaction ends. */
async function allOf(orm: Orm): Promise<{ id: string; name: string }[]> {
  await alone(orm)
  return orm.select({ id: environments.id, name: environments.name }).from(environments)
}
