import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { HubContext } from '../base/access.ts'
import { and, eq, sql } from '../base/drizzle.ts'
import { accounts, memberships } from '../base/tables.ts'
import type { AccountsDeps } from './accounts.ts'

const mostServices = 200

/** An account that nobody signs in to: it has no e-mail and no password, only tokens act for it. It may nothing until it is given a role. */
export async function createService(
  { db }: AccountsDeps,
  { caller, note }: Pick<HubContext, 'caller' | 'note'>,
  name: string,
): Promise<string> {
  const { organization: organizationId } = caller
  note(name)
  const id = randomUUID()
  await db.tx({ organization: organizationId }, async (_sql, orm) => {
    const services = await orm
      .select({ name: accounts.name })
      .from(memberships)
      .innerJoin(accounts, and(eq(accounts.id, memberships.accountId), eq(accounts.kind, 'service')))
    if (services.length >= mostServices)
      throw new FairleadError('too_many', `An organization has ${mostServices} service accounts at most; remove one first.`)
    if (services.some((one) => one.name.toLowerCase() === name.toLowerCase()))
      throw new FairleadError('conflict', `Another service account is named ${name} already.`, { details: { field: 'name' } })
    await orm.insert(accounts).values({ id, kind: 'service', email: null, name, passwordHash: null })
    await orm.insert(memberships).values({ organizationId, accountId: id })
  })
  return id
}

/** Throws `not_found` for what is no service account of the caller's organization. Its name. */
export async function findService(
  { db }: Pick<AccountsDeps, 'db'>,
  organization: string,
  id: string,
): Promise<{ readonly id: string; readonly name: string }> {
  const own = and(eq(accounts.id, memberships.accountId), eq(accounts.kind, 'service'))
  const [found] = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ id: accounts.id, name: accounts.name })
      .from(memberships)
      .innerJoin(accounts, own)
      .where(eq(sql`${memberships.accountId}::text`, id)),
  )
  if (found === undefined) throw new FairleadError('not_found', 'There is no such service account; people make their tokens themselves.')
  return found
}
