import type { HealRule, PruneRule, RuleSet } from '@fairlead/protocol/features/rules.ts'
import { minuteOf, minuteText } from '../kit/hours.ts'
import type { rulesEn } from '../i18n/rules-en.ts'

export type Kind = 'heal' | 'prune'
type Fault = Extract<keyof typeof rulesEn, `fault.${string}`>

/** A rule as it stands in its form, number by number as somebody types. */
export interface HealDraft extends Pick<HealRule, 'name' | 'on' | 'label' | 'pattern' | 'stack' | 'failed'> {
  readonly unhealthy: boolean
  readonly seconds: string
  readonly perHour: string
}

export interface PruneDraft extends Pick<PruneRule, 'name' | 'on' | 'images'> {
  readonly older: string
  readonly days: readonly number[]
  readonly fromTime: string
  readonly toTime: string
}

export function healDraft(rule?: HealRule): HealDraft {
  const { name = '', on = true, label = '', pattern = '', stack = '', failed = true, unhealthySeconds = 60, perHour = 3 } = rule ?? {}
  const unhealthy = unhealthySeconds !== null
  return { name, on, label, pattern, stack, failed, unhealthy, seconds: String(unhealthySeconds ?? 60), perHour: String(perHour) }
}

export function pruneDraft(rule?: PruneRule): PruneDraft {
  const {
    name = '',
    on = true,
    images = 'dangling',
    olderDays = 7,
    days = [1, 2, 3, 4, 5, 6, 7],
    fromMinute = 180,
    toMinute = 300,
  } = rule ?? {}
  return { name, on, images, older: String(olderDays), days, fromTime: minuteText(fromMinute), toTime: minuteText(toMinute) }
}

const within = (text: string, least: number, most: number) => /^\d{1,4}$/.test(text) && Number(text) >= least && Number(text) <= most

function nameFault(name: string, taken: readonly string[]): Fault | undefined {
  if (name.trim() === '' || name.trim().length > 64) return 'fault.name'
  return taken.includes(name.trim()) ? 'fault.taken' : undefined
}

/** What is wrong with it first; undefined: nothing. `taken`: names of the others. */
export function healFault(draft: HealDraft, taken: readonly string[]): Fault | undefined {
  const fault = nameFault(draft.name, taken)
  if (fault !== undefined) return fault
  if (!/^[a-zA-Z0-9_.-]{0,128}$/.test(draft.stack)) return 'fault.stack'
  if (!/^[a-zA-Z0-9_.*-]{0,128}$/.test(draft.pattern)) return 'fault.pattern'
  if (!/^[\x21-\x7e]{0,256}$/.test(draft.label) || draft.label.startsWith('=')) return 'fault.label'
  if (!draft.unhealthy && !draft.failed) return 'fault.when'
  if (draft.unhealthy && !within(draft.seconds, 10, 3600)) return 'fault.seconds'
  return within(draft.perHour, 1, 10) ? undefined : 'fault.perHour'
}

export function pruneFault(draft: PruneDraft, taken: readonly string[]): Fault | undefined {
  const fault = nameFault(draft.name, taken)
  if (fault !== undefined) return fault
  if (!within(draft.older, 0, 3650)) return 'fault.older'
  if (draft.days.length === 0) return 'fault.days'
  return minuteOf(draft.fromTime) === undefined || minuteOf(draft.toTime) === undefined ? 'fault.time' : undefined
}

/** Of a draft without fault. */
export function healOf({ name, on, label, pattern, stack, failed, unhealthy, seconds, perHour }: HealDraft): HealRule {
  const unhealthySeconds = unhealthy ? Number(seconds) : null
  return { name: name.trim(), on, label, pattern, stack, failed, unhealthySeconds, perHour: Number(perHour) }
}

export function pruneOf({ name, on, images, older, days, fromTime, toTime }: PruneDraft): PruneRule {
  const hours = { days: [...days], fromMinute: minuteOf(fromTime)!, toMinute: minuteOf(toTime)! }
  return { name: name.trim(), on, images, olderDays: Number(older), ...hours }
}

/** The set with this rule in place of the one called `before`, or beside the others. */
export function put<K extends Kind>(set: RuleSet, kind: K, rule: RuleSet[K][number], before: string | undefined): RuleSet {
  const all: readonly { readonly name: string }[] = set[kind]
  const next = all.some(({ name }) => name === before) ? all.map((one) => (one.name === before ? rule : one)) : [...all, rule]
  return { ...set, [kind]: next }
}

export function without(set: RuleSet, kind: Kind, name: string): RuleSet {
  const all: readonly { readonly name: string }[] = set[kind]
  return { ...set, [kind]: all.filter((one) => one.name !== name) }
}
