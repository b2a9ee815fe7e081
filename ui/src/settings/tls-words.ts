import { createWords } from '../i18n/i18n.ts'
import { tlsEn } from '../i18n/tls-en.ts'
import { tlsFr } from '../i18n/tls-fr.ts'

type TlsWord = keyof typeof tlsEn

/** As `t`, of the texts of HTTPS. */
export const tls = createWords<TlsWord>(tlsEn, tlsFr)

/** Of what came after this console. */
export const tlsIfKnown = (key: string): string | undefined => (Object.hasOwn(tlsEn, key) ? tls(key as TlsWord) : undefined)
