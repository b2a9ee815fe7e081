import type { Token } from '@fairlead/protocol/features/tokens.ts'
import { permissionWords } from '../access/told.ts'
import { ago, span } from '../i18n/i18n.ts'
import { plain } from '../kit/plain.ts'
import { say } from './words.ts'

const dayMs = 86_400_000
/** Long enough to put another one in its place. */
const soonMs = 14 * dayMs

export type Life = 'ok' | 'warn' | 'off'

/** Whether a token works, is about to end, or has ended. */
export function lifeOf({ expiresMs }: Pick<Token, 'expiresMs'>, nowMs: number): Life {
  return expiresMs <= nowMs ? 'off' : expiresMs - nowMs < soonMs ? 'warn' : 'ok'
}

export function lifeWords(token: Pick<Token, 'expiresMs'>, nowMs: number): string {
  const leftMs = token.expiresMs - nowMs
  const life = lifeOf(token, nowMs)
  if (life === 'off') return say('over', { age: ago(token.expiresMs, nowMs) })
  if (life === 'warn') return say('soon', { age: span(leftMs < dayMs ? leftMs : Math.round(leftMs / dayMs) * dayMs) })
  return say('inDays', { n: Math.round(leftMs / dayMs) })
}

/** What is to go, so that nobody revokes another one by the same name. */
export const lineOf = ({ name, begins, account }: Token): string => say('line', { name: plain(name), begins, who: plain(account.name) })

/** All that a filter looks through. */
export const textsOf = ({ name, begins, account, scopes, addresses }: Token): readonly string[] => [
  name,
  begins,
  account.name,
  ...scopes,
  ...scopes.map(permissionWords),
  ...addresses,
]

/** One a line, or with commas or spaces between them. */
export function addressesOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((one) => one !== '')
}
