import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Through } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, type Orm } from '../base/drizzle.ts'
import { withinOrganization, type Rights } from '../base/rights.ts'
import { identityProviders as providers } from '../base/tables.ts'
import { logins } from './tables.ts'

/** The provider of a login that came through one; undefined: it is closed, and so is the login. */
export async function throughOf(orm: Orm, id: string, own: boolean): Promise<Through | undefined> {
  const { name, kind, secondFactor } = providers
  const open = and(eq(providers.id, id), eq(providers.enabled, true))
  const [row] = await orm.select({ name, kind, secondFactor }).from(providers).where(open)
  return row && { id, own, ...row }
}

/** A provider that is being closed, and a login that begins through it: one of the two is first. Throws `unauthenticated`. */
export async function refuseClosed(orm: Orm, { id, name }: Through): Promise<void> {
  const open = and(eq(providers.id, id), eq(providers.enabled, true))
  const found = await orm.select({ id: providers.id }).from(providers).where(open).for('share')
  if (found.length === 0) throw new FairleadError('unauthenticated', `Signing in through ${name} was closed a moment ago.`)
}

/** A login through a provider is of its organization: whoever runs the hub does that with a login of their own. */
export function rightsThrough(rights: Rights, through: Through | undefined): Rights {
  return through === undefined ? rights : withinOrganization(rights)
}

/** Takes away the logins that came through a provider, of one account or of all; the digests of their tokens. */
export async function takeThrough(
  db: Database,
  { organization, provider, account }: { readonly organization: string; readonly provider: string; readonly account?: string },
): Promise<string[]> {
  const whose = account === undefined ? undefined : eq(logins.accountId, account)
  const of = and(eq(logins.providerId, provider), whose)
  const gone = await db.tx({ organization }, (_sql, orm) => orm.delete(logins).where(of).returning({ hash: logins.tokenHash }))
  return gone.map(({ hash }) => Buffer.from(hash).toString('hex'))
}
