import type { Unpacker } from './pack.ts'
import { giveSlab, ownSlab } from './slabs.ts'

/** What an iterator over a stream's payloads asks of it. */
interface Readable {
  /** What comes is unpacked by this; null or undefined: it comes as it is. */
  readonly unpacker: Unpacker | null | undefined
  /** The next payload, or undefined at the end. Asking grants credit for what was taken before. */
  pull(): Promise<Uint8Array | undefined>
  /** Its reader took everything, the end too. */
  reachedEnd(): void
  /** Its reader wants no more. */
  leave(): void
}

const ended = { done: true, value: undefined } as const

/**
 * The payloads of a stream; `lent` ones are valid until the next is asked for. No generator: most streams of a hub wait for
 * something that comes once in a while.
 */
export function readPayloads(stream: Readable, lent: boolean): AsyncIterator<Uint8Array> {
  let complete = false
  let last: Uint8Array | undefined
  const giveBack = () => {
    if (last !== undefined) giveSlab(last)
    last = undefined
  }
  const result = (payload: Uint8Array | undefined): IteratorResult<Uint8Array> => {
    if (payload !== undefined) {
      if (lent) last = payload
      else ownSlab(payload)
      return { done: false, value: payload }
    }
    if (!complete) stream.reachedEnd()
    complete = true
    return ended
  }
  const take = (payload: Uint8Array | undefined): IteratorResult<Uint8Array> | Promise<IteratorResult<Uint8Array>> => {
    const { unpacker } = stream
    return unpacker === undefined || unpacker === null ? result(payload) : unpacker.take(payload).then(result)
  }
  return {
    next: () => {
      giveBack()
      return complete ? Promise.resolve(ended) : stream.pull().then(take)
    },
    return: () => {
      giveBack()
      if (!complete) stream.leave()
      complete = true
      return Promise.resolve(ended)
    },
  }
}
