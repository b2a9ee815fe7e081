import { parseFilter } from './filter.ts'
import type { Block } from './match.ts'
import type { MatchAnswer, MatchRequest } from './match-worker.ts'

/** The end of a worker that is needed here. */
export interface Port {
  ask(request: MatchRequest): void
  onAnswer(listen: (answer: MatchAnswer) => void): void
  /** It cannot go on: its file was not loaded, or something was thrown in it. */
  onFail?(listen: (error: Error) => void): void
  close(): void
}

/** Each rejects when the worker cannot be begun or breaks; the next question begins another one. */
export interface Matcher {
  /** There will be something to look for soon: what takes a moment to begin begins now. */
  warm(): void
  /** Everything asked before is void. */
  setFilter(text: string): void
  /** The block is the matcher's from now on. 1 for each line that fits; undefined: there is another filter by now, or this one took too long. */
  match(block: Block): Promise<Uint8Array | undefined>
  /** Where the wanted text stands in each: start, end, start, end. */
  marks(texts: readonly string[]): Promise<readonly (readonly number[])[] | undefined>
  close(): void
}

/** A block that takes longer than this ends its worker: the filter is too slow for this log. */
const mostMs = 3000

/** Questions that are not answered yet, each for so long. */
function createWaiting(budgetMs: number, onLate: () => void) {
  const open = new Map<number, { answer(answer: MatchAnswer | undefined): void; fail(error: Error): void }>()
  let n = 0
  return {
    get any() {
      return open.size > 0
    },
    ask: (put: (id: number) => void) =>
      new Promise<MatchAnswer | undefined>((resolve, reject) => {
        const id = ++n
        const timer = setTimeout(onLate, budgetMs)
        const settle =
          <T>(how: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer)
            open.delete(id)
            how(value)
          }
        open.set(id, { answer: settle(resolve), fail: settle(reject) })
        put(id)
      }),
    answer: (answer: MatchAnswer) => open.get(answer.n)?.answer(answer),
    /** Nobody answers them any more; without an error that is no failure. */
    drop(error?: Error): void {
      for (const { answer, fail } of open.values()) {
        if (error === undefined) answer(undefined)
        else fail(error)
      }
    },
  }
}

export function makeMatcher(open: () => Promise<Port>, onSlow: () => void, budgetMs = mostMs): Matcher {
  const waiting = createWaiting(budgetMs, () => {
    slow = true
    stop()
    onSlow()
  })
  let port: Promise<Port> | undefined
  let live: Port | undefined
  let generation = 0
  let filter = ''
  let slow = false
  let stops = 0

  function stop(error?: Error): void {
    stops++
    live?.close()
    live = undefined
    port = undefined
    waiting.drop(error)
  }

  async function opened(): Promise<Port> {
    const before = stops
    let mine: Port
    try {
      mine = await open()
    } catch (error) {
      if (before === stops) port = undefined
      throw error
    }
    if (before !== stops) {
      mine.close()
      return mine
    }
    mine.onAnswer(waiting.answer)
    mine.onFail?.((error) => before === stops && stop(error))
    mine.ask({ n: 0, filter })
    live = mine
    return mine
  }

  async function ask(request: object): Promise<MatchAnswer | undefined> {
    if (slow) return undefined
    const mine = generation
    const before = stops
    const to = await (port ??= opened())
    if (mine !== generation || before !== stops) return undefined
    const answer = await waiting.ask((n) => to.ask({ n, ...request } as MatchRequest))
    return mine === generation ? answer : undefined
  }

  return {
    warm: () => void (port ??= opened()).catch(() => undefined),
    setFilter(text) {
      const before = parseFilter(filter)
      generation++
      filter = text
      // One that still works on the old filter may work on it for ever.
      if ((waiting.any && (!('endless' in before) || before.endless)) || slow) stop()
      slow = false
      live?.ask({ n: 0, filter })
    },
    match: async (block) => (await ask({ block }))?.fits,
    marks: async (texts) => (await ask({ texts }))?.marks,
    close: () => stop(),
  }
}

/** The worker is this console's own file: nothing is loaded from elsewhere, nothing is evaluated. */
export async function openWorker(): Promise<Port> {
  const { workerUrl } = await import('./match-worker.ts')
  const worker = new Worker(workerUrl, { type: 'module' })
  return {
    ask: (request) => worker.postMessage(request, 'block' in request ? [request.block.text.buffer] : []),
    onAnswer: (listen) => worker.addEventListener('message', ({ data }) => listen(data as MatchAnswer)),
    // A file that cannot be loaded is an event without a word.
    onFail: (listen) => worker.addEventListener('error', ({ message }) => listen(new Error(message || workerUrl))),
    close: () => worker.terminate(),
  }
}
