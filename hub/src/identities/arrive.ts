import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Me, SecondStep } from '@fairlead/protocol/features/logins.ts'
import { and, eq, inArray, isNull, or, sql, type Orm } from '../base/drizzle.ts'
import { foldName, nameOf } from '../base/names.ts'
import { accounts, identities, identityProviders as providers, memberships } from '../base/tables.ts'
import type { LoginContext } from '../logins/logins.ts'
import type { IdentitiesDeps } from './identities.ts'
import { scimUsers } from '../scim/tables.ts'
import { identityRules as rules } from './tables.ts'

/** Somebody whom a provider knows, as it says. Whoever calls has proved that the provider said so. */
export interface Arrived {
  readonly organization: string
  /** The provider's id. */
  readonly provider: string
  /** What the provider never gives to anybody else, with what names the provider itself: `issuer sub`, `entryUUID`. */
  readonly subject: string
  readonly name: string
  /** To be shown; nothing is found by it and nobody is reached by it. */
  readonly email?: string | undefined
  readonly groups: readonly string[]
  /** What a directory that provisions may call them: ids, and the name that they sign in by. */
  readonly called?: { readonly ids: readonly string[]; readonly userName?: string | undefined } | undefined
}

const mostGroups = 1000
const mostSubjectChars = 1024

interface Found {
  readonly account: string
  readonly name: string
  readonly provider: typeof providers.$inferSelect
  readonly own: boolean
  readonly changed: boolean
  readonly made: boolean
  readonly adopted: boolean
  /** Nothing at all is given to the account any more. */
  readonly bare: boolean
}

/** A known identity signs in; an unknown one gets an account where the provider makes some and a rule gives it a role. */
export async function arrive(deps: IdentitiesDeps, arrived: Arrived, context: LoginContext): Promise<Me | SecondStep> {
  const { db, roles, logins } = deps
  const { organization } = arrived
  if (arrived.subject === '' || arrived.subject.length > mostSubjectChars)
    throw new FairleadError('bad_upstream', 'The provider names people by something that is too long to keep, or by nothing.')
  const { account, name, provider, own, changed, made, adopted, bare } = await db.tx({ organization }, (_sql, orm) =>
    settle(deps, orm, arrived),
  )
  if (changed) roles.changed(organization)
  if (bare) {
    await logins.endThrough({ organization, provider: provider.id, account })
    throw noRole(provider.name)
  }
  const member = { id: account, name, organization }
  if (made || adopted) await deps.audits.write({ ...joined(member, provider, context), ...(adopted ? { verb: 'identity.link' } : {}) })
  const through = { id: provider.id, name: provider.name, kind: provider.kind, secondFactor: provider.secondFactor, own }
  return logins.signInThrough(member, through, context)
}

/** Who it is, with what the rules give them now. One at a time for each provider: two first visits at once are one account. */
async function settle({ roles }: IdentitiesDeps, orm: Orm, arrived: Arrived): Promise<Found> {
  const open = and(eq(providers.id, arrived.provider), eq(providers.enabled, true))
  const [provider] = await orm.select().from(providers).where(open).for('no key update')
  if (provider === undefined) throw new FairleadError('unauthenticated', 'Nobody signs in through this provider now.')
  const given = await matching(orm, arrived)
  const there = await findKnown(orm, arrived)
  const known = there ?? (provider.provisioner === null ? undefined : await adopt(orm, arrived, provider.provisioner))
  if (known === undefined && (!provider.justInTime || given.length === 0))
    throw provider.justInTime ? noRole(provider.name) : unknown(provider.name)
  const { account, own, name } = known ?? (await make(orm, arrived))
  const { organization } = arrived
  const changed = await roles.follow(orm, { organization, account, provider: provider.id, given })
  const bare = !(await roles.hasAny(orm, account))
  return {
    account,
    name,
    provider,
    own,
    changed: changed || known === undefined,
    made: known === undefined,
    adopted: there === undefined && known !== undefined,
    bare,
  }
}

async function matching(orm: Orm, { provider, groups }: Arrived) {
  const named = [...new Set(groups)].slice(0, mostGroups)
  const mine = or(eq(rules.externalGroup, '*'), named.length === 0 ? undefined : inArray(rules.externalGroup, named))
  return orm
    .select({ role: rules.role, reach: rules.reach })
    .from(rules)
    .where(and(eq(rules.providerId, provider), mine))
}

