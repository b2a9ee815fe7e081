import { createWords } from '../i18n/i18n.ts'
import { settingsEn } from '../i18n/settings-en.ts'
import { settingsFr } from '../i18n/settings-fr.ts'

export type Word = keyof typeof settingsEn

/** As `t`, of the texts that come with the page of settings. */
export const say = createWords<Word>(settingsEn, settingsFr)

/** The text of a key that may not be there: a setting that came after this console. */
export const sayIfKnown = (key: string): string | undefined => (Object.hasOwn(settingsEn, key) ? say(key as Word) : undefined)

/** A length of time that people choose from: minutes, whole hours, whole days. */
export function lengthWords(minutes: number): string {
  if (minutes % 1440 === 0 && minutes > 1440) return say('days', { n: minutes / 1440 })
  return minutes % 60 === 0 ? say('hours', { n: minutes / 60 }) : say('minutes', { n: minutes })
}
