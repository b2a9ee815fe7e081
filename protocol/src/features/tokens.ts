import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'
import { PermissionName } from './roles.ts'

const Id = z.string().check(z.maxLength(64))

/** For scripts: it may what its account may at that moment, and of that only its scopes. */
export const Token = z.object({
  id: z.string(),
  name: z.string(),
  /** How it begins, so that a found one can be told. */
  begins: z.string(),
  account: z.object({ id: z.string(), name: z.string(), kind: z._default(z.enum(['person', 'service']), 'person') }),
  scopes: z.array(z.string()),
  /** Addresses or networks it may come from; empty: any. */
  addresses: z.array(z.string()),
  createdMs: z.number(),
  expiresMs: z.number(),
  /** 0: never. */
  lastUsedMs: z.number(),
  lastUsedIp: z.string(),
})
export type Token = z.infer<typeof Token>

const NewToken = z.object({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(64)),
  scopes: z.array(PermissionName).check(z.minLength(1), z.maxLength(256)),
  days: z._default(z.int().check(z.gte(1), z.lte(365)), 90),
  addresses: z._default(z.array(z.string().check(z.maxLength(64))).check(z.maxLength(16)), []),
})

const tokens = {
  /** One's own. */
  list: call(z.object({}), z.array(Token)),
  /** `token` is shown this once. */
  create: call(NewToken, z.extend(Token, { token: z.string() }), { mutates: true }),
  /** For a service account; of what its maker may everywhere. `token` is shown this once. */
  createFor: call(z.extend(NewToken, { account: Id }), z.extend(Token, { token: z.string() }), { mutates: true }),
  remove: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
  /** Everybody's. */
  listAll: call(z.object({}), z.array(Token)),
  revoke: call(z.object({ id: Id }), z.object({ id: z.string() }), { mutates: true }),
}

export const tokensApi = {
  list: api(tokens.list, { http: 'GET /tokens', needs: 'logins:own', on: 'self' }),
  create: api(tokens.create, { http: 'POST /tokens', needs: 'logins:own', on: 'self', audit: 'token.create', stepUp: true }),
  remove: api(tokens.remove, { http: 'DELETE /tokens/:id', needs: 'logins:own', on: 'self', audit: 'token.delete' }),
  listAll: api(tokens.listAll, { http: 'GET /organization/tokens', needs: 'tokens:read', on: 'organization' }),
  createFor: api(tokens.createFor, {
    http: 'POST /accounts/:account/tokens',
    needs: 'tokens:create',
    on: 'organization',
    audit: 'token.create',
    stepUp: true,
  }),
  revoke: api(tokens.revoke, {
    http: 'DELETE /organization/tokens/:id',
    needs: 'tokens:manage',
    on: 'organization',
    audit: 'token.revoke',
  }),
}
