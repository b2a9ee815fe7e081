import { hostEn } from '../i18n/host-en.ts'
import { hostFr } from '../i18n/host-fr.ts'
import { createWords } from '../i18n/i18n.ts'

/** As `t`, of the texts that come with a host's journal and its link. */
export const say = createWords<keyof typeof hostEn>(hostEn, hostFr)
