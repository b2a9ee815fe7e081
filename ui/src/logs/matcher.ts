import { parseFilter } from './filter.ts'
import type { Block } from './match.ts'
import type { MatchAnswer, MatchRequest } from './match-worker.ts'

/** The end of a worker that is needed here. */
export interface Port {
  ask(request: MatchRequest): void
  onAnswer(listen: (answer: MatchAnswer) => void): void
  close(): void
}

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

export function makeMatcher(open: () => Promise<Port>, onSlow: () => void, budgetMs = mostMs): Matcher {
  const waiting = new Map<number, (answer: MatchAnswer | undefined) => void>()
  let port: Promise<Port> | undefined
  let live: Port | undefined
  let n = 0
  let generation = 0
  let filter = ''
  let slow = false
  let stops = 0

  function stop(): void {
    stops++
    live?.close()
    live = undefined
    port = undefined
    for (const answer of waiting.values()) answer(undefined)
    waiting.clear()
  }

  async function opened(): Promise<Port> {
    const before = stops
    const mine = await open()
    if (before !== stops) {
      mine.close()
      return mine
    }
    mine.onAnswer((answer) => {
      waiting.get(answer.n)?.(answer)
      waiting.delete(answer.n)
    })
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
    const answer = await new Promise<MatchAnswer | undefined>((resolve) => {
      const id = ++n
      const timer = setTimeout(() => {
        slow = true
        stop()
        onSlow()
      }, budgetMs)
      waiting.set(id, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      to.ask({ n: id, ...request } as MatchRequest)
    })
    return mine === generation ? answer : undefined
  }

  return {
    warm: () => void (port ??= opened()).catch(() => undefined),
    setFilter(text) {
      const before = parseFilter(filter)
      generation++
      filter = text
      // One that still works on the old filter may work on it for ever.
      if ((waiting.size > 0 && (!('endless' in before) || before.endless)) || slow) stop()
      slow = false
      live?.ask({ n: 0, filter })
    },
    match: async (block) => (await ask({ block }))?.fits,
    marks: async (texts) => (await ask({ texts }))?.marks,
    close: stop,
  }
}

/** The worker is this console's own file: nothing is loaded from elsewhere, nothing is evaluated. */
export async function openWorker(): Promise<Port> {
  const { workerUrl } = await import('./match-worker.ts')
  const worker = new Worker(workerUrl, { type: 'module' })
  return {
    ask: (request) => worker.postMessage(request, 'block' in request ? [request.block.text.buffer] : []),
    onAnswer: (listen) => worker.addEventListener('message', ({ data }) => listen(data as MatchAnswer)),
    close: () => worker.terminate(),
  }
}
