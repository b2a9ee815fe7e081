import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { hostNameForm, mostTags, tagForm } from '../tags.ts'
import { json } from '../wire/json.ts'
import { State } from './inventory.ts'

export const Engine = z.object({
  /** docker, podman, or none where no socket was found. */
  name: z.string(),
  up: z.boolean(),
  version: z.string(),
  apiVersion: z.string(),
  storageDriver: z.string(),
  cgroup: z.string(),
  socket: z.string(),
  /** Why it is not up, and what mends it. */
  problem: z._default(z.string(), ''),
})
export type Engine = z.infer<typeof Engine>

/** What a host says of itself. */
export const HostFacts = z.object({
  hostname: z.string().check(z.maxLength(256)),
  os: z.string().check(z.maxLength(256)),
  kernel: z.string().check(z.maxLength(256)),
  arch: z.string().check(z.maxLength(32)),
  cpus: z.int(),
  memoryBytes: z.number(),
  bootMs: z.number(),
  agentVersion: z.string().check(z.maxLength(64)),
  agentStartMs: z.number(),
  engine: Engine,
  /** By somebody on the host itself: a hub may only read. Absent: it is not. */
  locked: z.optional(z.boolean()),
  addresses: z._default(z.array(z.string().check(z.maxLength(64))).check(z.maxLength(64)), []),
})
export type HostFacts = z.infer<typeof HostFacts>

const Bytes = z.int().check(z.gte(0))

/** One end's figures of a live link. */
export const LinkStats = z.object({
  roundTripMs: z.number(),
  /** What is let onto the path before its end is heard from. */
  pathWindowBytes: Bytes,
  sentBytes: Bytes,
  ackedBytes: Bytes,
  receivedBytes: Bytes,
  grantedBytes: Bytes,
  openStreams: Bytes,
  queuedBytes: Bytes,
  retainedBytes: Bytes,
  pausedStreams: Bytes,
})

/** How a host sees its link; times by its own clock. */
export const HostLink = z.object({
  upSinceMs: z.nullable(z.number()),
  tlsEndToEnd: z.boolean(),
  stats: z.nullable(LinkStats),
  /** The last twenty times that it was lost, the oldest first. */
  losses: z.array(z.object({ atMs: z.number(), upMs: z.number(), reason: z.string().check(z.maxLength(256)) })).check(z.maxLength(20)),
})
export type HostLink = z.infer<typeof HostLink>

/** What an agent answers. */
export const hosts = {
  /** Its facts now, and again whenever they change (engine up, engine down). */
  watch: stream(z.object({}), json(HostFacts)),
  link: call(z.object({}), HostLink),
}

/** A host as the hub knows it. */
export const Host = z.object({
  id: z.string(),
  name: z.string(),
  /** Its name. */
  environment: z.string(),
  environmentId: z.string(),
  tags: z.array(z.string()),
  state: State,
  /** online, offline, engine down, quarantined, never seen: the words for `state`. */
  status: z.string(),
  online: z.boolean(),
  lastSeenMs: z.number(),
  enrolledMs: z.number(),
  /** Why the link last dropped. */
  lastLoss: z._default(z.string(), ''),
  latencyMs: z.nullable(z.number()),
  clockSkewMs: z._default(z.number(), 0),
  capabilities: z.array(z.string()),
  facts: z.nullable(HostFacts),
  counts: z.record(z.string(), z.int()),
  /** Newest metrics, by name as in metrics.ts; null where the host has no such figure. */
  usage: z.record(z.string(), z.nullable(z.number())),
})
export type Host = z.infer<typeof Host>

const HostName = z.string().check(z.regex(hostNameForm))
/** For whoever gives them: see ../tags.ts. */
export const Tags = z.array(z.string().check(z.regex(tagForm))).check(z.maxLength(mostTags))
const ByHost = z.object({ host: z.string().check(z.maxLength(128)) })

/** The link from both its ends. */
const LinkView = z.object({
  online: z.boolean(),
  lastSeenMs: z.number(),
  /** Why the hub lost it last; '' for never since the hub began. */
  lastLoss: z.string(),
  /** null: it is down. */
  stats: z.nullable(LinkStats),
  /** null: it is down, or the agent is too old to say. */
  host: z.nullable(HostLink),
})
export type LinkView = z.infer<typeof LinkView>

const hostsHub = {
  list: call(z.object({}), z.array(Host)),
  /** All hosts, then each one that changed; `gone` names a removed one. */
  watch: stream(
    z.object({}),
    json(
      z.object({
        hosts: z._default(z.array(Host), []),
        gone: z._default(z.array(z.string()), []),
        reset: z._default(z.boolean(), false),
        done: z._default(z.boolean(), false),
      }),
    ),
  ),
  get: call(ByHost, Host),
  /** To another `environment`, by id or name, needs the same permission there. */
  update: call(
    z.extend(ByHost, { name: z.optional(HostName), tags: z.optional(Tags), environment: z.optional(z.string().check(z.maxLength(128))) }),
    Host,
    { mutates: true },
  ),
  revoke: call(ByHost, z.object({ id: z.string() }), { mutates: true }),
  link: call(ByHost, LinkView),
}

export const hostsApi = {
  list: api(hostsHub.list, { http: 'GET /hosts', needs: 'hosts:read', on: 'hosts' }),
  watch: api(hostsHub.watch, { http: 'GET /hosts/watch', needs: 'hosts:read', on: 'hosts' }),
  get: api(hostsHub.get, { http: 'GET /hosts/:host', needs: 'hosts:read', on: 'host' }),
  update: api(hostsHub.update, { http: 'PATCH /hosts/:host', needs: 'hosts:manage', on: 'host', audit: 'host.update' }),
  revoke: api(hostsHub.revoke, {
    http: 'DELETE /hosts/:host',
    needs: 'hosts:manage',
    on: 'host',
    audit: 'host.revoke',
    secondPerson: true,
  }),
  link: api(hostsHub.link, { http: 'GET /hosts/:host/link', needs: 'hosts:read', on: 'host' }),
}
