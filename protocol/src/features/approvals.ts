import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

/** What somebody asked a second person to agree to: one method with exactly these arguments, once. */
export const Approval = z.object({
  id: z.string(),
  method: z.string(),
  /** As the trail calls it: host.revoke. */
  verb: z.string(),
  /** What it is done to, in words: the name of a host, of a secret, of an organization. */
  target: z.string(),
  /** The arguments, as they were asked for. */
  input: z.record(z.string(), z.unknown()),
  why: z.string(),
  by: z.object({ id: z.string(), name: z.string() }),
  /** Empty: nobody yet. */
  decidedBy: z.string(),
  state: z.enum(['open', 'approved', 'refused', 'used', 'expired']),
  /** The caller's own request: somebody else decides. */
  own: z.boolean(),
  createdMs: z.number(),
  expiresMs: z.number(),
})
export type Approval = z.infer<typeof Approval>

const Policy = z.object({
  /** Verbs that may be put under four eyes. */
  all: z.array(z.string()),
  /** Those that are. */
  on: z.array(z.string()),
})

const approvals = {
  /** One's own, and those that one may decide; of the last seven days. */
  list: call(z.object({}), z.array(Approval)),
  /** Lives a day; after a yes an hour, for whoever asked, once. */
  request: call(
    z.object({
      method: z.string().check(z.maxLength(128)),
      input: z.record(z.string().check(z.maxLength(64)), z.unknown()),
      why: z._default(z.string().check(z.trim(), z.maxLength(500)), ''),
    }),
    Approval,
    { mutates: true },
  ),
  /** By somebody who could do it themselves, and did not ask for it. */
  decide: call(z.object({ id: z.string().check(z.maxLength(64)), yes: z.boolean() }), Approval, { mutates: true }),
  policy: call(z.object({}), Policy),
  setPolicy: call(z.object({ on: z.array(z.string().check(z.maxLength(64))).check(z.maxLength(32)) }), Policy, { mutates: true }),
}

export const approvalsApi = {
  list: api(approvals.list, { http: 'GET /approvals', needs: 'logins:own', on: 'self' }),
  request: api(approvals.request, { http: 'POST /approvals', needs: 'logins:own', on: 'self', audit: 'approval.request' }),
  decide: api(approvals.decide, {
    http: 'POST /approvals/:id/decision',
    needs: 'logins:own',
    on: 'self',
    audit: 'approval.decide',
    stepUp: true,
  }),
  policy: api(approvals.policy, { http: 'GET /approval-policy', needs: 'settings:read', on: 'organization' }),
  setPolicy: api(approvals.setPolicy, {
    http: 'PUT /approval-policy',
    needs: 'organization:manage',
    on: 'organization',
    audit: 'approval.policy',
    stepUp: true,
    secondPerson: true,
  }),
}
