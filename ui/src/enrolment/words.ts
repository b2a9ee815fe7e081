import { enrolEn } from '../i18n/enrol-en.ts'
import { enrolFr } from '../i18n/enrol-fr.ts'
import { createWords } from '../i18n/i18n.ts'

/** As `t`, of the texts that come with the enrolment of hosts. */
export const say = createWords<keyof typeof enrolEn>(enrolEn, enrolFr)
