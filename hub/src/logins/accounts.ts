import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { loginsApi, Me } from '@fairlead/protocol/features/logins.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Database } from '../base/db.ts'
import { checkPassword, hashPassword } from './passwords.ts'

type Setup = Parameters<Handlers<typeof loginsApi>['setup']>[0]

/** One spelling of an address, however it is typed. */
export function canonical(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}

/** The first account with its organization. Of two at once, the second throws `not_found`. */
export async function makeOwner(db: Database, input: Setup): Promise<{ account: string; organization: string }> {
  const [account, organization, environment] = [randomUUID(), randomUUID(), randomUUID()]
  const hash = await hashPassword(input.password)
  await db.tx({ organization }, async (sql) => {
    await sql`SELECT pg_advisory_xact_lock(1)`
    if ((await sql`SELECT 1 FROM accounts LIMIT 1`).length > 0) throw new FairleadError('not_found', 'This hub has its owner already.')
    await sql`INSERT INTO accounts (id, email, name, language, password_hash) VALUES (${account}, ${canonical(input.email)}, ${input.name}, ${input.language}, ${hash})`
    await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, ${input.organization})`
    await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${environment}, 'default')`
    await sql`INSERT INTO memberships (organization_id, account_id, role) VALUES (${organization}, ${account}, 'owner')`
  })
  return { account, organization }
}

export interface Member {
  readonly id: string
  readonly name: string
  readonly organization: string
  readonly passwordHash: string
}

/**
 * Whose address this is and whether the password is theirs. An account that does not exist costs as much: neither the answer
 * nor its time tells which it was.
 */
export async function checkAccount(db: Database, who: string, password: string): Promise<{ right: boolean; member: Member | undefined }> {
  const [found] = await db.tx(
    {},
    (sql) => sql<{ id: string; name: string; password_hash: string }[]>`SELECT id, name, password_hash FROM accounts WHERE email = ${who}`,
  )
  const account = found?.id ?? randomUUID()
  const [membership] = await db.tx(
    { account },
    (sql) => sql<{ organization_id: string }[]>`SELECT organization_id FROM memberships WHERE account_id = ${account}`,
  )
  const right = await checkPassword(password, found?.password_hash)
  if (found === undefined || membership === undefined) return { right: false, member: undefined }
  const { id, name, password_hash: passwordHash } = found
  return { right, member: { id, name, organization: membership.organization_id, passwordHash } }
}

export async function rehash(db: Database, { id, passwordHash }: Member, password: string): Promise<void> {
  const hash = await hashPassword(password)
  await db.tx({}, (sql) => sql`UPDATE accounts SET password_hash = ${hash} WHERE id = ${id} AND password_hash = ${passwordHash}`)
}

/** Who one is and what one may do. Throws `unauthenticated` when the account is gone. */
export async function describeMe(
  db: Database,
  account: string,
  organization: string,
  permissions: ReadonlySet<string>,
  expires: Date,
): Promise<Me> {
  const [row] = await db.tx(
    { organization },
    (sql) => sql<{ name: string; email: string; language: 'en' | 'fr'; organization: string }[]>`
      SELECT accounts.name, email, language, organizations.name AS organization FROM accounts, organizations
      WHERE accounts.id = ${account} AND organizations.organization_id = ${organization}`,
  )
  if (row === undefined) throw new FairleadError('unauthenticated', 'This account no longer exists.')
  const { name, email, language } = row
  const loginExpiresMs = expires.getTime()
  return {
    account,
    name,
    email,
    language,
    organization: { id: organization, name: row.organization },
    permissions: [...permissions],
    loginExpiresMs,
  }
}
