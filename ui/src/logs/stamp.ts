import { language } from '../i18n/i18n.ts'

export type Clock = 'local' | 'utc' | 'relative'

const two = (n: number) => String(n).padStart(2, '0')
const three = (n: number) => String(n).padStart(3, '0')

/** The time of a line. Another day than today is said; `nowMs` is what "relative" counts from. */
export function stamp(timeMs: number, clock: Clock, nowMs: number): string {
  if (!Number.isFinite(timeMs)) return '–'
  if (clock === 'relative') return ago(nowMs - timeMs)
  const date = new Date(timeMs)
  const now = new Date(nowMs)
  if (clock === 'utc') {
    const iso = date.toISOString()
    return iso.slice(0, 10) === now.toISOString().slice(0, 10) ? iso.slice(11) : iso.replace('T', ' ')
  }
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${three(date.getMilliseconds())}`
  return date.toDateString() === now.toDateString()
    ? time
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

const tenth = (seconds: number) => seconds.toFixed(1).replace('.', language() === 'fr' ? ',' : '.')

function ago(ms: number): string {
  const seconds = Math.abs(ms) / 1000
  const sign = ms < 0 ? '+' : '−'
  if (seconds < 60) return `${sign}${tenth(seconds)} s`
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
  if (seconds < 86_400) return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds / 60) % 60)} min`
  return `${sign}${Math.floor(seconds / 86_400)} ${language() === 'fr' ? 'j' : 'd'} ${Math.floor((seconds / 3600) % 24)} h`
}

const moment = /^(?:(\d{4})-(\d\d?)-(\d\d?))?(?:(?:^|[ T])(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,3})\d*)?)?)?(Z)?$/

/** `2026-11-21 14:05:30`, a day alone, a time of today alone; with Z in UTC, else in the reader's zone. */
export function parseTime(text: string, nowMs: number): number | undefined {
  const found = moment.exec(text.trim())
  if (found === null || text.trim() === '') return undefined
  const [, year, month, day, hours = '0', minutes = '0', seconds = '0', fraction = '0', zone] = found
  if (year === undefined && found[4] === undefined) return undefined
  const now = new Date(nowMs)
  const utc = zone !== undefined
  const date =
    year === undefined
      ? utc
        ? [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
        : [now.getFullYear(), now.getMonth(), now.getDate()]
      : [Number(year), Number(month) - 1, Number(day)]
  const time = [Number(hours), Number(minutes), Number(seconds), Number(fraction.padEnd(3, '0'))]
  if (date[1]! > 11 || date[1]! < 0 || date[2]! < 1 || date[2]! > 31 || time[0]! > 23 || time[1]! > 59 || time[2]! > 59) return undefined
  const parts = [...date, ...time] as [number, number, number, number, number, number, number]
  const timeMs = utc ? Date.UTC(...parts) : new Date(...parts).getTime()
  return Number.isFinite(timeMs) ? timeMs : undefined
}
