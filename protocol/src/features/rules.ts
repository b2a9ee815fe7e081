import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call, stream } from '../contract.ts'
import { hours } from '../window.ts'
import { json } from '../wire/json.ts'

const text = (most: number) => z.string().check(z.maxLength(most))
const id = text(128)
const between = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most))
const Time = z.number().check(z.gte(0), z.lte(8.64e15))

/** On a container, it wins over every rule: `off` leaves it alone. */
export const healLabel = 'fairlead.heal'

/** Of each kind, in one place. All of a host's go into one item of a stream, 32 KiB. */
export const mostRules = 8

/** One of a place has it once for each kind: a host's stands in place of its environment's. */
const Name = z.string().check(
  z.minLength(1),
  z.maxLength(64),
  z.refine((name) => name.trim() === name && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)),
)

/** Containers that are to be well: those that fit all that is said, all where nothing is. */
const Which = {
  /** `name` or `name=value`; '' for any. */
  label: z._default(z.string().check(z.maxLength(256), z.regex(/^[\x21-\x7e]*$/)), ''),
  /** Of a container's name, with `*` for anything; '' for any. */
  pattern: z._default(z.string().check(z.maxLength(128), z.regex(/^[a-zA-Z0-9_.*-]*$/)), ''),
  /** The compose project; '' for any. */
  stack: z._default(z.string().check(z.maxLength(128), z.regex(/^[a-zA-Z0-9_.-]*$/)), ''),
}

/** A container that is not well is restarted. */
export const HealRule = z.object({
  name: Name,
  /** False: there, and not in force. */
  on: z._default(z.boolean(), true),
  ...Which,
  /** For so long unhealthy by its own health check; null: that is nothing to this rule. */
  unhealthySeconds: z._default(z.nullable(between(10, 3600)), 60),
  /** Also one that ended with a failure, which nobody stopped and its engine does not bring back. */
  failed: z._default(z.boolean(), true),
  /** So often within an hour, each container; then it is given up, and said so. */
  perHour: z._default(between(1, 10), 3),
})
export type HealRule = z.infer<typeof HealRule>

/** Images that nothing uses go, once each time the window opens, by the clocks of the host. Never a container, never a volume. */
export const PruneRule = z.object({
  name: Name,
  on: z._default(z.boolean(), true),
  /** `dangling`: those without a name; `unused`: all that no container is made of, whether it runs or not. */
  images: z.enum(['dangling', 'unused']),
  /** Made, and named here, longer ago than so many days. */
  olderDays: z._default(between(0, 3650), 7),
  ...hours,
})
export type PruneRule = z.infer<typeof PruneRule>

const rulesOf = <H extends z.ZodMiniType, P extends z.ZodMiniType>(heal: H, prune: P, most: number) => ({
  heal: z._default(z.array(heal).check(z.maxLength(most)), []),
  prune: z._default(z.array(prune).check(z.maxLength(most)), []),
})

/** What somebody set for a host, or for all hosts of an environment. */
export const RuleSet = z.object(rulesOf(HealRule, PruneRule, mostRules))
export type RuleSet = z.infer<typeof RuleSet>

const from = z.enum(['environment', 'host'])
const HealHere = z.extend(HealRule, { from })
const PruneHere = z.extend(PruneRule, { from })
export type HealHere = z.infer<typeof HealHere>
export type PruneHere = z.infer<typeof PruneHere>

/** All of a host's, its own first. `counter` rises by one: a host takes none but the next to what it has. */
export const RulesHere = z.object({
  counter: z.int().check(z.gte(0), z.lte(Number.MAX_SAFE_INTEGER)),
  ...rulesOf(HealHere, PruneHere, 2 * mostRules),
})
export type RulesHere = z.infer<typeof RulesHere>

/** What a host did by a rule. `held`: it would have, and its policy did not let it. */
export const RuleAct = z.object({
  timeMs: Time,
  kind: z.enum(['heal', 'prune']),
  rule: text(64),
  from,
  target: text(64),
  targetName: text(128),
  outcome: z.enum(['ok', 'failed', 'held', 'gave_up']),
  /** `unhealthy`, `exit 1`; how many images and bytes; or what did not let it. */
  why: text(256),
})
export type RuleAct = z.infer<typeof RuleAct>

