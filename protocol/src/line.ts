/** What JSON lets through and a terminal would still obey: C1 controls, separators of lines, and marks that turn text around. */
const unsafe = /[\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g

/** One line of a log: JSON, all on one line whatever is in it, of which nothing has an effect where it is shown. */
export function jsonLine(value: object): string {
  return harmless(JSON.stringify(value))
}

/** The same over several lines, for people who read it as well. */
export function jsonPage(value: unknown): string {
  return harmless(JSON.stringify(value, null, 2))
}

function harmless(text: string): string {
  return text.replaceAll(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
