import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { identitiesApi, Identity } from '@fairlead/protocol/features/identities.ts'
import type { Caller } from '../base/access.ts'
import { and, asc, eq, sql } from '../base/drizzle.ts'
import { nameOf } from '../base/names.ts'
import { accounts, identities, identityProviders as providers, memberships } from '../base/tables.ts'
import type { LoginContext } from '../logins/logins.ts'
import type { Arrived } from './arrive.ts'
import type { IdentitiesDeps } from './identities.ts'

/** What a person sees and gives up of their own accounts elsewhere. */
export function serveOwnIdentities({
  db,
  logins,
  roles,
}: IdentitiesDeps): Pick<Handlers<typeof identitiesApi, LoginContext>, 'mine' | 'unlink'> {
  return {
    mine: (_input, { caller }) => listOwn(db, caller),
    async unlink({ id }, { caller, note }) {
      const { organization, account } = caller
      const gone = await db.tx({ organization }, async (_sql, orm) => {
        const own = and(eq(sql`${identities.id}::text`, id), eq(identities.accountId, account), eq(identities.linked, true))
        const [row] = await orm.delete(identities).where(own).returning()
        if (row === undefined) throw new FairleadError('not_found', 'You have no such link; what your account stands on is not one.')
        await roles.follow(orm, { organization, account, provider: row.providerId, given: [] })
        return row
      })
      note(gone.name)
      await logins.endThrough({ organization, provider: gone.providerId, account })
      roles.changed(organization)
      return { id: gone.id }
    },
  }
}

async function listOwn(db: IdentitiesDeps['db'], { organization, account }: Caller): Promise<Identity[]> {
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ identity: identities, provider: providers.name })
      .from(identities)
      .innerJoin(providers, eq(providers.id, identities.providerId))
      .where(eq(identities.accountId, account))
      .orderBy(asc(identities.createdAt)),
  )
  return rows.map(({ identity: { id, providerId, name, email, linked, createdAt, usedAt }, provider }) => ({
    id,
    provider: { id: providerId, name: provider },
    name,
    email,
    linked,
    createdMs: createdAt.getTime(),
    usedMs: usedAt.getTime(),
  }))
}

/**
 * Ties what a provider says somebody is to the account of whoever asked for that, signed in and proved a moment ago: the one way to an
 * account that was there before. Throws `conflict` when it is somebody's already.
 */
export async function tie({ db, audits }: IdentitiesDeps, arrived: Arrived, who: Caller): Promise<void> {
  const { organization: organizationId, provider: providerId, subject, name, email = '' } = arrived
  const row = await db.tx({ organization: organizationId }, async (_sql, orm) => {
    const [provider] = await orm
      .select({ name: providers.name })
      .from(providers)
      .where(and(eq(providers.id, providerId), eq(providers.enabled, true)))
      .for('no key update')
    if (provider === undefined) throw new FairleadError('forbidden', 'Nobody signs in through this provider now.')
    const [member] = await orm
      .select({ email: accounts.email })
      .from(memberships)
      .innerJoin(accounts, eq(accounts.id, memberships.accountId))
      .where(eq(memberships.accountId, who.account))
    if (member?.email == null) throw new FairleadError('forbidden', 'This account stands on a provider already.')
    const values = { organizationId, id: randomUUID(), providerId, subject, accountId: who.account, name: nameOf(name) }
    const [made] = await orm
      .insert(identities)
      .values({ ...values, email: email.slice(0, 254), linked: true })
      .onConflictDoNothing()
      .returning({ id: identities.id })
    if (made === undefined) throw new FairleadError('conflict', `Somebody signs in by this account of ${provider.name} already.`)
    return { id: made.id, provider: provider.name }
  })
  const what = {
    verb: 'identity.link',
    outcome: 'ok',
    host: '',
    hostName: '',
    target: row.id,
    targetName: `${row.provider}: ${name}`.slice(0, 256),
    code: '',
  } as const
  const { account: actor, name: actorName, ip, userAgent, trace } = who
  await audits.write({ ...what, organization: organizationId, actor, actorName, ip, userAgent: userAgent.slice(0, 200), trace })
}
