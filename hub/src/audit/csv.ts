import type { AuditRow } from '@fairlead/protocol/features/audit.ts'

const columns = [
  'seq',
  'time',
  'verb',
  'outcome',
  'code',
  'actorName',
  'actor',
  'factor',
  'hostName',
  'host',
  'targetName',
  'target',
  'ip',
  'userAgent',
  'trace',
] as const

export const csvHead = `${columns.join(',')}\r\n`

export function csvLine(row: AuditRow): string {
  const cells: Readonly<Record<string, unknown>> = { ...row, time: new Date(row.timeMs).toISOString() }
  return `${columns.map((column) => cellOf(String(cells[column] ?? ''))).join(',')}\r\n`
}

/**
 * What others wrote, as a cell that is text and nothing more: what a spreadsheet would take for a formula begins with an apostrophe, and
 * no control character breaks out of its line or turns it around.
 */
function cellOf(text: string): string {
  const plain = visible(text)
  const safe = /^[\s]*[=+\-@|%\t\r]/.test(plain) ? `'${plain}` : plain
  return /[",\r\n;']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Control characters, separators of lines and marks that turn text around, as `\u001b`: seen, and without effect. */
function visible(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
