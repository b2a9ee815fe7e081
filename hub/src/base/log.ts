/** JSON lines on stdout. Control characters are escaped by JSON: nobody's name can begin a line of its own. */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string, facts?: Readonly<Record<string, unknown>>) => void

export function createLog(write: (line: string) => void = (line) => void process.stdout.write(line)): Log {
  return (level, message, facts = {}) => {
    if (level === 'debug') return
    // Bidirectional controls pass JSON unharmed and would still turn a terminal's line around.
    const line = JSON.stringify({ time: new Date().toISOString(), level, message, ...facts }).replaceAll(
      /[\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    write(`${line}\n`)
  }
}
