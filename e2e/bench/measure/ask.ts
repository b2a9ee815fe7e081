import type { ChildProcess } from 'node:child_process'

interface Question {
  readonly ask: string
  readonly id: number
  readonly input: unknown
}

interface Answer {
  readonly answered: number
  readonly value?: unknown
  readonly error?: string
}

let lastId = 0

/** Asks a child process that was started with an IPC channel and answers with `answerParent`. */
export function ask<T>(child: ChildProcess, name: string, input: unknown = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const id = ++lastId
    const stop = () => {
      child.off('message', heard)
      child.off('exit', ended)
    }
    const ended = (code: number | null) => {
      stop()
      reject(new Error(`the process that was asked for "${name}" ended with ${code}`))
    }
    const heard = (message: Partial<Answer>) => {
      if (message.answered !== id) return
      stop()
      if (message.error === undefined) resolve(message.value as T)
      else reject(new Error(`${name}: ${message.error}`))
    }
    child.on('message', heard)
    child.once('exit', ended)
    child.send({ ask: name, id, input } satisfies Question)
  })
}

/** The child's side. Ends with the parent. */
export function answerParent(handlers: Readonly<Record<string, (input: never) => unknown>>): void {
  process.on('message', async (message: Partial<Question>) => {
    if (message.ask === undefined || handlers[message.ask] === undefined) return
    let answer: Answer
    try {
      answer = { answered: message.id!, value: await handlers[message.ask]!(message.input as never) }
    } catch (error) {
      answer = { answered: message.id!, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    process.send?.(answer)
  })
  process.once('disconnect', () => process.exit(0))
}
