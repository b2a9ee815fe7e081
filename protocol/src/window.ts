import * as z from 'zod/mini'

const Minute = z.int().check(z.gte(0), z.lte(1439))
/** Minutes of the day; `from` after `to`: it ends on the next day. `days`: those on which it begins, 1 is Monday. */
export const hours = {
  days: z.array(z.int().check(z.gte(1), z.lte(7))).check(z.minLength(1), z.maxLength(7)),
  fromMinute: Minute,
  toMinute: Minute,
}

/** By the clocks of `zone`. */
export const Window = z.object({
  ...hours,
  zone: z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/), z.maxLength(64)),
})
export type Window = z.infer<typeof Window>

const minuteMs = 60_000
const dayMinutes = 1440
const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** The wall clock of a time zone. */
interface Wall {
  /** From 1, Monday. */
  readonly day: number
  readonly minute: number
}

const formats = new Map<string, Intl.DateTimeFormat>()
/** Named by people, so there may be many: they are made anew rather than kept without end. */
const mostFormats = 64

/** Throws a RangeError for a time zone that nobody knows. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  if (formats.size >= mostFormats) formats.clear()
  formats.set(zone, format)
  return format
}

export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

function wallOf(zone: string, atMs: number): Wall {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  )
  return { day: days.indexOf(parts.get('weekday')!) + 1, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) }
}

/** By the wall clock there: an hour that is skipped is in no window, one that comes twice is in it twice. From and to alike: all day. */
export function isOpen({ days: begins, fromMinute, toMinute, zone }: Window, atMs: number): boolean {
  const { day, minute } = wallOf(zone, atMs)
  const yesterday = day === 1 ? 7 : day - 1
  if (fromMinute < toMinute) return begins.includes(day) && minute >= fromMinute && minute < toMinute
  return (begins.includes(day) && minute >= fromMinute) || (begins.includes(yesterday) && minute < toMinute)
}

/** From when on an answer holds, and until when: thousands of steps are not gone again for each host of a wave. */
const answers = new Map<string, { readonly fromMs: number; readonly untilMs: number; readonly change: number | undefined }>()

/** When it opens or closes next: the first minute at which it is otherwise; undefined: it never is. */
export function nextChange(window: Window, atMs: number): number | undefined {
  const { days: begins, fromMinute, toMinute, zone } = window
  const key = [begins, fromMinute, toMinute, zone].join(' ')
  const known = answers.get(key)
  if (known !== undefined && atMs >= known.fromMs && atMs < known.untilMs) return known.change
  const change = findChange(window, atMs)
  if (answers.size >= mostFormats) answers.clear()
  answers.set(key, { fromMs: atMs, untilMs: change ?? atMs + dayMinutes * minuteMs, change })
  return change
}

/** By steps of at most five minutes and then minute by minute, since no arithmetic knows what the clocks of a place will do. */
function findChange(window: Window, atMs: number): number | undefined {
  const now = isOpen(window, atMs)
  const startMs = Math.floor(atMs / minuteMs) * minuteMs
  const stepMs = stepOf(window) * minuteMs
  const lastMs = startMs + 9 * dayMinutes * minuteMs
  for (let ms = startMs + stepMs; ms <= lastMs; ms += stepMs) {
    if (isOpen(window, ms) === now) continue
    let change = ms
    while (change - minuteMs > startMs && isOpen(window, change - minuteMs) !== now) change -= minuteMs
    return change
  }
  return undefined
}

/** No window and no gap between two is stepped over. */
function stepOf({ fromMinute, toMinute }: Window): number {
  const open = (toMinute - fromMinute + dayMinutes) % dayMinutes || dayMinutes
  return Math.min(5, open, dayMinutes - open || dayMinutes)
}
