import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'
import { NewName } from '../names.ts'

/** By id or name. */
const Ref = z.string().check(z.maxLength(128))

/** A set of hosts on which roles are granted. Each host is in one. */
export const Environment = z.object({
  id: z.string(),
  name: z.string(),
  hosts: z.int(),
})
export type Environment = z.infer<typeof Environment>

const environments = {
  /** Those in which the caller sees a host, or may see every one. */
  list: call(z.object({}), z.array(Environment)),
  create: call(z.object({ name: NewName }), Environment, { mutates: true }),
  rename: call(z.object({ environment: Ref, name: NewName }), Environment, { mutates: true }),
  /** Refused while it has hosts, and for the last one. */
  remove: call(z.object({ environment: Ref }), z.object({ id: z.string() }), { mutates: true }),
}

export const environmentsApi = {
  list: api(environments.list, { http: 'GET /environments', needs: 'hosts:read', on: 'hosts' }),
  create: api(environments.create, {
    http: 'POST /environments',
    needs: 'environments:manage',
    on: 'organization',
    audit: 'environment.create',
  }),
  rename: api(environments.rename, {
    http: 'PATCH /environments/:environment',
    needs: 'environments:manage',
    on: 'environment',
    audit: 'environment.rename',
  }),
  remove: api(environments.remove, {
    http: 'DELETE /environments/:environment',
    needs: 'environments:manage',
    on: 'environment',
    audit: 'environment.delete',
  }),
}
