import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { HubContext } from '../base/access.ts'
import { and, desc, eq, isNull, or, sql, type Orm } from '../base/drizzle.ts'
import type { Place } from '../base/rights.ts'
import type { SealPlace } from '../base/seal-record.ts'
import { environments } from '../base/tables.ts'
import { secrets } from './tables.ts'

/** How a secret is asked for: by its name, of an environment (its id) or, where none is said, of the organization itself. */
export interface Which {
  readonly name: string
  readonly environment?: string | undefined
}

/** What the door found of what was asked: the environment by its id. */
export function whichOf({ name }: { readonly name: string }, { environment }: Pick<HubContext, 'environment'>): Which {
  return { name, environment: environment === '' ? undefined : environment }
}

/** Where a right to it must hold. */
export function placeIn(environmentId: string | null): Place {
  return environmentId === null ? {} : { environment: environmentId }
}

export function placeOf(organization: string, secret: string, version: string): SealPlace {
  return { organization, table: 'secret_versions', row: `${secret}/${version}`, column: 'value' }
}

/** By name or id, where no door looked it up. Throws `not_found`. */
export async function environmentNamed(orm: Orm, ref: string): Promise<{ id: string; name: string }> {
  const { id, name } = environments
  // As text: a name that is no id would be an error. The id first: a name that reads like the id of another leads nobody elsewhere.
  const isId = eq(sql`${id}::text`, ref)
  const [found] = await orm
    .select({ id, name })
    .from(environments)
    .where(or(isId, eq(name, ref)))
    .orderBy(desc(isId))
  if (found === undefined) throw new FairleadError('not_found', 'There is no such environment.')
  return found
}

/** Undefined: of the whole organization. Throws `not_found`. */
export async function named(orm: Orm, environment: string | undefined): Promise<{ id: string; name: string } | undefined> {
  if (environment === undefined) return undefined
  const { id, name } = environments
  const [found] = await orm.select({ id, name }).from(environments).where(eq(id, environment))
  if (found === undefined) throw new FairleadError('not_found', 'There is no such environment.')
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
  throw noSuchSecret(name, own?.name)
}

/** Alike for what is not there and for what this caller may not see. */
export function noSuchSecret(name: string, environment: string | undefined): FairleadError {
  return new FairleadError(
    'not_found',
    `There is no secret ${name}${environment === undefined ? '' : ` in ${environment}`}; make it first.`,
  )
}
