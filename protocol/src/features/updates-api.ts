import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { tagForm } from '../tags.ts'
import { json } from '../wire/json.ts'
import { Window } from '../window.ts'
import { updates, UpdateState, Version } from './updates.ts'

const text = (most: number) => z.string().check(z.maxLength(most))
const id = text(128)

/** A release that this hub has. Hosts judge it themselves: the hub cannot make one. */
export const Release = z.object({
  version: Version,
  counter: z.int(),
  issuedMs: z.number(),
  expiresMs: z.number(),
  files: z.array(z.object({ name: text(64), bytes: z.int() })),
  /** Its folder, and why it is offered to nobody; '' when it is. */
  folder: text(256),
  problem: z._default(text(1024), ''),
})
export type Release = z.infer<typeof Release>

/** `waiting`: for the pause, a window or a host; `waitsFor` says which. `halted` by the stop rule, `stopped` by a person. */
export const waveStates = ['waiting', 'running', 'paused', 'halted', 'done', 'stopped'] as const

/**
 * Of a host in a wave. `sending`: blocks are on their way. `starting`: it was told to start, and has not yet come back with it. `left`: it
 * was offline in its turn, and gets it when it is back. `dropped`: the wave ended before its turn. `skipped`: it cannot take it, or must not.
 */
export const hostStates = ['waiting', 'sending', 'starting', 'done', 'failed', 'skipped', 'left', 'dropped'] as const
export type WaveHostState = (typeof hostStates)[number]

/** Why a host was left out, failed, or is not yet updated. `said` has the host's own words. */
export const reasons = [
  '',
  'old',
  'kind',
  'policy',
  'quarantined',
  'file',
  'refused',
  'returned',
  'late',
  'broken',
  'removed',
  'newer',
] as const
export type Reason = (typeof reasons)[number]

const Counts = z.partialRecord(z.enum(hostStates), z.int())

export const Wave = z.object({
  id,
  version: Version,
  counter: z.int(),
  /** null: of the whole organization. */
  environment: z.nullable(z.object({ id, name: text(256) })),
  tag: text(64),
  /** Of one host alone, now: without stages and past windows. */
  host: z.nullable(z.object({ id, name: text(256) })),
  pauseMinutes: z.int(),
  state: z.enum(waveStates),
  waitsFor: z.enum(['', 'pause', 'window', 'hosts']),
  /** Until when it waits at least; 0: until something happens. */
  untilMs: z.number(),
  /** Which of `stages`, from 0. */
  stage: z.int(),
  stages: z.array(Counts),
  /** Why it was halted. */
  why: z._default(text(1024), ''),
  by: text(256),
  createdMs: z.number(),
  endedMs: z.nullable(z.number()),
})
export type Wave = z.infer<typeof Wave>

export const WaveHost = z.object({
  host: id,
  name: text(256),
  stage: z.int(),
  state: z.enum(hostStates),
  reason: z.enum(reasons),
  said: z._default(text(1024), ''),
  fromVersion: text(64),
  /** What it said last that it runs: one that took the release may have gone back since, or on. '': nothing. */
  runs: z._default(text(64), ''),
  /** Of what it lacked, while blocks are on their way. */
  sentBytes: z._default(z.int(), 0),
  wantedBytes: z._default(z.int(), 0),
})
export type WaveHost = z.infer<typeof WaveHost>

export { Window as UpdateWindow } from '../window.ts'

/** Most of a wave that are shown at once: those that failed first. */
export const mostWaveHosts = 500
/** The last ones; what came before is in the trail. */
export const mostWaves = 50

const Scope = {
  environment: z.optional(id),
  tag: z.optional(z.string().check(z.regex(tagForm))),
}
const WaveRef = z.object({ wave: id, environment: z.optional(id) })
const pauseMinutes = z._default(z.int().check(z.gte(0), z.lte(7 * 24 * 60)), 10)

