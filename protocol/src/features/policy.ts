import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { json } from '../wire/json.ts'

/** What a hub may be let do on a host. Some name what is still to come: a policy that is written today holds then, too. */
export const capabilities = [
  'metrics.read',
  'logs.read',
  'inspect.read',
  'inspect.secrets',
  'files.read',
  'files.write',
  'container.lifecycle',
  'container.exec',
  'image.pull',
  'image.remove',
  'stack.deploy',
  'volume.manage',
  'network.manage',
  'host.exec',
  'host.terminal',
  'pve.read',
  'pve.guest.lifecycle',
  'pve.guest.create',
  'agent.update',
] as const
export type Capability = (typeof capabilities)[number]

/** `monitor` reads; `operate` works on what runs in the engine; `full` also on the host itself, and reads secrets. */
export const modes = ['monitor', 'operate', 'full'] as const
export type Mode = (typeof modes)[number]

/** All of a policy goes into one item of a stream, 32 KiB. */
export const mostProtected = 64

const Mode = z.enum(modes)
const text = (most: number) => z.string().check(z.maxLength(most))
const names = (most: number) => z.array(text(256)).check(z.maxLength(most))

/** What the hub may do on a host, as the host says it. */
export const HostPolicy = z.object({
  /** In force now: `monitor` while it is locked. */
  mode: Mode,
  /** `default`: there is no file. `kept`: it is bad, the last good one holds. `fallback`: it is bad and none was ever good. */
  source: z.enum(['default', 'file', 'kept', 'fallback']),
  /** What is wrong with the file, and what mends it. */
  problem: z._default(text(1024), ''),
  lock: z.nullable(z.object({ sinceMs: z.number(), untilMs: z.nullable(z.number()), reason: text(256), by: text(64) })),
  /** What the hub gave away here; only the host gives it back. */
  narrowed: z.object({ mode: z.nullable(Mode), deny: names(64) }),
  /** Each capability: `yes`, or what takes it away: `mode`, `file`, `hub`, `lock`. */
  may: z.record(text(64), z.enum(['yes', 'mode', 'file', 'hub', 'lock'])),
  /** Methods that the hub may not ask for at all. */
  refused: names(256),
  /** Containers that nothing of the hub changes or enters. */
  protected: z.array(z.object({ id: text(64), name: text(128), reason: text(64) })).check(z.maxLength(mostProtected)),
  files: z.object({ read: names(8), write: names(8) }),
  /** null: any. */
  registries: z.nullable(names(32)),
})
export type HostPolicy = z.infer<typeof HostPolicy>

/** Less than it may now. What a host was told once stays, until somebody on the host gives it back. */
export const Narrowing = z.object({
  mode: z._default(z.nullable(Mode), null),
  deny: z._default(z.array(z.enum(capabilities)).check(z.maxLength(capabilities.length)), []),
})

/** What an agent answers. */
export const policy = {
  /** Now, and whenever it is another one. */
  watch: stream(z.object({}), json(HostPolicy)),
  narrow: call(Narrowing, HostPolicy, { mutates: true }),
}

export const policyApi = {
  get: api(call(z.object({ host: text(128) }), HostPolicy), { http: 'GET /hosts/:host/policy', needs: 'hosts:read', on: 'host' }),
  narrow: api(policy.narrow, {
    http: 'POST /hosts/:host/policy/narrow',
    needs: 'hosts:manage',
    on: 'host',
    audit: 'policy.narrow',
    stepUp: true,
  }),
}
