import { language } from '../i18n/i18n.ts'

/** 2026-01-05 is a Monday. */
export const dayWords = (day: number, length: 'short' | 'long' = 'short'): string =>
  new Intl.DateTimeFormat(language(), { weekday: length, timeZone: 'UTC' }).format(Date.UTC(2026, 0, 4 + day))

export const minuteText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** undefined: it is no time of a day. */
export function minuteOf(text: string): number | undefined {
  const [, hours = '', minutes = ''] = /^(\d{1,2}):(\d\d)$/.exec(text) ?? []
  const minute = Number(hours) * 60 + Number(minutes)
  return hours === '' || Number(hours) > 23 || Number(minutes) > 59 ? undefined : minute
}
