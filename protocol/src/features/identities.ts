import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'
import { LdapSettings } from './ldap.ts'
import { NewName } from '../names.ts'
import { Me, SecondStep } from './logins.ts'
import { Reach } from './roles.ts'

const Id = z.string().check(z.maxLength(64))
const Text = (most: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(most))
const Address = z.string().check(z.maxLength(512), z.regex(/^https?:\/\/\S+$/))
/** A path of the console, to go back to after the sign-in: `/hosts?x=1`, never another site's. */
const Back = z.string().check(z.maxLength(1024), z.regex(/^\/(?![/\\])[^\s\\]*$/))

/** An OpenID Connect provider: found by its issuer, exactly as it writes it. */
export const OidcSettings = z.object({
  kind: z.literal('oidc'),
  issuer: Address,
  clientId: Text(256),
  scopes: z._default(z.string().check(z.maxLength(256), z.regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/)), 'openid profile email'),
  /** What of its answer holds the groups: a list of texts, or one. */
  groupsClaim: z._default(Text(128), 'groups'),
})
export type OidcSettings = z.infer<typeof OidcSettings>

/** Of each kind its own, by `kind`; nothing secret. */
export const ProviderSettings = z.discriminatedUnion('kind', [OidcSettings, LdapSettings])
export type ProviderSettings = z.infer<typeof ProviderSettings>

/** Who asks for a second factor of those who come through it. */
const SecondFactor = z.enum(['here', 'provider'])

const IdentityRule = z.object({
  id: z.string(),
  /** Of the provider; `*`: everybody who comes through it. */
  group: z.string(),
  role: z.object({ id: z.string(), name: z.string() }),
  reach: z.object({ on: z.enum(['organization', 'environment', 'host', 'tag']), target: z.string(), name: z.string() }),
})
type IdentityRule = z.infer<typeof IdentityRule>

export const Provider = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  settings: ProviderSettings,
  /** Whether a secret is kept; it is never shown. */
  hasSecret: z.boolean(),
  /** Somebody unknown gets an account of their own when a rule gives them a role. */
  justInTime: z.boolean(),
  secondFactor: SecondFactor,
  /**
   * The service account of a directory: whom it provisioned comes to the account that it made for them, by its `externalId` or its
   * `userName`. Empty: none.
   */
  provisioner: z.string(),
  /** For how many hours what it said of somebody counts, from when they came through it last. */
  heardHours: z.int(),
  /** Where the provider sends people back to, to be registered there; empty: of a kind that does not. */
  callback: z.string(),
  rules: z.array(IdentityRule),
  /** Identities that came through it. */
  people: z.int(),
})
export type Provider = z.infer<typeof Provider>

/** One step of a test. `why` names what is wrong, for words in the reader's language; `detail`: names and addresses for it. */
export const TestStep = z.object({
  step: z.string(),
  state: z.enum(['ok', 'failed', 'warn', 'skipped']),
  why: z._default(z.string(), ''),
  detail: z._default(z.string(), ''),
})
export type TestStep = z.infer<typeof TestStep>

/** One's own account at a provider. */
export const Identity = z.object({
  id: z.string(),
  provider: z.object({ id: z.string(), name: z.string() }),
  name: z.string(),
  email: z.string(),
  /** false: the account came to be with it, and stands on it. */
  linked: z.boolean(),
  createdMs: z.number(),
  usedMs: z.number(),
})
export type Identity = z.infer<typeof Identity>

/** Where a browser has to go now. */
const Away = z.object({ url: z.string() })
/** `origin`: of the console that asks; one of those that the hub is configured with. */
const Leaving = { id: Id, origin: Address, to: z._default(Back, '/') }

/** A month at most. */
const Hours = z.int().check(z.gte(1), z.lte(720))

const NewProvider = {
  name: NewName,
  settings: ProviderSettings,
  justInTime: z._default(z.boolean(), true),
  /** The id of a service account; '': none. */
  provisioner: z.optional(Id),
  heardHours: z.optional(Hours),
  enabled: z._default(z.boolean(), false),
  secret: z.optional(z.string().check(z.minLength(1), z.maxLength(2048))),
}

