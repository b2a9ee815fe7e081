import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'
import { NewName } from '../names.ts'

const Id = z.string().check(z.maxLength(64))

/** Accounts that are given roles together. */
export const Team = z.object({
  id: z.string(),
  name: z.string(),
  members: z.array(z.object({ id: z.string(), name: z.string() })),
  grants: z.int(),
  /** A directory made it over SCIM, and says who of its people belongs to it. */
  provisioned: z._default(z.boolean(), false),
})
export type Team = z.infer<typeof Team>

const Member = z.object({ id: Id, account: Id })

const teams = {
  list: call(z.object({}), z.array(Team)),
  create: call(z.object({ name: NewName }), Team, { mutates: true }),
  rename: call(z.object({ id: Id, name: NewName }), Team, { mutates: true }),
  /** With all that was granted to it. */
  remove: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
  /** Gives what the team was given: nobody adds to a team that has more than they do. */
  addMember: call(Member, Team, { mutates: true }),
  removeMember: call(Member, Team, { mutates: true }),
}

export const teamsApi = {
  list: api(teams.list, { http: 'GET /teams', needs: 'teams:read', on: 'organization' }),
  create: api(teams.create, { http: 'POST /teams', needs: 'teams:manage', on: 'organization', audit: 'team.create' }),
  rename: api(teams.rename, { http: 'PATCH /teams/:id', needs: 'teams:manage', on: 'organization', audit: 'team.rename' }),
  remove: api(teams.remove, { http: 'DELETE /teams/:id', needs: 'teams:manage', on: 'organization', audit: 'team.delete', stepUp: true }),
  addMember: api(teams.addMember, {
    http: 'PUT /teams/:id/members/:account',
    needs: 'teams:manage',
    on: 'organization',
    audit: 'team.member-add',
    stepUp: true,
  }),
  removeMember: api(teams.removeMember, {
    http: 'DELETE /teams/:id/members/:account',
    needs: 'teams:manage',
    on: 'organization',
    audit: 'team.member-remove',
  }),
}
