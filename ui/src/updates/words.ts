import type { UpdateWindow, Wave, WaveHost, WaveHostState } from '@fairlead/protocol/features/updates-api.ts'
import { createWords, time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { updatesEn } from '../i18n/updates-en.ts'
import { updatesFr } from '../i18n/updates-fr.ts'
import { dayWords, minuteText } from '../kit/hours.ts'
import { plain } from '../kit/plain.ts'

/** As `t`, of the texts that come with the updates. */
export const say = createWords<keyof typeof updatesEn>(updatesEn, updatesFr)

/** Where a wave goes. */
export function placeWords({ host, environment, tag }: Pick<Wave, 'host' | 'environment' | 'tag'>): string {
  if (host !== null) return plain(host.name)
  const where = environment === null ? say('wave.all') : plain(environment.name)
  return tag === '' ? where : `${where}, ${say('wave.tag', { tag: plain(tag) })}`
}

export function waitWords({ state, waitsFor, untilMs }: Pick<Wave, 'state' | 'waitsFor' | 'untilMs'>): string {
  const word = say(`state.${state}`)
  return waitsFor === '' || state !== 'waiting' ? word : `${word} ${say(`waits.${waitsFor}`, { time: time(untilMs) })}`
}

/** How far a host is, or so many of them. */
export const hostWords = (state: WaveHostState, n = 1): string => say(`host.${state}`, { n })

/** What a host has now that took a release and did not stay with it; '': it did, or says nothing. */
export function elseWords({ state, runs }: Pick<WaveHost, 'state' | 'runs'>, { version }: Pick<Wave, 'version'>): string {
  return state !== 'done' || runs === '' || runs === version ? '' : say('host.runs', { version: plain(runs) })
}

/** Why a wave was halted, which the hub stores in a sentence of its own. */
export function whyWords(why: string): string {
  const [, failed = '', hosts = '', stage = ''] = /^(\d+) of (\d+) in stage (\d+)$/.exec(why) ?? []
  return failed === '' ? plain(said(why)) : say('halted.why', { failed, hosts, stage })
}

export function windowWords(window: UpdateWindow | null): string {
  if (window === null) return say('windows.any')
  const { days, fromMinute, toMinute, zone } = window
  const names = days.length === 7 ? say('windows.everyDay') : days.map((day) => dayWords(day)).join(' ')
  // From an hour to the same one is a day and a night, not a moment.
  return say(fromMinute === toMinute ? 'windows.whole' : 'windows.told', {
    days: names,
    from: minuteText(fromMinute),
    to: minuteText(toMinute),
    zone: plain(zone),
  })
}
