import type { Approval } from '@fairlead/protocol/features/approvals.ts'
import { approvalsEn } from '../i18n/approvals-en.ts'
import { approvalsFr } from '../i18n/approvals-fr.ts'
import { createWords } from '../i18n/i18n.ts'
import { plain } from '../kit/plain.ts'

type Word = keyof typeof approvalsEn
export const say = createWords<Word>(approvalsEn, approvalsFr)

/** A verb in words; one that came after this console as it is. */
export const verbWords = (verb: string): string => (Object.hasOwn(approvalsEn, `verb.${verb}`) ? say(`verb.${verb}` as Word) : verb)

export const whatWords = ({ verb, target }: Pick<Approval, 'verb' | 'target'>): string =>
  target === '' ? verbWords(verb) : `${verbWords(verb)}: ${plain(target)}`
