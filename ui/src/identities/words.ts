import { createWords } from '../i18n/i18n.ts'
import { identitiesEn } from '../i18n/identities-en.ts'
import { identitiesFr } from '../i18n/identities-fr.ts'

export type Word = keyof typeof identitiesEn

/** As `t`, of the texts that come with the pages of sign-in providers. */
export const say = createWords<Word>(identitiesEn, identitiesFr)

/** The text of a key that may not be there: a step or a reason that came after this console. */
export function sayIfKnown(key: string, values: Readonly<Record<string, string>> = {}): string {
  return Object.hasOwn(identitiesEn, key) ? say(key as Word, values) : key.replace(/^\w+\./, '')
}
