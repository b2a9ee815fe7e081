import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { loginsApi, Me } from '@fairlead/protocol/features/logins.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Caller } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, type Orm } from '../base/drizzle.ts'
import { canonical } from '../base/email.ts'
import { accounts, environments, memberships, organizations } from '../base/tables.ts'
import { giveOwner } from '../roles/roles.ts'
import { refuseCommon } from './common.ts'
import { checkPassword, hashPassword, type Lane } from './passwords.ts'

type Setup = Parameters<Handlers<typeof loginsApi>['setup']>[0]

/** The first account with its organization. Of two at once, the second throws `not_found`. */
export async function makeOwner(db: Database, input: Setup): Promise<{ account: string; organization: string }> {
  const [account, organization] = [randomUUID(), randomUUID()]
  const hash = await hashPassword(input.password)
  await db.tx({ organization }, async (sql, orm) => {
    await sql`SELECT pg_advisory_xact_lock(1)`
    if (await hasAccounts(orm)) throw new FairleadError('not_found', 'This hub has its owner already.')
    const { name, language } = input
    const own = { id: account, email: canonical(input.email), name, language, passwordHash: hash }
    await orm.insert(accounts).values({ ...own, runsHub: true })
    await insertOrganization(orm, { organization, account, name: input.organization })
  })
  return { account, organization }
}

/** An organization of an account's own. Its id. */
export async function makeOrganization(db: Database, account: string, name: string): Promise<string> {
  const organization = randomUUID()
  await db.tx({ organization }, (_sql, orm) => insertOrganization(orm, { organization, account, name }))
  return organization
}

interface NewOrganization {
  readonly organization: string
  readonly account: string
  readonly name: string
}

async function insertOrganization(orm: Orm, { organization, account, name }: NewOrganization): Promise<void> {
  await orm.insert(organizations).values({ organizationId: organization, name })
  await orm.insert(environments).values({ organizationId: organization, id: randomUUID(), name: 'default' })
  await orm.insert(memberships).values({ organizationId: organization, accountId: account })
  await giveOwner(orm, organization, account)
}

export async function hasAccounts(orm: Orm): Promise<boolean> {
  return (await orm.select({ id: accounts.id }).from(accounts).limit(1)).length > 0
}

export interface NewPerson {
  readonly name: string
  readonly password: string
  readonly language: 'en' | 'fr'
}

export interface Member {
  readonly id: string
  readonly name: string
  readonly organization: string
  /** Null: an account without a password, which signs in through a provider alone. */
  readonly passwordHash: string | null
}

/**
 * Whose address this is and whether the password is theirs. An account that does not exist costs as much: neither the answer
 * nor its time tells which it was.
 */
export async function checkAccount(
  db: Database,
  who: string,
  password: string,
  lane: Lane,
): Promise<{ right: boolean; member: Member | undefined }> {
  const [found] = await db.tx({}, (_sql, orm) => orm.select().from(accounts).where(eq(accounts.email, who)))
  const account = found?.id ?? randomUUID()
  const membership = await membershipOf(db, account)
  const right = await checkPassword(password, found?.passwordHash ?? undefined, lane)
  if (found === undefined || membership === undefined) return { right: false, member: undefined }
  const { id, name, passwordHash } = found
  return { right, member: { id, name, organization: membership.organizationId, passwordHash } }
}

/** Where an account comes in first. */
async function membershipOf(db: Database, account: string) {
  const own = and(eq(memberships.accountId, account), eq(memberships.active, true))
  const [found] = await db.tx({ account }, (_sql, orm) => orm.select().from(memberships).where(own))
  return found
}

/** An account that proved itself otherwise; undefined: it belongs nowhere any more. */
export async function memberOf(db: Database, account: string): Promise<Member | undefined> {
  const [found] = await db.tx({}, (_sql, orm) => orm.select().from(accounts).where(eq(accounts.id, account)))
  const membership = await membershipOf(db, account)
  if (found === undefined || membership === undefined) return undefined
  return { id: found.id, name: found.name, organization: membership.organizationId, passwordHash: found.passwordHash }
}

/** Whose e-mail it is: the account there is, whose password must be right, or one to be made. Throws `unauthenticated`. */
export async function personOf(db: Database, email: string, { name, password, language }: NewPerson) {
  const [known] = await db.tx({}, (_sql, orm) => orm.select().from(accounts).where(eq(accounts.email, email)))
  if (known === undefined) {
    refuseCommon(password, [name, email])
    const id = randomUUID()
    return { id, name, made: { id, email, name, language, passwordHash: await hashPassword(password) } }
  }
  if (await checkPassword(password, known.passwordHash ?? undefined)) return { id: known.id, name: known.name, made: undefined }
  throw new FairleadError('unauthenticated', `${email} has an account on this hub; its password is another one.`, {
    details: { field: 'password' },
  })
}

/** What is kept from now on. */
export async function rehash(db: Database, { id, passwordHash }: Member, password: string): Promise<string | null> {
  if (passwordHash === null) return null
  const hash = await hashPassword(password)
  // Unless it was changed meanwhile.
  const same = and(eq(accounts.id, id), eq(accounts.passwordHash, passwordHash))
  const kept = await db.tx({}, (_sql, orm) => orm.update(accounts).set({ passwordHash: hash }).where(same).returning({ id: accounts.id }))
  return kept.length === 0 ? passwordHash : hash
}

/** Who one is and what one may do. Throws `unauthenticated` when the account is gone. */
export async function describeMe(
  db: Database,
  account: string,
  organization: string,
  permissions: readonly string[],
  expires: Date,
): Promise<Omit<Me, 'provider' | 'mustEnrol'>> {
  const { name: accountName, email: address, language: spoken } = accounts
  const [row] = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ name: accountName, email: address, language: spoken, organization: organizations.name })
      .from(accounts)
      .innerJoin(organizations, eq(organizations.organizationId, organization))
      .where(eq(accounts.id, account)),
  )
  if (row === undefined) throw new FairleadError('unauthenticated', 'This account no longer exists.')
  const { name, email, language } = row
  const loginExpiresMs = expires.getTime()
  return {
    account,
    name,
    email: email ?? '',
    language,
    organization: { id: organization, name: row.organization },
    permissions: [...permissions],
    loginExpiresMs,
  }
}

export async function setLanguage(db: Database, { account, organization }: Caller, language: 'en' | 'fr'): Promise<void> {
  await db.tx({ organization }, (_sql, orm) => orm.update(accounts).set({ language }).where(eq(accounts.id, account)))
}
