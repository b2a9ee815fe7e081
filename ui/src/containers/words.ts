import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { en, type Key } from '../i18n/en.ts'
import { ago, t } from '../i18n/i18n.ts'
import { plain } from '../kit/plain.ts'

type Told = Pick<FleetRow, 'status' | 'detail' | 'sinceMs' | 'facts' | 'staleMs'>

/** A word of the engine's in the person's language; one that is not known stays as it is. */
function word(group: 'status' | 'health', value: string): string {
  const key = `${group}.${value}`
  return Object.hasOwn(en, key) ? t(key as Key) : plain(value)
}

export const statusWord = (status: string): string => word('status', status)

/** For how long it is up, or how long ago it ended; empty: not known. `inCell`: under a heading that says a part of it. */
export function sinceWords({ status, sinceMs, staleMs }: Told, inCell = false): string {
  if (status === 'created') return t('since.never')
  if (sinceMs <= 0) return ''
  // Whether it is still up on a host that is away, nobody knows: it was up for so long when it was last seen.
  if (status === 'running' || status === 'paused') return t(inCell ? 'since.cell' : 'since.up', { age: ago(sinceMs, staleMs) })
  return status === 'exited' || status === 'restarting' || status === 'dead' ? t('since.ended', { age: ago(sinceMs) }) : ''
}

/** All of its state in words: how long, how well, with which exit code. Alive: it is worded anew as time goes by. */
export function stateWords(row: Told): string {
  const { exitCode: code, health } = row.facts
  if (row.status === 'restarting' && typeof code === 'number' && row.sinceMs > 0) return t('since.again', { code, age: ago(row.sinceMs) })
  const parts = [
    sinceWords(row),
    typeof code === 'number' ? t('since.exit', { code }) : '',
    typeof health === 'string' ? word('health', health) : '',
  ].filter(Boolean)
  return parts.length === 0 ? plain(row.detail) : parts.join(' · ')
}

/** Facts that `stateWords` tells already. */
const told = new Set(['exitCode', 'health'])

/** What is to be said of a row beside its state. */
export const otherFacts = ({ facts }: Pick<FleetRow, 'facts'>) => Object.entries(facts).filter(([name]) => !told.has(name))
