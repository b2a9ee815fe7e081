import type { HealRule, PruneRule, RuleAct, RulesState } from '@fairlead/protocol/features/rules.ts'
import { bytes, createWords, locale, span, time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { rulesEn } from '../i18n/rules-en.ts'
import { rulesFr } from '../i18n/rules-fr.ts'
import { dayWords, minuteText } from '../kit/hours.ts'
import { plain } from '../kit/plain.ts'

/** As `t`, of the texts that come with the rules. */
export const say = createWords<keyof typeof rulesEn>(rulesEn, rulesFr)

export function whichWords({ stack, pattern, label }: Pick<HealRule, 'stack' | 'pattern' | 'label'>): string {
  const parts = [
    stack === '' ? '' : say('which.stack', { stack: plain(stack) }),
    pattern === '' ? '' : say('which.pattern', { pattern: plain(pattern) }),
    label === '' ? '' : say('which.label', { label: plain(label) }),
  ].filter((part) => part !== '')
  return parts.join(', ') || say('which.all')
}

export function whenWords({ unhealthySeconds, failed }: Pick<HealRule, 'unhealthySeconds' | 'failed'>): string {
  const parts = [
    unhealthySeconds === null ? '' : say('when.unhealthy', { time: span(unhealthySeconds * 1000) }),
    failed ? say('when.failed') : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}

export function imagesWords({ images, olderDays }: Pick<PruneRule, 'images' | 'olderDays'>): string {
  return `${say(`images.${images}`)}, ${say('older', { n: olderDays })}`
}

export function hoursWords({ days, fromMinute, toMinute }: Pick<PruneRule, 'days' | 'fromMinute' | 'toMinute'>): string {
  return say('hours', { days: days.map((day) => dayWords(day)).join(' '), from: minuteText(fromMinute), to: minuteText(toMinute) })
}

/** By the clocks of the host, and by those here where they are others. */
export function nextWords(timeMs: number | null | undefined, zone: string): string[] {
  if (timeMs === null || timeMs === undefined) return [say('next.never')]
  const there = timeIn(timeMs, zone)
  if (there === timeIn(timeMs, undefined) || there === undefined) return [time(timeMs)]
  return [say('next.there', { time: there, zone: plain(zone) }), say('next.here', { time: time(timeMs) })]
}

/** undefined: this browser does not know the zone. */
function timeIn(ms: number, zone: string | undefined): string | undefined {
  try {
    const options = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const
    return new Intl.DateTimeFormat(locale(), { ...options, ...(zone === undefined ? {} : { timeZone: zone || 'UTC' }) }).format(ms)
  } catch {
    return undefined
  }
}

export function actWords({ kind, outcome, targetName, target }: RuleAct): string {
  const name = plain(targetName || target.slice(0, 12))
  return kind === 'heal' ? say(`act.heal.${outcome}`, { name }) : say(`act.prune.${outcome === 'gave_up' ? 'failed' : outcome}`)
}

const known = ['lock', 'mode', 'file', 'hub', 'protected', 'unhealthy'] as const

/** Why, in words where there are some; a host of another version says it its own way. */
export function whyWords({ why }: Pick<RuleAct, 'why'>): string {
  const [, n, size, rest = ''] = /^(\d+) images, (\d+) bytes(.*)$/s.exec(why) ?? []
  if (n !== undefined) return `${say('preview.told', { n, bytes: bytes(Number(size)) })}${plain(rest)}`
  const word = known.find((one) => one === why)
  return word === undefined ? plain(said(why)) : say(`why.${word}`)
}

/** What is kept from being done by rules that are there, each with its reason. */
export function heldWords({ held, heal, prune }: Pick<RulesState, 'held' | 'heal' | 'prune'>): string[] {
  return [
    ...(held.heal !== '' && heal.length > 0 ? [`${say('held.heal')} ${say(`why.${held.heal}`)}`] : []),
    ...(held.prune !== '' && prune.length > 0 ? [`${say('held.prune')} ${say(`why.${held.prune}`)}`] : []),
  ]
}
