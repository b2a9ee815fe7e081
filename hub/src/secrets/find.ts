import { FairleadError } from '@fairlead/protocol/errors.ts'
import { and, eq, isNull, or, sql, type Orm } from '../base/drizzle.ts'
import type { SealPlace } from '../base/seal-record.ts'
import { environments } from '../base/tables.ts'
import { secrets } from './tables.ts'

/** How a secret is asked for: by its name, of an environment (name or id) or of the organization itself. */
export interface Which {
  readonly name: string
  readonly environment?: string | undefined
}

export function placeOf(organization: string, secret: string, version: string): SealPlace {
  return { organization, table: 'secret_versions', row: `${secret}/${version}`, column: 'value' }
}

/** Undefined: of the whole organization. Throws `not_found`. */
export async function named(orm: Orm, environment: string | undefined): Promise<{ id: string; name: string } | undefined> {
  if (environment === undefined) return undefined
  const { id, name } = environments
  const wanted = or(eq(name, environment), eq(sql`${id}::text`, environment))
  const [found] = await orm.select({ id, name }).from(environments).where(wanted).limit(1)
  if (found === undefined) throw new FairleadError('not_found', `There is no environment ${environment}.`)
  return found
}

/** Throws `not_found`. */
export async function findSecret(
  orm: Orm,
  { name, environment }: Which,
): Promise<{ readonly secret: typeof secrets.$inferSelect; readonly environment: string | null }> {
  const own = await named(orm, environment)
  const where = own === undefined ? isNull(secrets.environmentId) : eq(secrets.environmentId, own.id)
  const [secret] = await orm
    .select()
    .from(secrets)
    .where(and(eq(secrets.name, name), where))
  if (secret !== undefined) return { secret, environment: own?.name ?? null }
  throw new FairleadError('not_found', `There is no secret ${name}${own === undefined ? '' : ` in ${own.name}`}; make it first.`)
}
