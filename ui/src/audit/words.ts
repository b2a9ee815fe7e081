import { auditEn } from '../i18n/audit-en.ts'
import { auditFr } from '../i18n/audit-fr.ts'
import { createWords } from '../i18n/i18n.ts'

export type Word = keyof typeof auditEn

/** As `t`, of the texts that come with the trail. */
export const say = createWords<Word>(auditEn, auditFr)

/** The text of a key that may not be there: a verb or a code that came after this console. */
export function sayIfKnown(key: string): string | undefined {
  return Object.hasOwn(auditEn, key) ? say(key as Word) : undefined
}

const prefix = 'verb.'

/** Every verb that has words. */
export const verbsKnown: readonly string[] = Object.keys(auditEn)
  .filter((key) => key.startsWith(prefix))
  .map((key) => key.slice(prefix.length))
