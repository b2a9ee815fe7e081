import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

/** Either kind of name that people give to secrets: database-password or DATABASE_PASSWORD. It is never changed: others refer to it. */
const secretNameForm = /^(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)$/
const mostSecretNameChars = 64
/** Of UTF-8. */
const mostSecretBytes = 65_536
export const secretVersionsKept = 10

/** A secret without its value, which no list and no other answer than `reveal` has. */
export const Secret = z.object({
  name: z.string(),
  /** By name; null: of the whole organization. */
  environment: z.nullable(z.string()),
  description: z.string(),
  /** The newest version; they count from 1, and the last 10 are kept. */
  version: z.int(),
  createdMs: z.number(),
  /** When the newest version was written. */
  updatedMs: z.number(),
  /** Who wrote the newest version; empty when the account is gone. */
  by: z.string(),
  /** Where it is kept when it is not here: `provider:path#field`. Asked for there each time. */
  reference: z.nullable(z.string()),
  /** The provider of its reference is gone: it leads nowhere. */
  orphaned: z.boolean(),
})
export type Secret = z.infer<typeof Secret>

export const SecretDetails = z.extend(Secret, {
  /** Newest first. `by`: the name of whoever wrote it; empty when the account is gone. */
  versions: z.array(z.object({ version: z.int(), createdMs: z.number(), by: z.string() })),
  /** What stops working without it. */
  usedBy: z.array(z.object({ kind: z.literal('provider'), name: z.string() })),
})
export type SecretDetails = z.infer<typeof SecretDetails>

/** Other than in secrets: it begins references, `vault:path#field`. */
const providerNameForm = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
export const mostProviders = 20

const ProviderName = z.string().check(z.maxLength(32), z.regex(providerNameForm))
const Line = (most: number) => z.string().check(z.trim(), z.maxLength(most))

/** A HashiCorp Vault or an OpenBao with a KV store of version 2. */
const ProviderFields = {
  /** An origin: https://vault.example:8200 */
  address: z.string().check(z.trim(), z.minLength(1), z.maxLength(512)),
  /** Of the KV store. */
  mount: z._default(z.string().check(z.trim(), z.minLength(1), z.maxLength(256)), 'secret'),
  namespace: z._default(Line(256), ''),
  auth: z.enum(['token', 'approle']),
  roleId: z._default(Line(256), ''),
  authMount: z._default(z.string().check(z.trim(), z.minLength(1), z.maxLength(256)), 'approle'),
  /** The organization's own secret that is shown there: the token, or the secret id of the role. */
  secret: z.string().check(z.maxLength(mostSecretNameChars), z.regex(secretNameForm)),
}

/** A store of secrets that is not the hub's own. */
export const SecretProvider = z.object({
  name: z.string(),
  address: z.string(),
  mount: z.string(),
  namespace: z.string(),
  auth: z.enum(['token', 'approle']),
  roleId: z.string(),
  authMount: z.string(),
  secret: z.string(),
  /** The secret that is shown there is gone. */
  secretGone: z.boolean(),
  /** Secrets that are kept there. */
  references: z.int(),
  createdMs: z.number(),
})
export type SecretProvider = z.infer<typeof SecretProvider>

/** How far a change of the data key is. */
export const SecretKey = z.object({
  /** Since when the key seals that seals now; null: nothing was sealed yet. */
  sinceMs: z.nullable(z.number()),
  /** Values that are sealed for this organization. */
  values: z.int(),
  /** Of these, those still under an older key. */
  left: z.int(),
  /** Of these, those that could not be opened: they keep their key. */
  stuck: z.int(),
})
export type SecretKey = z.infer<typeof SecretKey>

const Name = z.string().check(z.maxLength(mostSecretNameChars), z.regex(secretNameForm))
/** By name or id; absent: the organization's own secret, not that of some environment. */
const Which = { name: Name, environment: z.optional(z.string().check(z.minLength(1), z.maxLength(128))) }
/** In characters here; the hub counts the bytes. */
const Value = z.string().check(z.minLength(1), z.maxLength(mostSecretBytes))
const Description = z.string().check(z.maxLength(512))

