import { createWords } from './i18n.ts'
import { observeEn } from './observe-en.ts'
import { observeFr } from './observe-fr.ts'

export type Observed = keyof typeof observeEn

/** As `t`, of the texts that come with logs and terminals. */
export const say = createWords<Observed>(observeEn, observeFr)
