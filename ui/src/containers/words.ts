import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ago, t, wordsOf } from '../i18n/i18n.ts'
import { plain } from '../kit/plain.ts'

type Told = Pick<FleetRow, 'status' | 'detail' | 'sinceMs' | 'facts' | 'staleMs'>

/** The engine's word in the person's language; one that is not known stays as it is. */
export const statusWord = (status: string): string => wordsOf(`status.${status}`) ?? plain(status)

/** What to call its state: of one that runs and fails its health check, that is what matters. */
export const stateWord = ({ status, facts }: Pick<FleetRow, 'status' | 'facts'>): string =>
  status === 'running' && facts['health'] === 'unhealthy' ? t('health.unhealthy') : statusWord(status)

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
    typeof health === 'string' ? (wordsOf(`health.${health}`) ?? plain(health)) : '',
  ].filter(Boolean)
  return parts.length === 0 ? plain(row.detail) : parts.join(' · ')
}

/** Facts that `stateWords` tells already, and what the buttons tell. */
const told = new Set(['exitCode', 'health', 'shut'])

/** What is to be said of a row beside its state. */
export const otherFacts = ({ facts }: Pick<FleetRow, 'facts'>) => Object.entries(facts).filter(([name]) => !told.has(name))
