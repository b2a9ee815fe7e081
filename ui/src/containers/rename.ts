import { codeOf } from '@fairlead/protocol/errors.ts'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { messageOf } from '../i18n/said.ts'
import { may } from '../kit/me.ts'
import { plain } from '../kit/plain.ts'
import { heldReason, type Reason } from './actions.ts'

/** As engines take them: 2 to 128 letters, digits, `_`, `.` and `-`, a letter or digit first. */
export const longestName = 128

/** Why a container cannot be called this, in words; undefined: it can. */
export function nameProblem(name: string): string | undefined {
  if (name.length < 2) return t('rename.short')
  if (name.length > longestName) return t('rename.long', { n: longestName })
  if (!/^[a-zA-Z0-9]/.test(name)) return t('rename.first', { char: plain([...name][0]!) })
  const [bad] = /[^\w.-]/u.exec(name) ?? []
  return bad === undefined ? undefined : t('rename.char', { char: /\s/.test(bad) ? t('rename.space') : plain(bad) })
}

/** Why this container cannot be renamed now; undefined: it can. */
export function renameReason(row: Pick<FleetRow, 'staleMs' | 'facts'>): Reason | undefined {
  if (!may('containers:operate')) return 'bulk.skip.permission'
  return row.staleMs === undefined ? heldReason(row) : 'bulk.skip.offline'
}

export const rename = ({ host, id }: Pick<FleetRow, 'host' | 'id'>, name: string): Promise<unknown> =>
  ask('containers.rename', { host, id, name })

/** What the engine or the hub said against a name, for beside the field. */
export function refusalWords(error: unknown, name: string): string {
  if (codeOf(error) === 'conflict') return t('rename.taken', { name: plain(name) })
  return plain(messageOf(error))
}
