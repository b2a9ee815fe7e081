import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Database } from '@fairlead/hub/base/db.ts'
import { hashPassword } from '@fairlead/hub/logins/passwords.ts'

export const password = 'four unrelated words'

type Owner = Parameters<Parameters<Database['owner']>[0]>[0]

export interface Person {
  readonly id: string
  readonly email: string
  /** As a browser sends it. */
  readonly cookie: string
}

export interface Furnished {
  readonly organization: string
  readonly people: readonly Person[]
}

/** Straight into the database of a hub that was set up: 50 hosts, people with some grants each, each signed in. One hash serves them all. */
export async function furnish(sql: Owner, count: number): Promise<Furnished> {
  const [place] = await sql<{ organization_id: string; id: string }[]>`SELECT organization_id, id FROM environments`
  const organization = place!.organization_id
  const own = { organization_id: organization }
  const hosts = Array.from({ length: 50 }, (_, n) => ({
    ...own,
    id: randomUUID(),
    environment_id: place!.id,
    public_key: randomBytes(32),
    name: `host-${n}`,
    tags: [`t${n % 5}`],
  }))
  const hash = await hashPassword(password)
  const people = Array.from({ length: count }, (_, n) => {
    const token = randomBytes(32).toString('base64url')
    return { id: randomUUID(), email: `p${n}@example.test`, token, cookie: `__Host-fairlead=${token}` }
  })
  // The owner of tables is held by row-level security as well.
  await sql.begin(async (db) => {
    await db`SELECT set_config('app.organization', ${organization}, true)`
    await db`INSERT INTO hosts ${db(hosts)}`
    await db`INSERT INTO accounts ${db(people.map(({ id, email }, n) => ({ id, email, name: `Person ${n}`, password_hash: hash })))}`
    await db`INSERT INTO memberships ${db(people.map(({ id }) => ({ ...own, account_id: id })))}`
    const nothing = { host_id: null, tag: null, environment_id: null }
    const grants = people.flatMap(({ id }, n) => {
      const grant = (built_in: string, reach: object) => ({
        ...own,
        id: randomUUID(),
        account_id: id,
        built_in,
        effect: 'allow',
        ...nothing,
        ...reach,
      })
      const parts = [grant('operator', { host_id: hosts[n % 50]!.id }), grant('developer', { tag: `t${n % 5}` }), grant('auditor', {})]
      return n % 2 === 0 ? [...parts, grant('viewer', {})] : parts
    })
    await db`INSERT INTO grants ${db(grants)}`
    const logins = people.map(({ id, token }) => ({
      ...own,
      account_id: id,
      token_hash: createHash('sha256').update(token).digest(),
      expires_at: new Date(Date.now() + 86_400_000),
    }))
    await db`INSERT INTO logins ${db(logins)}`
  })
  return { organization, people }
}
