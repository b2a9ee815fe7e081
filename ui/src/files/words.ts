import { filesEn } from '../i18n/files-en.ts'
import { filesFr } from '../i18n/files-fr.ts'
import { createWords } from '../i18n/i18n.ts'

/** As `t`, of the texts that come with files of hosts. */
export const say = createWords<keyof typeof filesEn>(filesEn, filesFr)