const identities = {
  /** What the sign-in page offers: of the organization that is named, else of the hub's first. */
  offered: call(
    z.object({ organization: z.optional(Id) }),
    z.object({
      organization: z.string(),
      providers: z.array(z.object({ id: z.string(), name: z.string(), kind: z.string() })),
    }),
  ),
  /** Begins a sign-in: the browser goes to `url`, and comes back signed in. */
  begin: call(z.object({ ...Leaving, organization: z._default(Id, '') }), Away, { mutates: true }),
  /** With a name and a password of a directory; `organization` as `offered` said. */
  signIn: call(
    z.object({
      id: Id,
      organization: z._default(Id, ''),
      name: z.string().check(z.maxLength(256)),
      password: z.string().check(z.maxLength(1024)),
    }),
    z.union([Me, SecondStep]),
    { mutates: true },
  ),
  list: call(z.object({}), z.array(Provider)),
  create: call(z.object(NewProvider), Provider, { mutates: true }),
  /** `secret` absent: it stays, unless the provider's address changes. '' takes it away. */
  update: call(
    z.object({
      id: Id,
      name: z.optional(NewProvider.name),
      settings: z.optional(ProviderSettings),
      justInTime: z.optional(z.boolean()),
      provisioner: z.optional(Id),
      heardHours: z.optional(Hours),
      enabled: z.optional(z.boolean()),
      secret: z.optional(z.string().check(z.maxLength(2048))),
    }),
    Provider,
    { mutates: true },
  ),
  /** Who asks for a second factor of those who come through it. A provider that moves elsewhere is asked for none any more. */
  setSecondFactor: call(z.object({ id: Id, secondFactor: SecondFactor }), Provider, { mutates: true }),
  /** Ends what came through it: logins, roles by its rules, identities. Accounts stay, and sign in by nothing. */
  remove: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
  addRule: call(z.object({ id: Id, group: Text(256), role: Id, reach: z._default(Reach, { on: 'organization' }) }), Provider, {
    mutates: true,
  }),
  removeRule: call(z.object({ id: Id, rule: Id }), Provider, { mutates: true }),
  /** Asks the provider everything that a sign-in will ask. */
  /** `name`: of somebody of a directory, to see whether they are found and in which groups. */
  test: call(z.object({ id: Id, name: z.optional(z.string().check(z.maxLength(256))) }), z.object({ steps: z.array(TestStep) }), {
    mutates: true,
  }),
  mine: call(z.object({}), z.array(Identity)),
  link: call(z.object(Leaving), Away, { mutates: true }),
  /** Ends the logins that came through it. Refused for what an account stands on. */
  unlink: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
}

const reads = { needs: 'identities:read', on: 'organization' } as const
const manages = { needs: 'identities:manage', on: 'organization' } as const
const stepUp = true

export const identitiesApi = {
  offered: api(identities.offered, { http: 'GET /sign-in', needs: 'logins:sign-in', on: 'public' }),
  begin: api(identities.begin, { http: 'POST /sign-in/:id', needs: 'logins:sign-in', on: 'public', audit: 'login.begin' }),
  signIn: api(identities.signIn, { http: 'POST /sign-in/:id/password', needs: 'logins:sign-in', on: 'public', audit: 'login.create' }),
  list: api(identities.list, { ...reads, http: 'GET /identity-providers' }),
  create: api(identities.create, { ...manages, http: 'POST /identity-providers', audit: 'provider.create', stepUp }),
  update: api(identities.update, { ...manages, http: 'PATCH /identity-providers/:id', audit: 'provider.update', stepUp }),
  setSecondFactor: api(identities.setSecondFactor, {
    ...manages,
    http: 'PUT /identity-providers/:id/second-factor',
    audit: 'provider.second_factor',
    stepUp,
    secondPerson: true,
  }),
  remove: api(identities.remove, { ...manages, http: 'DELETE /identity-providers/:id', audit: 'provider.delete', stepUp }),
  addRule: api(identities.addRule, { ...manages, http: 'POST /identity-providers/:id/rules', audit: 'provider.add_rule', stepUp }),
  removeRule: api(identities.removeRule, {
    ...manages,
    http: 'DELETE /identity-providers/:id/rules/:rule',
    audit: 'provider.remove_rule',
    stepUp,
  }),
  test: api(identities.test, { ...manages, http: 'POST /identity-providers/:id/test', audit: 'provider.test' }),
  mine: api(identities.mine, { http: 'GET /identities', needs: 'logins:own', on: 'self' }),
  link: api(identities.link, { http: 'POST /identities/:id', needs: 'logins:own', on: 'self', audit: 'identity.begin_link', stepUp }),
  unlink: api(identities.unlink, { http: 'DELETE /identities/:id', needs: 'logins:own', on: 'self', audit: 'identity.unlink', stepUp }),
}