const secrets = {
  /** By name: those of one environment, or all that the caller may see of the organization and of its environments. */
  list: call(z.object({ environment: Which.environment }), z.array(Secret)),
  get: call(z.object(Which), SecretDetails),
  create: call(z.object({ ...Which, value: Value, description: z._default(Description, '') }), Secret, { mutates: true }),
  /** A new version of one that exists; a mistyped name makes no new secret. */
  write: call(z.object({ ...Which, value: Value }), Secret, { mutates: true }),
  describe: call(z.object({ ...Which, description: Description }), Secret, { mutates: true }),
  remove: call(z.object(Which), z.object({ name: z.string() }), { mutates: true }),
  /** The one answer that has a value; absent `version`: the newest. */
  reveal: call(
    z.object({ ...Which, version: z.optional(z.int().check(z.gte(1))) }),
    z.object({ name: z.string(), version: z.int(), value: z.string() }),
  ),
  /** A new data key for this organization: what is written from now on is sealed under it at once, what is there in the background. */
  rotateKey: call(z.object({}), z.object({}), { mutates: true }),
  key: call(z.object({}), SecretKey),
  providers: call(z.object({}), z.array(SecretProvider)),
  /** Makes one, or changes it. */
  setProvider: call(z.object({ name: ProviderName, ...ProviderFields }), SecretProvider, { mutates: true }),
  /** What refers to it leads nowhere then. */
  removeProvider: call(z.object({ name: ProviderName }), z.object({ name: z.string() }), { mutates: true }),
  /** Whether it answers and lets this hub in; `bad_upstream` with why not. */
  testProvider: call(z.object({ name: ProviderName }), z.object({ name: z.string() })),
  /** A secret that is kept elsewhere, `provider:path#field`. It is not asked for there until somebody needs it. */
  refer: call(
    z.object({
      ...Which,
      reference: z.string().check(z.trim(), z.maxLength(1024)),
      description: z._default(Description, ''),
    }),
    Secret,
    { mutates: true },
  ),
}

export const secretsApi = {
  // Of all environments in which somebody may: none of them need be named.
  list: api(secrets.list, { http: 'GET /secrets', needs: 'secrets:read', on: 'hosts' }),
  get: api(secrets.get, { http: 'GET /secrets/:name', needs: 'secrets:read', on: 'environment' }),
  create: api(secrets.create, { http: 'POST /secrets', needs: 'secrets:write', on: 'environment', audit: 'secret.create' }),
  write: api(secrets.write, { http: 'POST /secrets/:name/versions', needs: 'secrets:write', on: 'environment', audit: 'secret.write' }),
  describe: api(secrets.describe, { http: 'PATCH /secrets/:name', needs: 'secrets:write', on: 'environment', audit: 'secret.update' }),
  remove: api(secrets.remove, {
    http: 'DELETE /secrets/:name',
    needs: 'secrets:write',
    on: 'environment',
    audit: 'secret.delete',
    stepUp: true,
  }),
  // No GET: what a browser, a proxy or a history keeps of addresses must not be able to bring a value.
  reveal: api(secrets.reveal, {
    http: 'POST /secrets/:name/reveal',
    needs: 'secrets:reveal',
    on: 'environment',
    audit: 'secret.reveal',
    stepUp: true,
    secondPerson: true,
  }),
  rotateKey: api(secrets.rotateKey, {
    http: 'POST /secret-key',
    needs: 'secrets:write',
    on: 'organization',
    audit: 'secret.rotate-key',
    stepUp: true,
  }),
  key: api(secrets.key, { http: 'GET /secret-key', needs: 'secrets:read', on: 'organization' }),
  providers: api(secrets.providers, { http: 'GET /secret-providers', needs: 'secrets:read', on: 'organization' }),
  // Whoever says where a secret is shown could have it shown to themselves.
  setProvider: api(secrets.setProvider, {
    http: 'PUT /secret-providers/:name',
    needs: 'secrets:reveal',
    on: 'organization',
    audit: 'secret.provider',
    stepUp: true,
    secondPerson: true,
  }),
  removeProvider: api(secrets.removeProvider, {
    http: 'DELETE /secret-providers/:name',
    needs: 'secrets:write',
    on: 'organization',
    audit: 'secret.provider_delete',
    stepUp: true,
  }),
  testProvider: api(secrets.testProvider, {
    http: 'POST /secret-providers/:name/test',
    needs: 'secrets:write',
    on: 'organization',
    audit: 'secret.provider_test',
  }),
  // The hub may read all of a provider: what of it an environment gets is said by who looks after the whole organization.
  refer: api(secrets.refer, { http: 'POST /secret-references', needs: 'secrets:write', on: 'organization', audit: 'secret.refer' }),
}
