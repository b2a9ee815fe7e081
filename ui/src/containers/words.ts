import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { en, type Key } from '../i18n/en.ts'
import { ago, t } from '../i18n/i18n.ts'
import { plain } from '../kit/plain.ts'

type Told = Pick<FleetRow, 'status' | 'detail' | 'sinceMs' | 'facts'>

/** A word of the engine's in the person's language; one that is not known stays as it is. */
function word(group: 'status' | 'health', value: string): string {
  const key = `${group}.${value}`
  return Object.hasOwn(en, key) ? t(key as Key) : plain(value)
}

export const statusWord = (status: string): string => word('status', status)

/** For how long it is up, or how long ago it ended; empty: not known. */
export function sinceWords({ status, sinceMs }: Told): string {
  if (status === 'created') return t('since.never')
  if (sinceMs <= 0) return ''
  const age = ago(sinceMs)
  if (status === 'running' || status === 'paused') return t('since.up', { age })
  return status === 'exited' || status === 'restarting' || status === 'dead' ? t('since.ended', { age }) : ''
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

/** The value of a fact: words that are the engine's own are told in the person's language. */
export const factText = (name: string, value: string | number | boolean): string =>
  name === 'health' ? word('health', String(value)) : plain(String(value))
