import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { bytes, json } from '../wire/json.ts'
import { logBatch } from '../wire/log-batch.ts'
import { State } from './inventory.ts'

/** Hex id, 12 to 64 digits, or a name as the engine allows it: nothing else ever reaches a path of the engine's API. */
export const ContainerRef = z.string().check(z.regex(/^(?:[a-f0-9]{12,64}|[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127})$/))
const ContainerName = z.string().check(z.regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/))

export const Port = z.object({
  /** Address it is published on; empty: not published. */
  ip: z._default(z.string(), ''),
  publicPort: z._default(z.int(), 0),
  privatePort: z.int(),
  protocol: z.enum(['tcp', 'udp', 'sctp']),
})

export const Container = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  imageId: z.string(),
  command: z.string(),
  /** The engine's word: created, running, paused, restarting, removing, exited, dead. */
  status: z.string(),
  /** "Up 3 hours (healthy)": true when it was read. */
  detail: z.string(),
  state: State,
  createdMs: z.number(),
  /** When it started, while it is up; when it ended, once it did. As exact as the engine's text: to the second at first. */
  sinceMs: z.optional(z.number()),
  /** Of its last end. */
  exitCode: z.optional(z.int()),
  health: z.optional(z.enum(['healthy', 'unhealthy', 'starting'])),
  ports: z.array(Port),
  labels: z.record(z.string(), z.string()),
  networks: z.array(z.string()),
  /** The compose project, when there is one. */
  stack: z.optional(z.string()),
  service: z.optional(z.string()),
})
export type Container = z.infer<typeof Container>

const ById = z.object({ id: ContainerRef })
const change = { mutates: true } as const

/** The engine's own document, with environment values replaced by `null` unless the host's policy permits them. */
const Inspect = z.object({ id: z.string(), redacted: z.boolean(), document: z.record(z.string(), z.unknown()) })

export const Stats = z.object({
  timeMs: z.number(),
  /** Cores in use; null: not available on this host. */
  cpu: z.nullable(z.number()),
  memoryBytes: z.nullable(z.number()),
  memoryLimitBytes: z.nullable(z.number()),
  netRxBytes: z.nullable(z.number()),
  netTxBytes: z.nullable(z.number()),
  blockReadBytes: z.nullable(z.number()),
  blockWriteBytes: z.nullable(z.number()),
  pids: z.nullable(z.number()),
})
export type Stats = z.infer<typeof Stats>

export const LogsInput = z.object({
  id: ContainerRef,
  follow: z._default(z.boolean(), true),
  /** Lines from the end; 0 with `follow`: only new ones. -1: all. */
  tail: z._default(z.int().check(z.gte(-1), z.lte(1_000_000)), 200),
  /** ms since the epoch, with the fraction. */
  sinceMs: z.optional(z.number()),
  untilMs: z.optional(z.number()),
  stdout: z._default(z.boolean(), true),
  stderr: z._default(z.boolean(), true),
  /**
   * Resume after this place: the latest time of a line that was seen, ms since the epoch, and how many lines of that very time, which
   * are dropped. A hole is said by a line of source 2.
   */
  after: z.optional(z.object({ timeMs: z.number(), lines: z.int().check(z.gte(0)) })),
})

/** Which part of a log is saved; all of it when nothing is said. */
export const LogFileInput = z.object({
  id: ContainerRef,
  /** Lines from the end; -1: all. */
  tail: z._default(z.int().check(z.gte(-1), z.lte(1_000_000)), -1),
  /** ms since the epoch, with the fraction. */
  sinceMs: z.optional(z.number()),
  untilMs: z.optional(z.number()),
  stdout: z._default(z.boolean(), true),
  stderr: z._default(z.boolean(), true),
  /** Each line begins with its time, in UTC to the microsecond, and a space. */
  timestamps: z._default(z.boolean(), false),
})

export const ExecInput = z.object({
  id: ContainerRef,
  /** An argument vector, never a shell line. */
  command: z.array(z.string().check(z.maxLength(32_768))).check(z.minLength(1), z.maxLength(256)),
  user: z.optional(z.string().check(z.regex(/^[a-zA-Z0-9_.-]{1,64}(?::[a-zA-Z0-9_.-]{1,64})?$/))),
  workingDir: z.optional(z.string().check(z.maxLength(4096))),
})

