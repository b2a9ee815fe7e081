import { createWords } from '../i18n/i18n.ts'
import { tokensEn } from '../i18n/tokens-en.ts'
import { tokensFr } from '../i18n/tokens-fr.ts'

/** As `t`, of the texts that come with the pages of tokens. */
export const say = createWords<keyof typeof tokensEn>(tokensEn, tokensFr)
