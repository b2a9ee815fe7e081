import type { AuditRow } from '@fairlead/protocol/features/audit.ts'

/**
 * Work on a host is written twice, before and after. A person reads it once: the intent goes when its outcome is there, and
 * stays, as `started`, when it never came.
 */
export function foldChanges(rows: readonly AuditRow[]): readonly AuditRow[] {
  const ended = new Set(rows.filter(({ outcome, trace }) => outcome !== 'started' && trace !== '').map(keyOf))
  return rows.filter((row) => row.outcome !== 'started' || row.trace === '' || !ended.has(keyOf(row)))
}

const keyOf = ({ trace, verb, target }: AuditRow) => `${trace} ${verb} ${target}`
