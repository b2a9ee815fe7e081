import { factorsEn } from '../i18n/factors-en.ts'
import { factorsFr } from '../i18n/factors-fr.ts'
import { createWords } from '../i18n/i18n.ts'

/** The texts of what one proves who one is by. */
export const w = createWords(factorsEn, factorsFr)
