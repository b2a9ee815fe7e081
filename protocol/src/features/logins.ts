import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

export const Password = z.string().check(z.minLength(12), z.maxLength(128))
export const Email = z.string().check(z.maxLength(254), z.regex(/^[^\s@]+@[^\s@]+$/))
export const PersonName = z.string().check(z.trim(), z.minLength(1), z.maxLength(128))

export const Me = z.object({
  account: z.string(),
  name: z.string(),
  email: z.string(),
  language: z.enum(['en', 'fr']),
  organization: z.object({ id: z.string(), name: z.string() }),
  permissions: z.array(z.string()),
  loginExpiresMs: z.number(),
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
})
export type Welcome = z.infer<typeof Welcome>

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
  signIn: call(z.object({ email: z.string().check(z.maxLength(254)), password: z.string().check(z.maxLength(1024)) }), Me, {
    mutates: true,
  }),
  signOut: call(z.object({}), z.object({}), { mutates: true }),
  me: call(z.object({}), Me),
  setLanguage: call(z.object({ language: z.enum(['en', 'fr']) }), Me, { mutates: true }),
}

export const loginsApi = {
  welcome: api(logins.welcome, { http: 'GET /welcome', needs: 'logins:welcome', on: 'public' }),
  setup: api(logins.setup, { http: 'POST /setup', needs: 'logins:setup', on: 'public', audit: 'hub.setup' }),
  signIn: api(logins.signIn, { http: 'POST /logins', needs: 'logins:sign-in', on: 'public', audit: 'login.create' }),
  signOut: api(logins.signOut, { http: 'DELETE /logins/current', needs: 'logins:own', on: 'self', audit: 'login.end' }),
  me: api(logins.me, { http: 'GET /me', needs: 'logins:own', on: 'self' }),
  setLanguage: api(logins.setLanguage, { http: 'PATCH /me', needs: 'logins:own', on: 'self', audit: 'account.update' }),
}
