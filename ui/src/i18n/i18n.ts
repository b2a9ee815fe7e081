import { createSignal } from 'solid-js'
import { en, type Key } from './en.ts'
import { nowMs } from './now.ts'

type Language = 'en' | 'fr'

// Everybody loads English, for it is what a text falls back to; French comes for whoever reads it.
const [language, setLanguage] = createSignal<Language>('en')
let french: Readonly<Record<Key, string>> = en
let wanted: Language = 'en'

export { language }

/** The language that was chosen here, else the browser's. It is to be there before anything is shown. */
export function loadLanguage(): Promise<void> {
  const stored = localStorage.getItem('language')
  return speak(stored === 'fr' || stored === 'en' ? stored : navigator.language.startsWith('fr') ? 'fr' : 'en')
}

/** From now on, and at the next visit. */
export function chooseLanguage(next: Language): Promise<void> {
  localStorage.setItem('language', next)
  return speak(next)
}

/** French that cannot be fetched leaves the texts as they are: better those than none. */
async function speak(next: Language): Promise<void> {
  wanted = next
  try {
    if (next === 'fr') french = (await import('./fr.ts')).fr
  } catch {
    return
  }
  // The one that was chosen last, whichever comes first.
  if (wanted !== next) return
  document.documentElement.lang = next
  setLanguage(next)
}

type Values = Readonly<Record<string, string | number>>

/** The text of a key, with `{name}` filled in. */
export function t(key: Key, values: Values = {}): string {
  return language() === 'fr' ? filled(spaced(french[key]), values) : filled(en[key], values)
}

/** The same for texts that are not in the first load: `t` of tables of their own. */
export function createWords<K extends string>(inEnglish: Readonly<Record<K, string>>, inFrench: Readonly<Record<K, string>>) {
  return (key: K, values: Values = {}): string =>
    language() === 'fr' ? filled(spaced(inFrench[key]), values) : filled(inEnglish[key], values)
}

/** No line of French begins with what ends a part of it, or ends with what opens a quote. */
export function spaced(text: string): string {
  return text.replaceAll(/ ([:;!?»])/g, '\u00a0$1').replaceAll('« ', '«\u00a0')
}

function filled(text: string, values: Values): string {
  // `{n|host|hosts}`: the word that goes with the number n.
  const counted = text.replaceAll(/\{(\w+)\|([^|}]*)\|([^}]*)\}/g, (_whole, name: string, one: string, many: string) =>
    new Intl.PluralRules(language()).select(Number(values[name])) === 'one' ? one : many,
  )
  return counted.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => String(values[name] ?? ''))
}

/** The words for what a host or the hub named, by the key made of its name; undefined: there are none. */
export function wordsOf(key: string): string | undefined {
  return Object.hasOwn(en, key) ? t(key as Key) : undefined
}

/** The person's own way of writing in the language chosen: days before months in Britain, after them in America. */
export const locale = () => globalThis.navigator?.languages?.find((one) => one.startsWith(language())) ?? language()

const formats = new Map<string, Intl.NumberFormat>()
/** Making a format takes longer than using it a hundred times, and a list uses two for every row that changes. */
function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale()} ${JSON.stringify(options)}`
  let format = formats.get(key)
  if (format === undefined) formats.set(key, (format = new Intl.NumberFormat(locale(), options)))
  return format
}

/** A count, with its thousands set apart. */
export const number = (value: number): string => numberFormat({}).format(value)

const units = { en: ['B', 'KiB', 'MiB', 'GiB', 'TiB'], fr: ['o', 'Kio', 'Mio', 'Gio', 'Tio'] } as const

export function bytes(value: number | undefined | null): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return '–'
  let unit = 0
  let left = value
  for (; left >= 1024 && unit < units.en.length - 1; unit++) left /= 1024
  return `${numberFormat({ maximumFractionDigits: left < 10 && unit > 0 ? 1 : 0 }).format(left)} ${units[language()][unit]}`
}

export function cores(value: number | undefined | null): string {
  if (value === undefined || value === null) return '–'
  return numberFormat({ style: 'percent', maximumFractionDigits: value < 0.1 ? 1 : 0 }).format(value)
}

/** How long ago, in one unit. In a view it is worded anew as time goes by, unless it is asked as of a time. */
export function ago(ms: number, atMs: number = nowMs()): string {
  const seconds = Math.max(0, Math.round((atMs - ms) / 1000))
  const [count, unit] =
    seconds < 60
      ? [seconds, 'second']
      : seconds < 3600
        ? [Math.round(seconds / 60), 'minute']
        : seconds < 86_400
          ? [Math.round(seconds / 3600), 'hour']
          : [Math.round(seconds / 86_400), 'day']
  return numberFormat({ style: 'unit', unit: unit as string, unitDisplay: language() === 'fr' ? 'short' : 'narrow' }).format(
    count as number,
  )
}

export function time(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'short', timeStyle: 'medium' }).format(ms)
}

export function clock(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle: 'medium' }).format(ms)
}

const digits = (size: number): Intl.NumberFormatOptions =>
  size < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: size < 10 ? 2 : size < 100 ? 1 : 0 }

/** At most two digits after the point, fewer for what is large. */
export function decimal(value: number): string {
  return numberFormat(digits(Math.abs(value))).format(value)
}

/** A part of one, as percent. */
export function share(value: number | undefined | null): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return '–'
  return numberFormat({ style: 'percent', maximumFractionDigits: value < 0.1 ? 1 : 0 }).format(value)
}

/** A length of time in its two largest units: `2 min`, `1 d 4 h`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const parts = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  return parts
    .slice(first < 0 ? 3 : first, first < 0 ? 4 : first + 2)
    .filter(([count], place) => count > 0 || place === 0)
    .map(([count, unit]) => numberFormat({ style: 'unit', unit, unitDisplay: 'short' }).format(count))
    .join(' ')
}
