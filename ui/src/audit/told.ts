import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { plain } from '../kit/plain.ts'
import { say, sayIfKnown, verbsKnown, type Word } from './words.ts'

/** What was done, in words; a verb that this console does not know stays as it was written. */
export const verbWords = (verb: string): string => sayIfKnown(`verb.${verb}`) ?? plain(verb)

/** The verbs whose words hold this text: the hub cannot look for words that are not in the row. */
export function verbsCalled(text: string): readonly string[] {
  const wanted = text.trim().toLowerCase()
  return wanted === '' ? [] : verbsKnown.filter((verb) => verbWords(verb).toLowerCase().includes(wanted))
}

/** Why it did not go well; of a refusal the code is the method that was asked for. */
export const codeWords = ({ code, verb }: Pick<AuditRow, 'code' | 'verb'>): string =>
  code === '' || refusal.test(verb) ? plain(code) : (sayIfKnown(`code.${code}`) ?? plain(code))

/** By the reason that the hub writes into the row. */
const quarantined: Readonly<Record<string, Word>> = {
  'online twice': 'quarantine.twice',
  'shows a generation that another went on from': 'quarantine.behind',
}
/** Of what was not let in, for want of a right or of a proof. */
const refusal = /^access\./
/** What these are done to has an id and no name. */
const nameless = /^(?:terminal\.|host\.(?:enrol|invite|rejoin))/
/** Done to a container past the hub. */
const localContainer = /^local\.(?:start|stop|restart|exec|protect|unprotect)$/
/** An id that no person can read: hex, or a UUID. */
const anId = /^(?:[0-9a-f]{12,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export interface Subject {
  readonly text: string
  /** Where it can be looked at; absent where there is no such page, or no longer. */
  readonly href?: string
}

/** Who did it: of what was done past the hub, an account of the host. */
export const actorWords = ({ actorKind, actorName }: Pick<AuditRow, 'actorKind' | 'actorName'>): string =>
  actorKind === 'local' ? say('activity.local', { who: plain(actorName) }) : plain(actorName)

/** What it was done to, beside the host: by its name. An id says nothing to a person, and stands only where nothing else is known. */
export function subjectOf({ verb, host, hostName, target, targetName, outcome }: AuditRow): Subject {
  if (verb === 'host.quarantine') return { text: quarantined[target] === undefined ? plain(target) : say(quarantined[target]) }
  if (verb === 'audit.contradict') return { text: sayIfKnown(`trail.why.${target}`) ?? plain(target) }
  const ofContainer = verb.startsWith('container.') || localContainer.test(verb)
  const known = nameless.test(verb) || target === hostName ? '' : target
  const id = ofContainer || refusal.test(verb) ? target.slice(0, 12) : ''
  const text = plain(targetName ?? (anId.test(known) ? id : known))
  const gone = verb === 'container.remove' && outcome === 'ok'
  return !ofContainer || host === '' || target === '' || gone ? { text } : { text, href: `/containers/${host}/${target}` }
}
