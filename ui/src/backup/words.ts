import { backupEn } from '../i18n/backup-en.ts'
import { backupFr } from '../i18n/backup-fr.ts'
import { createWords } from '../i18n/i18n.ts'

/** As `t`, of the texts that come with the backups. */
export const say = createWords<keyof typeof backupEn>(backupEn, backupFr)
