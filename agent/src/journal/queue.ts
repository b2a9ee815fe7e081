import type { Fresh } from './entry.ts'
import type { Writer } from './writer.ts'

/** Lines on their way to the disk, in order, as many at once as wait. */
export interface Queue {
  /** Resolves with the line's `seq` once it is on the disk; rejects when the disk does not take it, and it is not there. */
  must(line: Fresh): Promise<number>
  /** Written when the disk takes it: what happened already waits for that in memory. */
  may(line: Fresh): void
  settle(): Promise<void>
}

interface Waiting {
  readonly line: Fresh
  readonly done?: PromiseWithResolvers<number>
}

const mostKept = 1000
const retryMs = 5000

export function openQueue(writer: Pick<Writer, 'append'>, onProblem: (message: string) => void): Queue {
  let waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let failing = false
  let retry: NodeJS.Timeout | undefined

  async function drain(): Promise<void> {
    // In the next turn: what is said in this one goes to the disk together.
    await undefined
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        const first = await writer.append(batch.map(({ line }) => line))
        for (const [index, { done }] of batch.entries()) done?.resolve(first + index)
        if (failing) onProblem('The journal is written again.')
        failing = false
      } catch (error) {
        if (!failing)
          onProblem(
            `The journal cannot be written (${(error as Error).message}): nothing that changes anything is done for the hub until it can. Free space on the disk.`,
          )
        failing = true
        for (const { done } of batch) done?.reject(error as Error)
        waiting = [...batch.filter(({ done }) => done === undefined), ...waiting]
        // Whoever waits for an answer gets one; what only wants to be kept is tried again later.
        if (!waiting.some(({ done }) => done !== undefined)) return later()
      }
    }
  }

  function later(): void {
    retry ??= setTimeout(() => {
      retry = undefined
      start()
    }, retryMs).unref()
  }

  function start(): void {
    running ??= drain().finally(() => (running = undefined))
  }

  return {
    must(line) {
      const done = Promise.withResolvers<number>()
      waiting.push({ line, done })
      start()
      return done.promise
    },
    may(line) {
      const kept = waiting.filter(({ done }) => done === undefined)
      if (kept.length >= mostKept) waiting.splice(waiting.indexOf(kept[0]!), 1)
      waiting.push({ line })
      if (retry === undefined) start()
    },
    async settle() {
      while (running !== undefined) await running
    },
  }
}