const hub = {
  list: call(
    z.object({}),
    z.object({
      releases: z.array(Release),
      /** What runs where: the versions that hosts said last. */
      versions: z.array(z.object({ version: text(64), hosts: z.int(), online: z.int() })),
      waves: z.array(Wave),
    }),
  ),
  /** Rises whenever something of it is otherwise: `list` and `wave` then say what. */
  watch: stream(z.object({}), json(z.object({ revision: z.int() }))),
  wave: call(z.object({ wave: id }), z.object({ wave: Wave, hosts: z.array(WaveHost) })),
  preview: call(
    z.object({ ...Scope, counter: z.optional(z.int()) }),
    z.object({
      release: z.nullable(Release),
      /** Hosts of each stage. */
      stages: z.array(z.int()),
      /** Of them, offline now: they are left for when they are back. */
      offline: z.int(),
      skipped: z.array(z.object({ reason: z.enum(reasons), hosts: z.int() })),
      /** They run it already. */
      current: z.int(),
      /** In another wave that has not ended. */
      busy: z.int(),
    }),
  ),
  begin: call(z.object({ ...Scope, counter: z.int(), pauseMinutes }), Wave, { mutates: true }),
  pause: call(WaveRef, Wave, { mutates: true }),
  resume: call(WaveRef, Wave, { mutates: true }),
  stop: call(WaveRef, Wave, { mutates: true }),
  host: call(
    z.object({ host: id }),
    z.object({
      /** null: the agent is offline, or too old to say. */
      state: z.nullable(UpdateState),
      /** Why it is not updated from here. */
      reason: z.enum(reasons),
      /** The newest that is not older than what it runs; null: there is none. */
      release: z.nullable(Release),
      /** In which it is, or was last. */
      wave: z.nullable(Wave),
      own: z.nullable(WaveHost),
    }),
  ),
  updateHost: call(z.object({ host: id, counter: z.optional(z.int()) }), Wave, { mutates: true }),
  window: call(z.object({ environment: id }), z.object({ window: z.nullable(Window) })),
  setWindow: call(z.object({ environment: id, window: z.nullable(Window) }), z.object({ window: z.nullable(Window) }), {
    mutates: true,
  }),
}
const revert = call(z.object({ host: id }), updates.revert.output, { mutates: true, deadlineMs: 60_000 })

const onWave = (verb: 'pause' | 'resume' | 'stop') =>
  ({ http: `POST /updates/waves/:wave/${verb}`, needs: 'hosts:manage', on: 'environment', audit: `update.${verb}` }) as const

export const updatesApi = {
  list: api(hub.list, { http: 'GET /updates', needs: 'hosts:read', on: 'hosts' }),
  watch: api(hub.watch, { http: 'GET /updates/watch', needs: 'hosts:read', on: 'hosts' }),
  wave: api(hub.wave, { http: 'GET /updates/waves/:wave', needs: 'hosts:read', on: 'hosts' }),
  preview: api(hub.preview, { http: 'GET /updates/preview', needs: 'hosts:manage', on: 'environment' }),
  begin: api(hub.begin, {
    http: 'POST /updates/waves',
    needs: 'hosts:manage',
    on: 'environment',
    audit: 'update.begin',
    stepUp: true,
    secondPerson: true,
  }),
  pause: api(hub.pause, onWave('pause')),
  /** Goes on with what was paused. */
  resume: api(hub.resume, { ...onWave('resume'), stepUp: true }),
  stop: api(hub.stop, onWave('stop')),
  host: api(hub.host, { http: 'GET /hosts/:host/update', needs: 'hosts:read', on: 'host' }),
  updateHost: api(hub.updateHost, {
    http: 'POST /hosts/:host/update',
    needs: 'hosts:manage',
    on: 'host',
    audit: 'update.host',
    stepUp: true,
    // One after the other, all hosts would be a wave that nobody agreed to.
    secondPerson: true,
  }),
  revert: api(revert, { http: 'POST /hosts/:host/revert', needs: 'hosts:manage', on: 'host', audit: 'update.revert', stepUp: true }),
  window: api(hub.window, { http: 'GET /environments/:environment/window', needs: 'hosts:manage', on: 'environment' }),
  setWindow: api(hub.setWindow, {
    http: 'PUT /environments/:environment/window',
    needs: 'hosts:manage',
    on: 'environment',
    audit: 'update.window',
  }),
}
