import { createWords } from '../i18n/i18n.ts'
import { secretsEn } from '../i18n/secrets-en.ts'
import { secretsFr } from '../i18n/secrets-fr.ts'

/** As `t`, of the texts that come with the page of secrets. */
export const say = createWords<keyof typeof secretsEn>(secretsEn, secretsFr)
