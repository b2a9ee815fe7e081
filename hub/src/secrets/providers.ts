import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { mostProviders, type SecretProvider, type secretsApi } from '@fairlead/protocol/features/secrets.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, asc, eq, isNull, type Orm } from '../base/drizzle.ts'
import type { SecretProvider as Store } from './provider.ts'
import type { Reference } from './reference.ts'
import { secretProviders, secrets } from './tables.ts'
import type { VaultFetch } from './vault-http.ts'
import { openVault } from './vault.ts'

interface ProvidersDeps {
  readonly db: Database
  /** Judges every address that people gave. */
  readonly fetch: VaultFetch
  /** The value of the organization's own secret by this name. */
  readonly ownValue: (organization: string, name: string) => Promise<string>
}

type Row = typeof secretProviders.$inferSelect
type Own = 'providers' | 'setProvider' | 'removeProvider' | 'testProvider'

/** Stores of secrets that are not the hub's own, and what is kept there. */
export function openProviders({ db, fetch, ownValue }: ProvidersDeps) {
  const tx = <T>(organization: string, run: (orm: Orm) => Promise<T>) => db.tx({ organization }, (_sql, orm) => run(orm))

  async function open(organization: string, name: string): Promise<Store> {
    const row = await tx(organization, (orm) => find(orm, name))
    const shown = await ownValue(organization, row.secret).catch((cause: unknown) => {
      if (!(cause instanceof FairleadError) || cause.code !== 'not_found') throw cause
      throw new FairleadError('conflict', `${name} is asked with the secret ${row.secret}, which is gone; choose another one for it.`)
    })
    const { address, mount, namespace, auth, roleId, authMount } = row
    return openVault({
      fetch,
      address,
      mount,
      ...(namespace === '' ? {} : { namespace }),
      auth: auth === 'token' ? { kind: 'token', token: () => shown } : { kind: 'approle', roleId, secretId: () => shown, mount: authMount },
    })
  }

  const handlers: Pick<Handlers<typeof secretsApi, HubContext>, Own> = {
    providers: (_input, { caller }) => tx(caller.organization, list),
    async setProvider(input, { caller: { organization } }) {
      const fields = { ...input, address: originOf(input.address) }
      if (input.auth === 'approle' && input.roleId === '')
        throw new FairleadError('invalid_input', 'An AppRole has a role id; its secret id is the secret.', { details: { field: 'roleId' } })
      return tx(organization, async (orm) => {
        if (!(await isOwn(orm, input.secret)))
          throw new FairleadError(
            'not_found',
            `There is no secret ${input.secret} of the organization; make it first, with what the hub shows there.`,
            {
              details: { field: 'secret' },
            },
          )
        const others = (await list(orm)).filter(({ name }) => name !== input.name)
        if (others.length >= mostProviders) throw new FairleadError('too_many', `An organization has ${mostProviders} providers at most.`)
        const { organizationId, name } = secretProviders
        const own = { organizationId: organization, ...fields }
        await orm
          .insert(secretProviders)
          .values(own)
          .onConflictDoUpdate({ target: [organizationId, name], set: fields })
        return (await list(orm)).find((one) => one.name === input.name)!
      })
    },
    async removeProvider({ name }, { caller }) {
      const gone = await tx(caller.organization, (orm) => orm.delete(secretProviders).where(eq(secretProviders.name, name)).returning())
      if (gone.length === 0) throw noSuchProvider(name)
      return { name }
    },
    async testProvider({ name }, { caller, signal }) {
      await (await open(caller.organization, name)).check(signal)
      return { name }
    },
  }

  return {
    handlers,
    /** Asked for there, now. */
    async read(organization: string, { provider, path, field }: Reference, version: number | undefined) {
      return (await open(organization, provider)).read({ path, field, ...(version === undefined ? {} : { version }) })
    },
  }
}

/** Throws `not_found`. */
export async function find(orm: Orm, name: string): Promise<Row> {
  const [row] = await orm.select().from(secretProviders).where(eq(secretProviders.name, name))
  if (row === undefined) throw noSuchProvider(name)
  return row
}

function noSuchProvider(name: string): FairleadError {
  return new FairleadError('not_found', `There is no provider ${name}; set it up first.`)
}

export async function providerNames(orm: Orm): Promise<ReadonlySet<string>> {
  const rows = await orm.select({ name: secretProviders.name }).from(secretProviders)
  return new Set(rows.map(({ name }) => name))
}

/** Those that are asked with this secret. */
export async function askedWith(orm: Orm, secret: string): Promise<string[]> {
  const rows = await orm.select({ name: secretProviders.name }).from(secretProviders).where(eq(secretProviders.secret, secret))
  return rows.map(({ name }) => name).sort()
}

async function list(orm: Orm): Promise<SecretProvider[]> {
  const rows = await orm.select().from(secretProviders).orderBy(asc(secretProviders.name))
  const all: SecretProvider[] = []
  for (const { organizationId: _, createdAt, ...row } of rows) {
    const references = await orm.$count(secrets, eq(secrets.provider, row.name))
    all.push({ ...row, references, secretGone: !(await isOwn(orm, row.secret)), createdMs: createdAt.getTime() })
  }
  return all
}

/** A value of the organization's own: not one that is kept elsewhere again, which might lead in a circle. */
async function isOwn(orm: Orm, name: string): Promise<boolean> {
  return (await orm.$count(secrets, and(eq(secrets.name, name), isNull(secrets.environmentId), isNull(secrets.provider)))) > 0
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url.origin
  throw new FairleadError('invalid_input', 'The address of a Vault is an origin: https://vault.example:8200.', {
    details: { field: 'address' },
  })
}
