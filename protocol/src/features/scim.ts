import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

const Id = z.string().check(z.maxLength(64))
/** As RFC 7643 writes it; which attributes count, the hub's own schema says. */
const Resource = z.record(z.string(), z.unknown())

const shown = {
  /** Top-level attributes, with commas between. */
  attributes: z.optional(z.string().check(z.maxLength(1024))),
  excludedAttributes: z.optional(z.string().check(z.maxLength(1024))),
}
const Query = z.object({
  filter: z.optional(z.string().check(z.maxLength(1024))),
  /** From 1. */
  startIndex: z._default(z.int(), 1),
  count: z._default(z.int(), 100),
  ...shown,
})
const One = z.object({ id: Id, ...shown })
/** `ifMatch`: change nothing that somebody changed meanwhile. */
const Change = z.object({ id: Id, resource: Resource, ifMatch: z.optional(z.string().check(z.maxLength(256))) })
const Leave = z.object({ id: Id, ifMatch: z.optional(z.string().check(z.maxLength(256))) })

/** `etag`: of this version of the resource, whose address is `location`. */
export const ScimAnswer = z.object({ body: Resource, etag: z.optional(z.string()), location: z.optional(z.string()) })
export type ScimAnswer = z.infer<typeof ScimAnswer>

const mutates = { mutates: true } as const

const scim = {
  config: call(z.object({}), ScimAnswer),
  resourceTypes: call(z.object({}), ScimAnswer),
  resourceType: call(z.object({ id: Id }), ScimAnswer),
  schemas: call(z.object({}), ScimAnswer),
  schema: call(z.object({ id: z.string().check(z.maxLength(256)) }), ScimAnswer),
  users: call(Query, ScimAnswer),
  user: call(One, ScimAnswer),
  createUser: call(z.object({ resource: Resource }), ScimAnswer, mutates),
  replaceUser: call(Change, ScimAnswer, mutates),
  changeUser: call(Change, ScimAnswer, mutates),
  removeUser: call(Leave, z.object({ id: z.string() }), mutates),
  groups: call(Query, ScimAnswer),
  group: call(One, ScimAnswer),
  createGroup: call(z.object({ resource: Resource }), ScimAnswer, mutates),
  replaceGroup: call(Change, ScimAnswer, mutates),
  changeGroup: call(Change, ScimAnswer, mutates),
  removeGroup: call(Leave, z.object({ id: z.string() }), mutates),
}

const door = { needs: 'scim:provision', on: 'organization', standard: 'scim' } as const

/** SCIM 2.0: somebody's own directory makes, changes and lets go of people and teams. Each service account manages what it made. */
export const scimApi = {
  config: api(scim.config, { ...door, http: 'GET /scim/v2/ServiceProviderConfig' }),
  resourceTypes: api(scim.resourceTypes, { ...door, http: 'GET /scim/v2/ResourceTypes' }),
  resourceType: api(scim.resourceType, { ...door, http: 'GET /scim/v2/ResourceTypes/:id' }),
  schemas: api(scim.schemas, { ...door, http: 'GET /scim/v2/Schemas' }),
  schema: api(scim.schema, { ...door, http: 'GET /scim/v2/Schemas/:id' }),
  users: api(scim.users, { ...door, http: 'GET /scim/v2/Users' }),
  user: api(scim.user, { ...door, http: 'GET /scim/v2/Users/:id' }),
  createUser: api(scim.createUser, { ...door, http: 'POST /scim/v2/Users', audit: 'scim.user-create' }),
  replaceUser: api(scim.replaceUser, { ...door, http: 'PUT /scim/v2/Users/:id', audit: 'scim.user-update' }),
  changeUser: api(scim.changeUser, { ...door, http: 'PATCH /scim/v2/Users/:id', audit: 'scim.user-update' }),
  removeUser: api(scim.removeUser, { ...door, http: 'DELETE /scim/v2/Users/:id', audit: 'scim.user-delete' }),
  groups: api(scim.groups, { ...door, http: 'GET /scim/v2/Groups' }),
  group: api(scim.group, { ...door, http: 'GET /scim/v2/Groups/:id' }),
  createGroup: api(scim.createGroup, { ...door, http: 'POST /scim/v2/Groups', audit: 'scim.group-create' }),
  replaceGroup: api(scim.replaceGroup, { ...door, http: 'PUT /scim/v2/Groups/:id', audit: 'scim.group-update' }),
  changeGroup: api(scim.changeGroup, { ...door, http: 'PATCH /scim/v2/Groups/:id', audit: 'scim.group-update' }),
  removeGroup: api(scim.removeGroup, { ...door, http: 'DELETE /scim/v2/Groups/:id', audit: 'scim.group-delete' }),
}
