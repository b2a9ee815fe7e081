import { codeOf, FairleadError, type Code } from '../errors.ts'
import type { WireStream } from './types.ts'

/**
 * Joins a stream that was opened towards us with one that we opened: payloads pass undecoded, credit goes one to one (the
 * next payload is asked for when the last was taken), signals, HEAD, trailers and resets go both ways.
 */
export async function relay(near: WireStream, far: WireStream): Promise<void> {
  far.onSignal = (kind, value) => near.sendSignal(kind, value)
  near.onSignal = (kind, value) => far.sendSignal(kind, value)
  near.signal.addEventListener('abort', () => far.reset(leaving(near.signal.reason)))
  const up = pump(near, far).catch(() => undefined)
  try {
    const answer = await far.answered()
    if ('reply' in answer) return near.reply(answer.reply)
    near.head(answer.head)
    await pump(far, near)
    await Promise.race([up, Promise.resolve()])
  } catch (error) {
    near.reset(codeOf(error), error instanceof FairleadError ? error.message : undefined)
  }
}

async function pump(from: WireStream, to: WireStream): Promise<void> {
  for await (const payload of from) await to.write(payload)
  to.end(from.trailer)
}

/** A viewer whose link broke may come back; one who left will not. */
function leaving(reason: unknown): Code {
  return codeOf(reason) === 'lost' ? 'lost' : 'canceled'
}
