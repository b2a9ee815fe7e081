import { FairleadError } from '@fairlead/protocol/errors.ts'

const mostWaiting = 16

/** One after another: however many ask, the disk of a host has one of them to serve. Answers with what is to be called once it is over. */
export function createTurns(): (signal: AbortSignal) => Promise<() => void> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return async (signal) => {
    if (waiting >= mostWaiting)
      throw new FairleadError('rate_limited', `${mostWaiting} others wait for a file of this host already; ask again in a moment.`)
    const before = last
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    last = before.then(() => over)
    waiting++
    try {
      await Promise.race([before, left(signal)])
    } catch (error) {
      end()
      throw error
    } finally {
      waiting--
    }
    return end
  }
}

/** For so many at once. A file takes as long as its reader: who comes beyond that is refused at once, and is not kept waiting. */
export function createRoom(most: number): () => () => void {
  let taken = 0
  return () => {
    if (taken >= most)
      throw new FairleadError('busy', 'Others are being given files of this host just now; ask again once they are through.')
    taken++
    let here = true
    return () => {
      if (here) taken--
      here = false
    }
  }
}

/** Whoever takes nothing for so long loses their place to others, and is told so should they come back. */
export async function* givenUp(parts: AsyncIterable<Uint8Array>, stallMs: number, onStall: () => void): AsyncGenerator<Uint8Array> {
  let late = false
  for await (const part of parts) {
    const timer = setTimeout(() => {
      late = true
      onStall()
    }, stallMs).unref()
    try {
      yield part
    } finally {
      clearTimeout(timer)
    }
    if (late) throw new FairleadError('deadline_exceeded', `Nobody took any of this file for ${stallMs / 1000} s; ask again.`)
  }
}

function left(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const leave = () => reject(new FairleadError('canceled', 'It was left before its turn came.'))
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
  })
}
