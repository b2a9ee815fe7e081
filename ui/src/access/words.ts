import { accessEn } from '../i18n/access-en.ts'
import { accessFr } from '../i18n/access-fr.ts'
import { fillIn, language } from '../i18n/i18n.ts'

export type Word = keyof typeof accessEn

/** As `t`, of the texts that come with this page. */
export function say(key: Word, values: Readonly<Record<string, string | number>> = {}): string {
  return fillIn((language() === 'fr' ? accessFr : accessEn)[key], values)
}

/** The text of a key that may not be there: a permission or a role that came after this console. */
export function sayIfKnown(key: string): string | undefined {
  return Object.hasOwn(accessEn, key) ? say(key as Word) : undefined
}
