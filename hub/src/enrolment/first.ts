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
  const [owner] = await db.owner((sql) => sql<{ organization_id: string }[]>`SELECT organization_id FROM organizations LIMIT 1`)
  return owner?.organization_id
}
