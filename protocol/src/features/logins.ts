import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'
import { Tls } from './settings.ts'
import { Assertion, Challenge, FactorName, Given } from './factors.ts'

export const Password = z.string().check(z.minLength(12), z.maxLength(128))
export const Email = z.string().check(z.maxLength(254), z.regex(/^[^\s@]+@[^\s@]+$/))
export const PersonName = z.string().check(z.trim(), z.minLength(1), z.maxLength(128))

export const Me = z.object({
  account: z.string(),
  name: z.string(),
  /** Empty: an account that came through a provider. */
  email: z.string(),
  language: z.enum(['en', 'fr']),
  organization: z.object({ id: z.string(), name: z.string() }),
  permissions: z.array(z.string()),
  loginExpiresMs: z.number(),
  /** The organization asks for a second factor and this account has none: all else is closed till it has. */
  mustEnrol: z.optional(z.boolean()),
  /** The provider that this login came through: it stays in this organization. `own`: the account stands on it alone. */
  provider: z.optional(z.object({ id: z.string(), name: z.string(), kind: z.string(), own: z.boolean() })),
})
export type Me = z.infer<typeof Me>

/** What a console needs before anyone signed in. Tells a stranger nothing but which page to show. */
export const Welcome = z.object({
  /** true: no owner yet, show first run. */
  firstRun: z.boolean(),
  version: z.string(),
  /** false: this address cannot hold a login cookie; the reason is in `insecureReason`. */
  secure: z.boolean(),
  insecureReason: z._default(z.string(), ''),
  secureUrl: z._default(z.string(), ''),
  /** Passkeys work at addresses of this name alone. */
  passkeyHost: z._default(z.string(), ''),
  /** Before there is an owner: whoever sets the hub up sees what is missing. Afterwards nobody is told here. */
  tls: z.optional(Tls),
})
export type Welcome = z.infer<typeof Welcome>

const Step = z.string().check(z.maxLength(64))

/** The password was right, and the account asks for more. `step` stands for the password: 5 minutes, one sign-in, five tries. */
export const SecondStep = z.object({ step: z.string(), accepts: z.array(FactorName) })
export type SecondStep = z.infer<typeof SecondStep>

export const Login = z.object({
  id: z.string(),
  current: z.boolean(),
  organization: z.string(),
  createdMs: z.number(),
  usedMs: z.number(),
  expiresMs: z.number(),
  factor: FactorName,
  ip: z.string(),
  userAgent: z.string(),
})
export type Login = z.infer<typeof Login>

export const logins = {
  welcome: call(z.object({}), Welcome),
  /** Creates the owner and the organization, and signs in. Gone for ever afterwards. */
  setup: call(
    z.object({
      code: z.string().check(z.maxLength(64)),
      name: PersonName,
      email: Email,
      password: Password,
      organization: z.string().check(z.minLength(1), z.maxLength(128)),
      language: z._default(z.enum(['en', 'fr']), 'en'),
    }),
    Me,
    { mutates: true },
  ),
  signIn: call(
    z.object({ email: z.string().check(z.maxLength(254)), password: z.string().check(z.maxLength(1024)) }),
    z.union([Me, SecondStep]),
    { mutates: true },
  ),
  finish: call(z.object({ step: Step, given: Given }), Me, { mutates: true }),
  /** What a passkey is to sign: without `step` in place of the password, with it as the second factor. */
  challenge: call(z.object({ step: z.optional(Step) }), Challenge),
  signInWithPasskey: call(z.object({ answer: Assertion }), Me, { mutates: true }),
  /** What a passkey is to sign so that one more request may be asked; `wanted` is its method, and the proof names it again. */
  proofChallenge: call(z.object({ wanted: z.string().check(z.maxLength(128)) }), Challenge),
  /** Proves that it is still the same person: opens what has `stepUp` for 5 minutes. The login goes on under a new cookie. */
  prove: call(z.object({ wanted: z.string().check(z.maxLength(128)), given: Given }), Me, { mutates: true }),
  list: call(z.object({}), z.array(Login)),
  end: call(z.object({ id: z.string().check(z.maxLength(64)) }), z.object({}), { mutates: true }),
  endOthers: call(z.object({}), z.object({ ended: z.int() }), { mutates: true }),
  signOut: call(z.object({}), z.object({}), { mutates: true }),
  me: call(z.object({}), Me),
  setLanguage: call(z.object({ language: z.enum(['en', 'fr']) }), Me, { mutates: true }),
}

export const loginsApi = {
  welcome: api(logins.welcome, { http: 'GET /welcome', needs: 'logins:welcome', on: 'public' }),
  setup: api(logins.setup, { http: 'POST /setup', needs: 'logins:setup', on: 'public', audit: 'hub.setup' }),
  signIn: api(logins.signIn, { http: 'POST /logins', needs: 'logins:sign-in', on: 'public', audit: 'login.create' }),
  finish: api(logins.finish, { http: 'POST /logins/second', needs: 'logins:sign-in', on: 'public', audit: 'login.create' }),
  challenge: api(logins.challenge, { http: 'POST /logins/challenge', needs: 'logins:sign-in', on: 'public', audit: 'login.challenge' }),
  signInWithPasskey: api(logins.signInWithPasskey, {
    http: 'POST /logins/passkey',
    needs: 'logins:sign-in',
    on: 'public',
    audit: 'login.create',
  }),
  proofChallenge: api(logins.proofChallenge, {
    http: 'POST /logins/current/challenge',
    needs: 'logins:own',
    on: 'self',
    audit: 'login.challenge',
  }),
  prove: api(logins.prove, { http: 'POST /logins/current/proof', needs: 'logins:own', on: 'self', audit: 'login.prove' }),
  list: api(logins.list, { http: 'GET /logins', needs: 'logins:own', on: 'self' }),
  endOthers: api(logins.endOthers, { http: 'DELETE /logins/others', needs: 'logins:own', on: 'self', audit: 'login.end_others' }),
  signOut: api(logins.signOut, { http: 'DELETE /logins/current', needs: 'logins:own', on: 'self', audit: 'login.end' }),
  end: api(logins.end, { http: 'DELETE /logins/:id', needs: 'logins:own', on: 'self', audit: 'login.end_one' }),
  me: api(logins.me, { http: 'GET /me', needs: 'logins:own', on: 'self' }),
  setLanguage: api(logins.setLanguage, { http: 'PATCH /me', needs: 'logins:own', on: 'self', audit: 'account.update' }),
}