async function findKnown(orm: Orm, { provider, subject, name, email = '' }: Arrived) {
  const which = and(eq(identities.providerId, provider), eq(identities.subject, subject))
  const [found] = await orm
    .update(identities)
    .set({ name: nameOf(name), email: email.slice(0, 254), usedAt: sql`now()` })
    .where(which)
    .returning({ account: identities.accountId })
  if (found === undefined) return undefined
  const [row] = await orm.select({ name: accounts.name, email: accounts.email }).from(accounts).where(eq(accounts.id, found.account))
  if (row === undefined) return undefined
  const own = row.email === null
  // Of an account that stands on the provider, what it says last is its name; a person's own keeps the one they gave it.
  if (own && row.name !== nameOf(name))
    await orm
      .update(accounts)
      .set({ name: nameOf(name) })
      .where(eq(accounts.id, found.account))
  return { account: found.account, own, name: own ? nameOf(name) : row.name }
}

/**
 * Somebody whom a directory made comes for the first time: to the account that waits for them, if the names tell exactly one. Only to one
 * of the directory that the provider was tied to: another one says of its own people what it likes.
 */
async function adopt(orm: Orm, arrived: Arrived, provisioner: string) {
  const { organization: organizationId, provider: providerId, subject, name, email = '', called } = arrived
  if (called === undefined) return undefined
  const ids = called.ids.filter((id) => id !== '')
  const { externalId, nameKey, accountId } = scimUsers
  // A name that people may choose is no proof of who they are where the directory gave an id.
  const byName = called.userName === undefined ? undefined : and(isNull(externalId), eq(nameKey, foldName(called.userName)))
  if (ids.length === 0 && byName === undefined) return undefined
  const found = await orm
    .select({ account: accountId, name: accounts.name })
    .from(scimUsers)
    .innerJoin(accounts, eq(accounts.id, accountId))
    .where(and(eq(scimUsers.provisioner, provisioner), or(ids.length === 0 ? undefined : inArray(externalId, ids), byName)))
  const [one] = found
  if (one === undefined) return undefined
  const taken = and(eq(identities.providerId, providerId), eq(identities.accountId, one.account))
  if (found.length > 1 || (await orm.$count(identities, taken)) > 0)
    throw new FairleadError('conflict', 'More than one person here could be meant; ask who manages access.')
  const row = {
    organizationId,
    id: randomUUID(),
    providerId,
    subject,
    accountId: one.account,
    name: nameOf(name),
    email: email.slice(0, 254),
  }
  await orm.insert(identities).values({ ...row, linked: false })
  return { account: one.account, own: true, name: one.name }
}

/** Without e-mail and password: by neither can anybody sign in to it, be invited into it, or take it over. */
async function make(orm: Orm, { organization: organizationId, provider: providerId, subject, name, email = '' }: Arrived) {
  const account = randomUUID()
  await orm.insert(accounts).values({ id: account, email: null, passwordHash: null, name: nameOf(name) })
  await orm.insert(memberships).values({ organizationId, accountId: account })
  const row = { organizationId, id: randomUUID(), providerId, subject, accountId: account, name: nameOf(name), email: email.slice(0, 254) }
  await orm.insert(identities).values({ ...row, linked: false })
  return { account, own: true, name: nameOf(name) }
}

function joined(
  { id, name, organization }: { readonly id: string; readonly name: string; readonly organization: string },
  provider: { readonly id: string; readonly name: string },
  { caller: { ip, userAgent, trace } }: LoginContext,
) {
  const what = {
    verb: 'account.join',
    outcome: 'ok',
    host: '',
    hostName: '',
    target: id,
    targetName: `${name} (${provider.name})`,
    code: '',
  } as const
  return { ...what, organization, actor: id, actorName: name, factor: 'provider', ip, userAgent: userAgent.slice(0, 200), trace }
}

function noRole(provider: string): FairleadError {
  return new FairleadError(
    'forbidden',
    `${provider} knows you, and none of your groups has a role here; ask who manages access for a rule.`,
    {
      details: { signIn: 'no-role' },
    },
  )
}

function unknown(provider: string): FairleadError {
  return new FairleadError(
    'forbidden',
    `${provider} knows you, and you have no account here yet; ask who manages access for one, then link it.`,
    {
      details: { signIn: 'unknown' },
    },
  )
}
