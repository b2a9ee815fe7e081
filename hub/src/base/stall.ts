import type { NodeRequest } from './bindings.ts'

/** Whoever takes nothing for so long is gone, or holds open what others need: a file, a stream of a host, a connection. */
export const mostStallMs = 30_000

export interface Reader {
  /** It asks for more. */
  takes(): void
  /** It was given something, or all of it: from now on it has its time. */
  given(): void
}

/** Cuts the connection of a reader who was given something and asks for nothing more, `onStall` first. Time in which a host is slow is not its. */
export function watchReader({ incoming, outgoing }: NodeRequest, stallMs: number, onStall: () => void): Reader {
  let timer: ReturnType<typeof setTimeout> | undefined
  const takes = () => clearTimeout(timer)
  for (const over of ['finish', 'close'] as const) outgoing.once(over, takes)
  return {
    takes,
    given() {
      if (outgoing.destroyed || outgoing.writableFinished) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        onStall()
        incoming.socket.destroy()
      }, stallMs)
    },
  }
}
