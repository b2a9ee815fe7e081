import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { json } from '../wire/json.ts'
import { Tags } from './hosts.ts'

export const Invitation = z.object({
  id: z.string(),
  /** The one line to paste. Shown once: the hub keeps only a hash of its secret. */
  line: z.string(),
  /** What the line feeds to the installer, for other ways of starting an agent. */
  join: z.string(),
  /** The hub key's fingerprint as words; the agent prints the same ones. */
  words: z.array(z.string()),
  scriptSha256: z.string(),
  expiresMs: z.number(),
})
export type Invitation = z.infer<typeof Invitation>

/** A line as the hub knows it: without its secret, of which it keeps a hash. */
export const MadeLine = z.object({
  id: z.string(),
  state: z.enum(['open', 'used', 'canceled', 'expired']),
  tags: z.array(z.string()),
  createdMs: z.number(),
  expiresMs: z.number(),
})
export type MadeLine = z.infer<typeof MadeLine>

/** One line of the live checklist: contacted, identity, clock, engine, disk. */
const EnrolStep = z.object({
  step: z.enum(['contacted', 'identity', 'clock', 'engine', 'metrics', 'disk']),
  state: z.enum(['waiting', 'ok', 'warn', 'failed']),
  detail: z._default(z.string().check(z.maxLength(512)), ''),
})
export const EnrolProgress = z.object({
  steps: z.array(EnrolStep),
  /** The last host that showed this line and was not let in: after another one had used it, say. */
  refused: z.optional(
    z.object({ why: z.enum(['used', 'canceled', 'expired', 'hostname', 'host', 'gone']), ip: z.string(), atMs: z.number() }),
  ),
  host: z.optional(z.string()),
  hostName: z.optional(z.string()),
  used: z.boolean(),
  expired: z.boolean(),
  canceled: z.boolean(),
})
export type EnrolProgress = z.infer<typeof EnrolProgress>

export const enrolment = {
  invite: call(
    z.object({
      ttlSeconds: z._default(z.int().check(z.gte(60), z.lte(86_400)), 900),
      tags: z._default(Tags, []),
      /** By name or id: where the host will be, and where the right to enrol must hold. Absent: `default`, for who may enrol everywhere. */
      environment: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
      /** Refuses any other hostname. */
      hostname: z.optional(z.string().check(z.maxLength(253))),
      /** The origin agents dial: https, or http for this machine alone; absent: the hub's public address. */
      address: z.optional(z.string().check(z.maxLength(512))),
    }),
    Invitation,
    { mutates: true },
  ),
  /** A line by which a machine takes the place of this host, under a key of its own: the one that the host has is over then. */
  rejoin: call(
    z.object({
      host: z.string().check(z.maxLength(128)),
      ttlSeconds: z._default(z.int().check(z.gte(60), z.lte(86_400)), 900),
      address: z.optional(z.string().check(z.maxLength(512))),
    }),
    Invitation,
    { mutates: true },
  ),
  /** Lines that people made in the last day, the newest 100, newest first. */
  list: call(z.object({}), z.array(MadeLine)),
  watch: stream(z.object({ id: z.string().check(z.maxLength(64)) }), json(EnrolProgress)),
  cancel: call(z.object({ id: z.string().check(z.maxLength(64)) }), z.object({ id: z.string() }), { mutates: true }),
  /** Addresses under which this hub can be reached, best first, with what is known of each. */
  addresses: call(z.object({}), z.array(z.object({ url: z.string(), tls: z.string(), note: z.string() }))),
}

export const enrolmentApi = {
  invite: api(enrolment.invite, { http: 'POST /invitations', needs: 'hosts:enrol', on: 'environment', audit: 'host.invite' }),
  /** Needs `hosts:manage` as well: it ends the key of that host, as its removal would. */
  rejoin: api(enrolment.rejoin, { http: 'POST /hosts/:host/invitations', needs: 'hosts:enrol', on: 'host', audit: 'host.invite' }),
  list: api(enrolment.list, { http: 'GET /invitations', needs: 'hosts:enrol', on: 'hosts' }),
  watch: api(enrolment.watch, { http: 'GET /invitations/:id/watch', needs: 'hosts:enrol', on: 'hosts' }),
  cancel: api(enrolment.cancel, { http: 'DELETE /invitations/:id', needs: 'hosts:enrol', on: 'hosts', audit: 'host.invite-cancel' }),
  addresses: api(enrolment.addresses, { http: 'GET /addresses', needs: 'hosts:enrol', on: 'hosts' }),
}
