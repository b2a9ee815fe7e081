import { randomUUID } from 'node:crypto'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { secretVersionsKept, type Secret, type secretsApi } from '@fairlead/protocol/features/secrets.ts'
import type { Caller, HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, lt, sql, type Orm } from '../base/drizzle.ts'
import type { SealedColumn } from '../base/reseal.ts'
import type { OpenSeal } from '../base/seal.ts'
import { environmentNamed, findSecret, named, placeIn, placeOf, whichOf, type Which } from './find.ts'
import { find as findProvider, openProviders, providerNames } from './providers.ts'
import { listSecrets, readSecret, shown, type Shown } from './read.ts'
import { readReference, referenceOf } from './reference.ts'
import { secrets, secretVersions } from './tables.ts'
import type { VaultFetch } from './vault-http.ts'

interface SecretsDeps {
  readonly db: Database
  readonly seal: Pick<OpenSeal, 'seal' | 'open' | 'rotate' | 'standing'>
  /** Judges every address that people gave. */
  readonly fetch: VaultFetch
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
export function openSecrets(deps: SecretsDeps): Secrets {
  const { db, seal, fetch } = deps
  const valueOf: Secrets['valueOf'] = (organization, wanted) => readValue(deps, providers, organization, wanted)
  const providers = openProviders({ db, fetch, ownValue: async (organization, name) => (await valueOf(organization, { name })).value })
  const tx = inside(db)

  const handlers: Handlers<typeof secretsApi, HubContext> = {
    list: ({ environment }, { caller }) =>
      tx(caller, async (orm) => {
        const of = environment === undefined ? undefined : (await environmentNamed(orm, environment)).id
        return listSecrets(orm, of, sees(caller))
      }),
    get: (input, context) => tx(context.caller, (orm) => readSecret(orm, whichOf(input, context), sees(context.caller))),
    create: (input, context) => create(deps, input, context),
    refer: (input, context) => refer(deps, input, context),
    async write({ value, ...input }, context) {
      const { account, organization } = context.caller
      const found = await tx(context.caller, (orm) => findSecret(orm, whichOf(input, context)))
      if (found.secret.provider !== null)
        throw new FairleadError('conflict', `${input.name} is kept in ${found.secret.provider}; write it there.`)
      const id = randomUUID()
      const sealed = await sealText(seal, placeOf(organization, found.secret.id, id), value)
      const version = { secretId: found.secret.id, id, value: sealed, accountId: account }
      return tx(context.caller, async (orm) => told(orm, { ...found, secret: await addVersion(orm, input.name, version) }, context))
    },
    describe: ({ description, ...input }, context) =>
      tx(context.caller, async (orm) => {
        const found = await findSecret(orm, whichOf(input, context))
        const [after] = await orm.update(secrets).set({ description }).where(eq(secrets.id, found.secret.id)).returning()
        return told(orm, { ...found, secret: after ?? gone(input.name) }, context)
      }),
    remove: (input, context) =>
      tx(context.caller, async (orm) => {
        const found = await findSecret(orm, whichOf(input, context))
        await orm.delete(secrets).where(eq(secrets.id, found.secret.id))
        call(found, context)
        return { name: found.secret.name }
      }),
    async reveal({ version, ...input }, context) {
      const found = await tx(context.caller, (orm) => findSecret(orm, whichOf(input, context)))
      call(found, context)
      return { name: input.name, ...(await valueOf(context.caller.organization, { ...whichOf(input, context), version })) }
    },
    async rotateKey(_input, { caller }) {
      await seal.rotate(caller.organization)
      return {}
    },
    async key(_input, { caller }) {
      const { sinceMs = null, ...counts } = await seal.standing(caller.organization)
      return { sinceMs, ...counts }
    },
    ...providers.handlers,
  }

  return { handlers, valueOf }
}

type Handler = Handlers<typeof secretsApi, HubContext>

function inside(db: Database) {
  return <T>({ organization }: { readonly organization: string }, run: (orm: Orm) => Promise<T>) =>
    db.tx({ organization }, (_sql, orm) => run(orm))
}

async function create({ db, seal }: SecretsDeps, { name, value, description }: Parameters<Handler['create']>[0], context: HubContext) {
  const tx = inside(db)
  const { account, organization: organizationId } = context.caller
  const [secretId, id] = [randomUUID(), randomUUID()]
  const sealed = await sealText(seal, placeOf(organizationId, secretId, id), value)
  return tx(context.caller, async (orm) => {
    const environment = await named(orm, whichOf({ name }, context).environment)
    await refuseMore(orm)
    const row = { organizationId, id: secretId, environmentId: environment?.id ?? null, name, description }
    const [secret] = await orm.insert(secrets).values(row).onConflictDoNothing().returning()
    if (secret === undefined) throw new FairleadError('conflict', `There is a secret ${name} already; write a new version of it instead.`)
    await orm.insert(secretVersions).values({ organizationId, secretId, id, n: 1, value: sealed, accountId: account })
    return told(orm, { secret, environment: environment?.name ?? null }, context)
  })
}

async function refer(
  { db }: SecretsDeps,
  { name, reference, description, environment: of }: Parameters<Handler['refer']>[0],
  context: HubContext,
) {
  const tx = inside(db)
  const { account, organization: organizationId } = context.caller
  const { provider, path, field } = readReference(reference)
  return tx(context.caller, async (orm) => {
    await findProvider(orm, provider)
    const environment = of === undefined ? undefined : await environmentNamed(orm, of)
    // A reference takes the right to the organization, whose provider it asks; and none goes where that was denied.
    if (environment !== undefined && !context.caller.rights.can('secrets:write', placeIn(environment.id)))
      throw new FairleadError('forbidden', 'This needs the permission secrets:write in that environment, too.', {
        details: { field: 'environment' },
      })
    await refuseMore(orm)
    const kept = { provider, path, field, accountId: account }
    const row = { organizationId, id: randomUUID(), environmentId: environment?.id ?? null, name, description, ...kept }
    const [secret] = await orm.insert(secrets).values(row).onConflictDoNothing().returning()
    if (secret === undefined) throw new FairleadError('conflict', `There is a secret ${name} already; delete it first.`)
    return told(orm, { secret, environment: environment?.name ?? null }, context)
  })
}

async function readValue(
  { db, seal }: SecretsDeps,
  providers: ReturnType<typeof openProviders>,
  organization: string,
  { version, ...which }: Parameters<Secrets['valueOf']>[1],
): ReturnType<Secrets['valueOf']> {
  const tx = inside(db)
  const { secret } = await tx({ organization }, (orm) => findSecret(orm, which))
  const kept = referenceOf(secret)
  if (kept !== undefined) return providers.read(organization, kept, version)
  const row = await tx({ organization }, async (orm) => {
    const wanted = and(eq(secretVersions.secretId, secret.id), eq(secretVersions.n, version ?? secret.version))
    const [found] = await orm.select().from(secretVersions).where(wanted)
    if (found === undefined)
      throw new FairleadError('not_found', `The secret ${which.name} has no version ${version}; the last ${secretVersionsKept} are kept.`)
    return found
  })
  const value = await seal.open(placeOf(organization, row.secretId, row.id), row.value)
  return { version: row.n, value: Buffer.from(value).toString('utf8') }
}

/** The row of the secret settles who comes first when two write at once. */
async function addVersion(
  orm: Orm,
  name: string,
  version: Omit<typeof secretVersions.$inferInsert, 'n' | 'organizationId'>,
): Promise<typeof secrets.$inferSelect> {
  const [secret] = await orm
    .update(secrets)
    .set({ version: sql`${secrets.version} + 1`, updatedAt: sql`now()` })
    .where(eq(secrets.id, version.secretId))
    .returning()
  if (secret === undefined) return gone(name)
  await orm.insert(secretVersions).values({ ...version, organizationId: secret.organizationId, n: secret.version })
  const old = and(eq(secretVersions.secretId, secret.id), lt(secretVersions.n, secret.version - secretVersionsKept + 1))
  await orm.delete(secretVersions).where(old)
  return secret
}

function gone(name: string): never {
  throw new FairleadError('not_found', `The secret ${name} was deleted a moment ago.`)
}

const sees =
  ({ rights }: Caller) =>
  (environmentId: string | null) =>
    rights.can('secrets:read', placeIn(environmentId))

/** The trail says which of the same name it was. */
function call({ secret, environment }: Pick<Shown, 'secret' | 'environment'>, { note }: Pick<HubContext, 'note'>): void {
  if (environment !== null) note(`${environment}/${secret.name}`)
}

/** For the answer to whoever just wrote it. */
async function told(
  orm: Orm,
  found: Pick<Shown, 'secret' | 'environment'>,
  { note, caller }: Pick<HubContext, 'note' | 'caller'>,
): Promise<Secret> {
  call(found, { note })
  return shown({ ...found, by: caller.name, providers: await providerNames(orm) })
}

async function refuseMore(orm: Orm): Promise<void> {
  if ((await orm.$count(secrets)) >= mostSecrets)
    throw new FairleadError('too_many', `An organization has ${mostSecrets} secrets at most; delete one that nothing uses.`)
}

/** Of an environment that is about to go: throws `conflict` while it has secrets. */
export async function refuseSecretsIn(orm: Orm, environment: string): Promise<void> {
  const held = await orm.$count(secrets, eq(secrets.environmentId, environment))
  if (held > 0)
    throw new FairleadError('conflict', `It has ${held} ${held === 1 ? 'secret' : 'secrets'}; delete ${held === 1 ? 'it' : 'them'} first.`)
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
