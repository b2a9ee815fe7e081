import { randomUUID } from 'node:crypto'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { secretVersionsKept, type Secret, type secretsApi } from '@fairlead/protocol/features/secrets.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, lt, sql, type Orm } from '../base/drizzle.ts'
import type { SealedColumn } from '../base/reseal.ts'
import type { OpenSeal } from '../base/seal.ts'
import { findSecret, named, placeOf, type Which } from './find.ts'
import { listSecrets, readSecret, shown } from './read.ts'
import { secrets, secretVersions } from './tables.ts'

export interface SecretsDeps {
  readonly db: Database
  readonly seal: Pick<OpenSeal, 'seal' | 'open' | 'rotate'>
}

export interface Secrets {
  readonly handlers: Handlers<typeof secretsApi, HubContext>
  /** For features that hand a value on. Whoever lets a person see it audits that. Throws `not_found`. */
  valueOf(
    organization: string,
    which: Which & { readonly version?: number | undefined },
  ): Promise<{ readonly version: number; readonly value: string }>
}

export const sealedSecrets: SealedColumn = { table: 'secret_versions', column: 'value', row: ['secret_id', 'id'], of: 'organization' }

const mostSecrets = 1000

/** Values go in and are seen by nobody, but for `reveal`, which is audited. */
export function openSecrets({ db, seal }: SecretsDeps): Secrets {
  const tx = <T>({ organization }: { readonly organization: string }, run: (orm: Orm) => Promise<T>) =>
    db.tx({ organization }, (_sql, orm) => run(orm))

  const handlers: Handlers<typeof secretsApi, HubContext> = {
    list: ({ environment }, { caller }) => tx(caller, (orm) => listSecrets(orm, environment)),
    get: (input, { caller }) => tx(caller, (orm) => readSecret(orm, input)),
    async create({ value, description, ...which }, { caller }) {
      const [secretId, id] = [randomUUID(), randomUUID()]
      const sealed = await sealText(seal, placeOf(caller.organization, secretId, id), value)
      return tx(caller, async (orm) => {
        const environment = await named(orm, which.environment)
        if ((await orm.$count(secrets)) >= mostSecrets)
          throw new FairleadError('conflict', `An organization has ${mostSecrets} secrets at most; delete one that nothing uses.`)
        const own = { organizationId: caller.organization }
        const row = { ...own, id: secretId, environmentId: environment?.id ?? null, name: which.name, description }
        const [secret] = await orm.insert(secrets).values(row).onConflictDoNothing().returning()
        if (secret === undefined)
          throw new FairleadError('conflict', `There is a secret ${which.name} already; write a new version of it instead.`)
        await orm.insert(secretVersions).values({ ...own, secretId, id, n: 1, value: sealed, accountId: caller.account })
        return shown({ secret, environment: environment?.name ?? null })
      })
    },
    async write({ value, ...which }, { caller }) {
      const { secret } = await tx(caller, (orm) => findSecret(orm, which))
      const id = randomUUID()
      const sealed = await sealText(seal, placeOf(caller.organization, secret.id, id), value)
      return tx(caller, (orm) => addVersion(orm, which, { secretId: secret.id, id, value: sealed, accountId: caller.account }))
    },
    describe: ({ description, ...which }, { caller }) =>
      tx(caller, async (orm) => {
        const { secret, environment } = await findSecret(orm, which)
        const [after] = await orm.update(secrets).set({ description }).where(eq(secrets.id, secret.id)).returning()
        return shown({ secret: after ?? gone(which), environment })
      }),
    remove: (which, { caller }) =>
      tx(caller, async (orm) => {
        const { secret } = await findSecret(orm, which)
        await orm.delete(secrets).where(eq(secrets.id, secret.id))
        return { name: which.name }
      }),
    reveal: async (which, { caller }) => ({ name: which.name, ...(await valueOf(caller.organization, which)) }),
    async rotateKey(_input, { caller }) {
      await seal.rotate(caller.organization)
      return {}
    },
  }

  const valueOf: Secrets['valueOf'] = async (organization, { version, ...which }) => {
    const row = await tx({ organization }, async (orm) => {
      const { secret } = await findSecret(orm, which)
      const wanted = and(eq(secretVersions.secretId, secret.id), eq(secretVersions.n, version ?? secret.version))
      const [found] = await orm.select().from(secretVersions).where(wanted)
      if (found === undefined)
        throw new FairleadError('not_found', `The secret ${which.name} has no version ${version}; the last ${secretVersionsKept} are kept.`)
      return found
    })
    const value = await seal.open(placeOf(organization, row.secretId, row.id), row.value)
    return { version: row.n, value: Buffer.from(value).toString('utf8') }
  }

  return { handlers, valueOf }
}

/** The row of the secret settles who comes first when two write at once. */
async function addVersion(
  orm: Orm,
  which: Which,
  version: Omit<typeof secretVersions.$inferInsert, 'n' | 'organizationId'>,
): Promise<Secret> {
  const [secret] = await orm
    .update(secrets)
    .set({ version: sql`${secrets.version} + 1`, updatedAt: sql`now()` })
    .where(eq(secrets.id, version.secretId))
    .returning()
  if (secret === undefined) return gone(which)
  await orm.insert(secretVersions).values({ ...version, organizationId: secret.organizationId, n: secret.version })
  const old = and(eq(secretVersions.secretId, secret.id), lt(secretVersions.n, secret.version - secretVersionsKept + 1))
  await orm.delete(secretVersions).where(old)
  const environment = secret.environmentId === null ? undefined : await named(orm, secret.environmentId)
  return shown({ secret, environment: environment?.name ?? null })
}

function gone({ name }: Which): never {
  throw new FairleadError('not_found', `The secret ${name} was deleted a moment ago.`)
}

/** As text it must come back the same: half a character would not. */
async function sealText(seal: SecretsDeps['seal'], place: Parameters<SecretsDeps['seal']['seal']>[0], value: string): Promise<Uint8Array> {
  if (!value.isWellFormed())
    throw new FairleadError(
      'invalid_input',
      'The value holds half of a character, which UTF-8 cannot say; encode what is no text in base64.',
      {
        details: { field: 'value' },
      },
    )
  return seal.seal(place, Buffer.from(value, 'utf8'))
}
