import type { Secret, SecretDetails } from '@fairlead/protocol/features/secrets.ts'
import { asc, desc, eq, type Orm } from '../base/drizzle.ts'
import { accounts, environments } from '../base/tables.ts'
import { findSecret, noSuchSecret, type Which } from './find.ts'
import { secrets, secretVersions } from './tables.ts'

/** Of one environment or of all; those for which `sees` says so, by the id of their environment. */
export async function listSecrets(
  orm: Orm,
  environment: string | undefined,
  sees: (environmentId: string | null) => boolean,
): Promise<Secret[]> {
  const rows = await orm
    .select({ secret: secrets, environment: environments.name })
    .from(secrets)
    .leftJoin(environments, eq(environments.id, secrets.environmentId))
    .where(environment === undefined ? undefined : eq(secrets.environmentId, environment))
    .orderBy(asc(secrets.name), asc(environments.name))
  return rows.filter(({ secret }) => sees(secret.environmentId)).map(shown)
}

/** Throws `not_found`. */
export async function readSecret(orm: Orm, which: Which, sees: (environmentId: string | null) => boolean): Promise<SecretDetails> {
  const found = await findSecret(orm, which)
  if (!sees(found.secret.environmentId)) throw noSuchSecret(which.name, undefined)
  const { n, createdAt, secretId, accountId } = secretVersions
  const rows = await orm
    .select({ n, createdAt, by: accounts.name })
    .from(secretVersions)
    .leftJoin(accounts, eq(accounts.id, accountId))
    .where(eq(secretId, found.secret.id))
    .orderBy(desc(n))
  return { ...shown(found), versions: rows.map((row) => ({ version: row.n, createdMs: row.createdAt.getTime(), by: row.by ?? '' })) }
}

/** What may be seen of a secret. */
export function shown({
  secret,
  environment,
}: {
  readonly secret: typeof secrets.$inferSelect
  readonly environment: string | null
}): Secret {
  const { name, description, version, createdAt, updatedAt } = secret
  return { name, environment, description, version, createdMs: createdAt.getTime(), updatedMs: updatedAt.getTime() }
}
