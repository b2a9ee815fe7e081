import { randomBytes } from 'node:crypto'
import type { TransactionSql } from 'postgres'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Database } from '../base/db.ts'
import { canonical } from '../base/email.ts'
import { createNotices } from '../factors/factors.ts'
import { hashPassword } from './passwords.ts'

interface Reset {
  readonly account: string
  readonly name: string
  readonly organizations: readonly string[]
  /** Told this once. */
  readonly password: string
}

/**
 * Gives an account back to its person: a drawn password, and with `factors` no second factor; its logins are to be ended next. In a transaction of the
 * database's owner: the way of whoever has the hub's own machine, and of nobody else.
 */
export async function resetAccount(db: TransactionSql, email: string, factors: boolean): Promise<Reset> {
  const [found] = await db<{ id: string; name: string }[]>`SELECT id, name FROM accounts WHERE email = ${canonical(email)}`
  if (found === undefined)
    throw new FairleadError('not_found', `No account has the e-mail ${email}; "fairlead-hub admin list" shows them all.`)
  const { id, name } = found
  const password = draw()
  await db`SELECT set_config('app.account', ${id}, true)`
  const of = await db<{ id: string }[]>`SELECT organization_id::text AS id FROM memberships WHERE account_id = ${id}`
  await db`UPDATE accounts SET password_hash = ${await hashPassword(password)} WHERE id = ${id}`
  // Browsers that are known could be the ones it was taken from.
  await db`DELETE FROM devices WHERE account_id = ${id}`
  if (factors) for (const table of ['totp', 'recovery_codes', 'passkeys']) await db`DELETE FROM ${db(table)} WHERE account_id = ${id}`
  // Nor by what somebody else may have made with it meanwhile.
  for (const { id: organization } of of) {
    await db`SELECT set_config('app.organization', ${organization}, true)`
    await db`DELETE FROM tokens WHERE account_id = ${id}`
    await db`DELETE FROM identities WHERE account_id = ${id} AND linked`
  }
  return { account: id, name, organizations: of.map((one) => one.id), password }
}

/** Once nobody can begin one with what was before. A hub that runs ends them first, and with them what is open. */
export async function endLogins(db: Database, { account, organizations }: Pick<Reset, 'account' | 'organizations'>): Promise<void> {
  for (const organization of organizations) await db.tx({ organization }, (sql) => sql`DELETE FROM logins WHERE account_id = ${account}`)
}

/** What the person reads about it; a hub that runs says so itself, by mail too. */
export async function noteReset(db: Database, account: string): Promise<void> {
  await createNotices(db, async () => undefined).note(account, 'reset', { ip: '', userAgent: '' })
}

/** Twenty letters and digits that cannot be mistaken for one another, in fours: 97 bits. */
function draw(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  let text = ''
  while (text.length < 20) {
    const byte = randomBytes(1)[0]!
    if (byte < 248) text += letters[byte % letters.length]
  }
  return text.match(/.{4}/g)!.join('-')
}
