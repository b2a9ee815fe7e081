import { jsonLine } from '@fairlead/protocol/line.ts'

/** JSON lines on stdout: nobody's name can begin a line of its own. */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string, facts?: Readonly<Record<string, unknown>>) => void

export function createLog(write: (line: string) => void = (line) => void process.stdout.write(line)): Log {
  return (level, message, facts = {}) => {
    if (level === 'debug') return
    const line = jsonLine({ time: new Date().toISOString(), level, message, ...facts })
    write(`${line}\n`)
  }
}
