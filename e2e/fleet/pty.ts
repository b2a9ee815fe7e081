import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { until } from './until.ts'

/** How a command on a terminal ended. */
export interface PtyEnd {
  readonly exit: number
  /** 0: none. */
  readonly signal: number
  /** The terminal was left in raw mode. */
  readonly raw: boolean
}

export interface Pty {
  /** What stands on the terminal. */
  readonly said: string
  /** Types; resolves once this was said after it. */
  type(keys: string, answer: string | RegExp): Promise<void>
  resize(rows: number, columns: number): void
  signal(number: number): void
  readonly ended: Promise<PtyEnd>
}

/** A command on a terminal of its own, of 80 columns and 24 rows. */
export function startPty(argv: readonly string[], env: NodeJS.ProcessEnv): Pty {
  const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'on-terminal.py'), ...argv], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  const ended = Promise.withResolvers<PtyEnd>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const what = JSON.parse(line) as { said?: string } & PtyEnd
    if (what.said === undefined) ended.resolve(what)
    else said += what.said
  })
  void once(child, 'exit').then(() => ended.reject(new Error(`the terminal ended by itself: ${said}`)))
  ended.promise.catch(() => undefined)
  // A terminal in raw mode turns each end of a line into one more return, and where a piece ends, nobody says.
  const text = () => said.replaceAll(/\r+\n/g, '\n')
  const send = (what: object) => void child.stdin.write(`${JSON.stringify(what)}\n`)
  return {
    get said() {
      return text()
    },
    async type(keys, answer) {
      const from = Math.max(0, text().length - 1)
      send({ keys })
      await until(() => (typeof answer === 'string' ? text().slice(from).includes(answer) : answer.test(text().slice(from))))
    },
    resize: (rows, columns) => send({ rows, columns }),
    signal: (number) => send({ signal: number }),
    ended: ended.promise,
  }
}
