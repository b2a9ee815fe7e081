import type { Database } from '../base/db.ts'
import type { Demo } from '../demo/demo.ts'
import type { Enrolment } from './enrolment.ts'

/** A line for this machine's own agent; undefined: nobody owns the hub yet. */
export async function inviteLocal(db: Database, enrolment: Enrolment, address: string): Promise<string | undefined> {
  const organization = await firstOrganization(db)
  return organization && (await enrolment.invite(organization, { ttlSeconds: 900, tags: ['hub'], address, for: 'own' })).join
}

export async function startDemo(db: Database, demo: Demo, hosts: number): Promise<void> {
  const organization = await firstOrganization(db)
  if (organization !== undefined) await demo.start(organization, hosts)
}

async function firstOrganization(db: Database): Promise<string | undefined> {
  // By whoever set the hub up, as they see it: to the owner of the tables row-level security may show nothing.
  const [account] = await db.tx({}, (sql) => sql<{ id: string }[]>`SELECT id FROM accounts ORDER BY runs_hub DESC, created_at LIMIT 1`)
  if (account === undefined) return undefined
  const [row] = await db.tx(
    { account: account.id },
    (sql) =>
      sql<{ id: string }[]>`SELECT organization_id AS id FROM memberships WHERE account_id = ${account.id} ORDER BY created_at LIMIT 1`,
  )
  return row?.id
}