export const mostActs = 20

/** The rules of a host as it has them, what it makes of them, and what it did. */
export const RulesState = z.extend(RulesHere, {
  /** Why nothing is done at this moment: what takes the right to it away; '' while it may. */
  held: z.object({ heal: z.enum(['', 'mode', 'file', 'hub', 'lock']), prune: z.enum(['', 'mode', 'file', 'hub', 'lock']) }),
  /** By whose clocks its windows are; '' while it has none. */
  zone: text(64),
  /** When each that prunes does so next; null: it never does. */
  next: z.array(z.object({ rule: text(64), timeMs: z.nullable(Time) })).check(z.maxLength(2 * mostRules)),
  /** Containers that need somebody: restarted as often as a rule lets, and still not well. */
  gaveUp: z.array(z.object({ id: text(64), name: text(128), rule: text(64), sinceMs: Time })).check(z.maxLength(mostActs)),
  /** The newest first. */
  acts: z.array(RuleAct).check(z.maxLength(mostActs)),
})
export type RulesState = z.infer<typeof RulesState>

const Pick = z.object({ images: z.enum(['dangling', 'unused']), olderDays: z._default(between(0, 3650), 7) })

/** What would go now, the largest first; of many the first only, `count` and `bytes` are of all. */
const WouldGo = z.object({
  count: z.int(),
  bytes: z.number(),
  images: z
    .array(z.object({ id: text(80), names: z.array(text(256)).check(z.maxLength(4)), bytes: z.number(), createdMs: z.number() }))
    .check(z.maxLength(100)),
})
export type WouldGo = z.infer<typeof WouldGo>

/** What an agent answers. */
export const rules = {
  /** Now, and whenever it is otherwise. */
  watch: stream(z.object({}), json(RulesState)),
  /** All of them at once. `conflict`: it has these or newer ones. */
  set: call(RulesHere, RulesState, { mutates: true }),
  preview: call(Pick, WouldGo, { deadlineMs: 60_000 }),
}

const hub = {
  /** As its own host says it. */
  watch: stream(z.object({ host: id }), json(RulesState)),
  host: call(
    z.object({ host: id }),
    z.object({
      environment: z.object({ id, name: text(256) }),
      own: RuleSet,
      inherited: RuleSet,
      /** What the host itself says; null: it is offline, or its agent is too old to keep rules. */
      state: z.nullable(RulesState),
      reason: z.enum(['', 'offline', 'old']),
      /** It has what is set. */
      current: z.boolean(),
    }),
  ),
  setHost: call(z.object({ host: id, rules: RuleSet }), z.object({ rules: RuleSet }), { mutates: true }),
  environment: call(
    z.object({ environment: id }),
    z.object({
      rules: RuleSet,
      /** Hosts there: all, those that have what is set, and those whose agent is too old. */
      hosts: z.object({ all: z.int(), current: z.int(), old: z.int() }),
    }),
  ),
  setEnvironment: call(z.object({ environment: id, rules: RuleSet }), z.object({ rules: RuleSet }), { mutates: true }),
}

const change = { needs: 'rules:manage', audit: 'rules.set', stepUp: true } as const

export const rulesApi = {
  host: api(hub.host, { http: 'GET /hosts/:host/rules', needs: 'rules:read', on: 'host' }),
  watch: api(hub.watch, { http: 'GET /hosts/:host/rules/watch', needs: 'rules:read', on: 'host' }),
  preview: api(rules.preview, { http: 'GET /hosts/:host/rules/preview', needs: 'rules:read', on: 'host' }),
  setHost: api(hub.setHost, { http: 'PUT /hosts/:host/rules', on: 'host', ...change }),
  environment: api(hub.environment, { http: 'GET /environments/:environment/rules', needs: 'rules:read', on: 'environment' }),
  setEnvironment: api(hub.setEnvironment, { http: 'PUT /environments/:environment/rules', on: 'environment', ...change }),
}