/** What an agent answers. */
export const containers = {
  list: call(z.object({ all: z._default(z.boolean(), true) }), z.array(Container)),
  get: call(ById, Container),
  inspect: call(ById, Inspect),
  start: call(ById, Container, change),
  stop: call(z.extend(ById, { timeoutSeconds: z._default(z.int().check(z.gte(0), z.lte(3600)), 10) }), Container, {
    ...change,
    deadlineMs: 0,
  }),
  restart: call(z.extend(ById, { timeoutSeconds: z._default(z.int().check(z.gte(0), z.lte(3600)), 10) }), Container, {
    ...change,
    deadlineMs: 0,
  }),
  kill: call(z.extend(ById, { signal: z._default(z.string().check(z.regex(/^SIG[A-Z0-9+]{2,10}$/)), 'SIGKILL') }), Container, change),
  pause: call(ById, Container, change),
  unpause: call(ById, Container, change),
  rename: call(z.extend(ById, { name: ContainerName }), Container, change),
  remove: call(
    z.extend(ById, { force: z._default(z.boolean(), false), volumes: z._default(z.boolean(), false) }),
    z.object({ id: z.string() }),
    change,
  ),
  logs: stream(LogsInput, logBatch, { priority: 3, resumeForMs: 60_000 }),
  stats: stream(ById, json(Stats)),
  /** Runs once, without a TTY. Its output as it was written, see `../wire/log-texts.ts`; the exit code is in the end frame's trailer. */
  exec: stream(ExecInput, logBatch, { mutates: true }),
}

/** What was written until it was asked for, as a text file: the lines' bytes as they are, each with its line end. */
const logFile = stream(LogFileInput, bytes, { priority: 3 })

/** What the hub offers. An agent method is reachable only if it is named here. */
export const containersApi = {
  list: api(containers.list, { http: 'GET /hosts/:host/containers', needs: 'containers:read', on: 'host' }),
  get: api(containers.get, { http: 'GET /hosts/:host/containers/:id', needs: 'containers:read', on: 'host' }),
  inspect: api(containers.inspect, { http: 'GET /hosts/:host/containers/:id/inspect', needs: 'containers:inspect', on: 'host' }),
  start: api(containers.start, {
    http: 'POST /hosts/:host/containers/:id/start',
    needs: 'containers:operate',
    on: 'host',
    audit: 'container.start',
  }),
  stop: api(containers.stop, {
    http: 'POST /hosts/:host/containers/:id/stop',
    needs: 'containers:operate',
    on: 'host',
    audit: 'container.stop',
  }),
  restart: api(containers.restart, {
    http: 'POST /hosts/:host/containers/:id/restart',
    needs: 'containers:operate',
    on: 'host',
    audit: 'container.restart',
  }),
  kill: api(containers.kill, {
    http: 'POST /hosts/:host/containers/:id/kill',
    needs: 'containers:operate',
    on: 'host',
    audit: 'container.kill',
  }),
  pause: api(containers.pause, {
    http: 'POST /hosts/:host/containers/:id/pause',
    needs: 'containers:operate',
    on: 'host',
    audit: 'container.pause',
  }),
  unpause: api(containers.unpause, {
    http: 'POST /hosts/:host/containers/:id/unpause',
    needs: 'containers:operate',
    on: 'host',
    audit: 'container.unpause',
  }),
  rename: api(containers.rename, {
    http: 'POST /hosts/:host/containers/:id/rename',
    needs: 'containers:operate',
    on: 'host',
    audit: 'container.rename',
  }),
  remove: api(containers.remove, {
    http: 'DELETE /hosts/:host/containers/:id',
    needs: 'containers:remove',
    on: 'host',
    audit: 'container.remove',
  }),
  logs: api(containers.logs, { http: 'GET /hosts/:host/containers/:id/logs', needs: 'containers:logs', on: 'host' }),
  logFile: api(logFile, {
    http: 'GET /hosts/:host/containers/:id/logs/file',
    needs: 'containers:logs',
    on: 'host',
    audit: 'container.save_log',
    file: 'text/plain; charset=utf-8',
  }),
  stats: api(containers.stats, { http: 'GET /hosts/:host/containers/:id/stats', needs: 'containers:read', on: 'host' }),
  exec: api(containers.exec, {
    http: 'POST /hosts/:host/containers/:id/exec',
    needs: 'containers:exec',
    on: 'host',
    audit: 'container.exec',
  }),
}
