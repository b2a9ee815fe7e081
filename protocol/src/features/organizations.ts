import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'
import { Me } from './logins.ts'

const Id = z.string().check(z.maxLength(64))
const Name = z.string().check(z.trim(), z.minLength(1), z.maxLength(128))

/** A tenant: nothing of one is seen from another. */
export const Organization = z.object({
  id: z.string(),
  name: z.string(),
  /** The one that this login is in. */
  current: z.boolean(),
})
export type Organization = z.infer<typeof Organization>

const organizations = {
  /** Those that the account belongs to. */
  list: call(z.object({}), z.array(Organization)),
  /** With whoever asks as its owner. For whoever runs the hub: hub-wide, given with the set-up. */
  create: call(z.object({ name: Name }), Organization, { mutates: true }),
  rename: call(z.object({ name: Name }), Organization, { mutates: true }),
  /** The one that this login is in, for good: its rows, files, secrets, agents and logins. `name`: as it is called, typed. */
  remove: call(z.object({ name: Name }), z.object({ id: z.string() }), { mutates: true }),
  /** The login goes on in another organization, under a new cookie; what it proved stays as old as it is. */
  enter: call(z.object({ id: Id }), Me, { mutates: true }),
}

export const organizationsApi = {
  list: api(organizations.list, { http: 'GET /organizations', needs: 'logins:own', on: 'self' }),
  create: api(organizations.create, {
    http: 'POST /organizations',
    needs: 'hub:organizations',
    on: 'organization',
    audit: 'organization.create',
    stepUp: true,
  }),
  rename: api(organizations.rename, {
    http: 'PATCH /organization',
    needs: 'organization:manage',
    on: 'organization',
    audit: 'organization.rename',
  }),
  remove: api(organizations.remove, {
    http: 'POST /organization/removal',
    needs: 'organization:manage',
    on: 'organization',
    audit: 'organization.delete',
    stepUp: true,
  }),
  enter: api(organizations.enter, { http: 'POST /organizations/:id/enter', needs: 'logins:own', on: 'self', audit: 'organization.enter' }),
}
