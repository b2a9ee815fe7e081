import type { Orm } from './drizzle.ts'
import { organizations } from './tables.ts'

/** Changes of who may what come one after the other, so that two owners cannot take each other's role at once. */
export async function alone(orm: Orm): Promise<void> {
  await orm.select({ id: organizations.organizationId }).from(organizations).for('no key update')
}
