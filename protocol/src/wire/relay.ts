import { codeOf, FairleadError, type Code } from '../errors.ts'
import { joinStreams } from './joint.ts'
import { StreamImpl } from './stream.ts'
import type { WireStream } from './types.ts'

/**
 * Joins a stream that was opened towards us with one that we opened: payloads pass undecoded, credit goes one to one,
 * signals, HEAD, trailers and resets go both ways. Resolves when the near stream is over.
 */
export async function relay(near: WireStream, far: WireStream): Promise<void> {
  if (!(near instanceof StreamImpl) || !(far instanceof StreamImpl))
    throw new FairleadError('internal', 'Only streams of a session can be joined.')
  const over = new Promise<void>((resolve) => (near.onOver = resolve))
  near.signal.addEventListener('abort', () => far.reset(leaving(near.signal.reason)))
  far.signal.addEventListener('abort', () => near.reset(codeOf(far.signal.reason), sentence(far.signal.reason)))
  if (near.signal.aborted) return far.reset(leaving(near.signal.reason))
  try {
    const answer = await far.answered()
    if ('reply' in answer) return near.reply(answer.reply)
    const { offset } = answer.head
    // Its window is ours to pass on as credit; what it said of its own link says nothing about this one.
    if (typeof offset === 'number') near.in.adopt(offset, far.out.limit)
    near.head(typeof offset === 'number' ? { ...answer.head, w: near.in.grantedBytes } : without(answer.head, 'w'))
    joinStreams(near, far)
    await over
  } catch (error) {
    near.reset(codeOf(error), sentence(error))
  }
}

function sentence(error: unknown): string | undefined {
  return error instanceof FairleadError ? error.message : undefined
}

function without(head: Readonly<Record<string, unknown>>, field: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(head).filter(([name]) => name !== field))
}

/** A viewer whose link broke may come back; one who left will not. */
function leaving(reason: unknown): Code {
  return codeOf(reason) === 'lost' ? 'lost' : 'canceled'
}
