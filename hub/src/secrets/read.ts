import type { Secret, SecretDetails } from '@fairlead/protocol/features/secrets.ts'
import { and, asc, desc, eq, sql, type Orm } from '../base/drizzle.ts'
import { accounts, environments } from '../base/tables.ts'
import { findSecret, noSuchSecret, type Which } from './find.ts'
import { askedWith, providerNames } from './providers.ts'
import { referenceOf, writeReference } from './reference.ts'
import { secrets, secretVersions } from './tables.ts'

/** Of one environment or of all; those for which `sees` says so, by the id of their environment. */
export async function listSecrets(
  orm: Orm,
  environment: string | undefined,
  sees: (environmentId: string | null) => boolean,
): Promise<Secret[]> {
  const newest = and(eq(secretVersions.secretId, secrets.id), eq(secretVersions.n, secrets.version))
  const rows = await orm
    .select({ secret: secrets, environment: environments.name, by: accounts.name })
    .from(secrets)
    .leftJoin(environments, eq(environments.id, secrets.environmentId))
    .leftJoin(secretVersions, newest)
    .leftJoin(accounts, eq(accounts.id, sql`coalesce(${secretVersions.accountId}, ${secrets.accountId})`))
    .where(environment === undefined ? undefined : eq(secrets.environmentId, environment))
    .orderBy(asc(secrets.name), asc(environments.name))
  const providers = await providerNames(orm)
  return rows.filter(({ secret }) => sees(secret.environmentId)).map((row) => shown({ ...row, providers }))
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
  const { secret } = found
  const usedBy = secret.environmentId === null ? await askedWith(orm, secret.name) : []
  return {
    ...shown({ ...found, by: rows[0]?.by ?? (await nameOf(orm, secret.accountId)), providers: await providerNames(orm) }),
    versions: rows.map((row) => ({ version: row.n, createdMs: row.createdAt.getTime(), by: row.by ?? '' })),
    usedBy: usedBy.map((name) => ({ kind: 'provider', name })),
  }
}

async function nameOf(orm: Orm, account: string | null): Promise<string> {
  if (account === null) return ''
  const [row] = await orm.select({ name: accounts.name }).from(accounts).where(eq(accounts.id, account))
  return row?.name ?? ''
}

export interface Shown {
  readonly secret: typeof secrets.$inferSelect
  readonly environment: string | null
  /** Who wrote the newest version. */
  readonly by: string | null
  /** Those that there are. */
  readonly providers: ReadonlySet<string>
}

/** What may be seen of a secret. */
export function shown({ secret, environment, by, providers }: Shown): Secret {
  const { name, description, version, createdAt, updatedAt } = secret
  const reference = referenceOf(secret)
  return {
    name,
    environment,
    description,
    version,
    createdMs: createdAt.getTime(),
    updatedMs: updatedAt.getTime(),
    by: by ?? '',
    reference: reference === undefined ? null : writeReference(reference),
    orphaned: reference !== undefined && !providers.has(reference.provider),
  }
}
