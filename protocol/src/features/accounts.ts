import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'
import { Email, Me, Password, PersonName } from './logins.ts'
import { Reach } from './roles.ts'

const Id = z.string().check(z.maxLength(64))
/** What an invitation's link carries behind its `#`, which no server and no proxy sees. */
const Secret = z.string().check(z.maxLength(128))

/** A member of the organization. */
export const Account = z.object({
  id: z.string(),
  name: z.string(),
  /** Empty: it has none. */
  email: z.string(),
  /** `service`: nobody signs in to it, only tokens act for it. */
  kind: z._default(z.enum(['person', 'service']), 'person'),
  /** A directory made it over SCIM, and changes it. */
  provisioned: z._default(z.boolean(), false),
  /** false: its directory let it go; it keeps its roles and may use none. */
  active: z._default(z.boolean(), true),
  joinedMs: z.number(),
  /** 0: not within the life of a login. */
  lastSeenMs: z.number(),
  teams: z.array(z.object({ id: z.string(), name: z.string() })),
  /** Built-in roles and the organization's own, by name, that hold for the whole organization. */
  roles: z.array(z.string()),
  /** Names of the providers that it comes in through. */
  providers: z._default(z.array(z.string()), []),
  /** Grants for parts of it, and denials. */
  otherGrants: z.int(),
})
export type Account = z.infer<typeof Account>

export const AccountInvitation = z.object({
  id: z.string(),
  email: z.string(),
  role: z.object({ id: z.string(), name: z.string() }),
  reach: z.object({ on: z.string(), target: z.string(), name: z.string() }),
  invitedBy: z.string(),
  createdMs: z.number(),
  expiresMs: z.number(),
})
export type AccountInvitation = z.infer<typeof AccountInvitation>

const accounts = {
  list: call(z.object({}), z.array(Account)),
  /** Ends the membership with all its grants and logins. The account's memberships elsewhere stay. */
  remove: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
  /** May nothing until it is given a role, as people are: a grant to the account. */
  createService: call(z.object({ name: PersonName }), Account, { mutates: true }),
  /** Open ones; never their links. */
  invitations: call(z.object({}), z.array(AccountInvitation)),
  /** `link` is shown this once; `mailed`: it is on its way to them too. One use, by somebody who signs up with this e-mail. */
  invite: call(
    z.object({
      email: Email,
      role: Id,
      reach: z._default(Reach, { on: 'organization' }),
      ttlHours: z._default(z.int().check(z.gte(1), z.lte(24 * 30)), 24 * 7),
    }),
    z.object({ id: z.string(), link: z.string(), mailed: z.boolean(), expiresMs: z.number() }),
    { mutates: true },
  ),
  cancel: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
  /** What an invitation says to whoever holds it. `known`: the e-mail has an account, whose password joins. */
  invited: call(z.object({ secret: Secret }), z.object({ organization: z.string(), email: z.string(), known: z.boolean() })),
  /** Joins the organization and signs in: a new account, or the one of that e-mail. */
  accept: call(
    z.object({ secret: Secret, name: z._default(PersonName, '-'), password: Password, language: z._default(z.enum(['en', 'fr']), 'en') }),
    Me,
    { mutates: true },
  ),
}

export const accountsApi = {
  list: api(accounts.list, { http: 'GET /accounts', needs: 'accounts:read', on: 'organization' }),
  remove: api(accounts.remove, {
    http: 'DELETE /accounts/:id',
    needs: 'accounts:manage',
    on: 'organization',
    audit: 'account.remove',
    stepUp: true,
  }),
  createService: api(accounts.createService, {
    http: 'POST /accounts/services',
    needs: 'accounts:manage',
    on: 'organization',
    audit: 'account.create-service',
    stepUp: true,
  }),
  invitations: api(accounts.invitations, { http: 'GET /accounts/invitations', needs: 'accounts:read', on: 'organization' }),
  invite: api(accounts.invite, {
    http: 'POST /accounts/invitations',
    needs: 'accounts:manage',
    on: 'organization',
    audit: 'account.invite',
    stepUp: true,
  }),
  cancel: api(accounts.cancel, {
    http: 'DELETE /accounts/invitations/:id',
    needs: 'accounts:manage',
    on: 'organization',
    audit: 'account.invite-cancel',
  }),
  invited: api(accounts.invited, { http: 'POST /accounts/invited', needs: 'accounts:join', on: 'public', audit: 'account.invited' }),
  accept: api(accounts.accept, { http: 'POST /accounts/accept', needs: 'accounts:join', on: 'public', audit: 'account.join' }),
}
