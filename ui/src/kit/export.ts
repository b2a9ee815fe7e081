/** One column of what is exported: its name and a row's text. */
interface ExportColumn<T> {
  readonly name: string
  readonly text: (row: T) => string
}

/**
 * Comma-separated, RFC 4180. A cell that a spreadsheet would take for a formula is prefixed with an apostrophe: a container's name
 * is somebody else's text.
 */
export function toCsv<T>(rows: readonly T[], columns: readonly ExportColumn<T>[]): string {
  const cell = (text: string) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const lines = [columns.map(({ name }) => cell(name)), ...rows.map((row) => columns.map(({ text }) => cell(text(row))))]
  return lines.map((line) => `${line.join(',')}\r\n`).join('')
}

/** For the clipboard: tabs and lines, as a spreadsheet or a chat takes them. */
export function toTabs<T>(rows: readonly T[], columns: readonly ExportColumn<T>[]): string {
  const cell = (text: string) => (/^[=+\-@]/.test(text) ? `'${text}` : text).replaceAll(/[\t\r\n]+/g, ' ')
  return [columns.map(({ name }) => cell(name)), ...rows.map((row) => columns.map(({ text }) => cell(text(row))))]
    .map((line) => line.join('\t'))
    .join('\n')
}

/** Hands the browser a file made here. */
export function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
