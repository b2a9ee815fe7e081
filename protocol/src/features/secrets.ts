import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

/** Either kind of name that people give to secrets: database-password or DATABASE_PASSWORD. It is never changed: others refer to it. */
export const secretNameForm = /^(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)$/
export const mostSecretNameChars = 64
/** Of UTF-8. */
export const mostSecretBytes = 65_536
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
})
export type Secret = z.infer<typeof Secret>

export const SecretDetails = z.extend(Secret, {
  /** Newest first. `by`: the name of whoever wrote it; empty when the account is gone. */
  versions: z.array(z.object({ version: z.int(), createdMs: z.number(), by: z.string() })),
})
export type SecretDetails = z.infer<typeof SecretDetails>

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
}

export const secretsApi = {
  list: api(secrets.list, { http: 'GET /secrets', needs: 'secrets:read', on: 'environment' }),
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
  }),
  rotateKey: api(secrets.rotateKey, {
    http: 'POST /secret-key',
    needs: 'secrets:write',
    on: 'organization',
    audit: 'secret.rotate-key',
    stepUp: true,
  }),
}
