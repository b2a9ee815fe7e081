import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'
import { NewName } from '../names.ts'
import { tagForm } from '../tags.ts'

const Id = z.string().check(z.maxLength(64))
export const PermissionName = z.string().check(z.regex(/^[a-z-]{1,40}:[a-z-]{1,40}$/))
const Description = z.string().check(z.maxLength(500))
const Permissions = z.array(PermissionName).check(z.maxLength(256))

/** A named set of permissions. Built-in ones have their name as id and never change. */
export const Role = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  builtIn: z.boolean(),
  permissions: z.array(z.string()),
  /** Grants that give it. */
  grants: z.int(),
})
export type Role = z.infer<typeof Role>

/** Where a grant holds. `environment` and `host`: by id. */
export const Reach = z.union([
  z.object({ on: z.literal('organization') }),
  z.object({ on: z.literal('environment'), target: Id }),
  z.object({ on: z.literal('host'), target: Id }),
  z.object({ on: z.literal('tag'), target: z.string().check(z.regex(tagForm)) }),
])
export type Reach = z.infer<typeof Reach>

/** An account or a team. */
const Holder = z.union([z.object({ kind: z.literal('account'), id: Id }), z.object({ kind: z.literal('team'), id: Id })])
type Holder = z.infer<typeof Holder>

const Effect = z.enum(['allow', 'deny'])

/** A role given to somebody at some place; `deny` takes its permissions away there, whatever else allows them. */
export const RoleGrant = z.object({
  id: z.string(),
  /** `service`: an account that nobody signs in to. */
  holder: z.object({ kind: z.enum(['account', 'team']), id: z.string(), name: z.string(), service: z.optional(z.boolean()) }),
  role: z.object({ id: z.string(), name: z.string() }),
  effect: Effect,
  /** `name`: what the target is called now; empty: it is gone. */
  reach: z.object({ on: z.enum(['organization', 'environment', 'host', 'tag']), target: z.string(), name: z.string() }),
  createdMs: z.number(),
  /** The provider whose rules gave it, by name: it comes and goes with these. */
  provider: z.optional(z.string()),
})
export type RoleGrant = z.infer<typeof RoleGrant>

/** Why something is allowed, or not: the grant that decided, in words of its own. */
const Because = z.object({
  grant: z.string(),
  role: z.string(),
  /** Empty: given to the account itself. */
  team: z.string(),
  effect: Effect,
  reach: z.object({ on: z.string(), name: z.string() }),
})

export const Explained = z.object({
  account: z.object({ id: z.string(), name: z.string(), kind: z._default(z.enum(['person', 'service']), 'person') }),
  /** What was asked about, as it is called. */
  place: z.object({ on: z.enum(['organization', 'environment', 'host']), name: z.string() }),
  /** Every permission that there is, in order. `because` null: no grant says anything of it. */
  permissions: z.array(z.object({ name: z.string(), allowed: z.boolean(), because: z.nullable(Because) })),
})
export type Explained = z.infer<typeof Explained>

const roles = {
  list: call(z.object({}), z.object({ roles: z.array(Role), permissions: z.array(z.string()) })),
  create: call(z.object({ name: NewName, description: z._default(Description, ''), permissions: Permissions }), Role, { mutates: true }),
  update: call(
    z.object({ id: Id, name: z.optional(NewName), description: z.optional(Description), permissions: z.optional(Permissions) }),
    Role,
    { mutates: true },
  ),
  /** Refused while a grant gives it. */
  remove: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
  grants: call(z.object({ account: z.optional(Id), team: z.optional(Id) }), z.array(RoleGrant)),
  grant: call(z.object({ holder: Holder, role: Id, reach: Reach, effect: z._default(Effect, 'allow') }), RoleGrant, { mutates: true }),
  revoke: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
  /** What an account may do at a place, and why. Neither `environment` nor `host`: in the organization itself. */
  explain: call(
    z.object({
      account: Id,
      environment: z.optional(z.string().check(z.maxLength(128))),
      host: z.optional(z.string().check(z.maxLength(128))),
    }),
    Explained,
  ),
}

export const rolesApi = {
  list: api(roles.list, { http: 'GET /roles', needs: 'roles:read', on: 'organization' }),
  create: api(roles.create, { http: 'POST /roles', needs: 'roles:manage', on: 'organization', audit: 'role.create', stepUp: true }),
  update: api(roles.update, { http: 'PATCH /roles/:id', needs: 'roles:manage', on: 'organization', audit: 'role.update', stepUp: true }),
  remove: api(roles.remove, { http: 'DELETE /roles/:id', needs: 'roles:manage', on: 'organization', audit: 'role.delete', stepUp: true }),
  grants: api(roles.grants, { http: 'GET /grants', needs: 'roles:read', on: 'organization' }),
  grant: api(roles.grant, { http: 'POST /grants', needs: 'roles:grant', on: 'organization', audit: 'role.grant', stepUp: true }),
  revoke: api(roles.revoke, { http: 'DELETE /grants/:id', needs: 'roles:grant', on: 'organization', audit: 'role.revoke', stepUp: true }),
  explain: api(roles.explain, { http: 'GET /grants/explain', needs: 'roles:read', on: 'organization' }),
}
