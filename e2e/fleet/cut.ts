import type { Socket } from 'node:net'

/** Ends connections with a reset. One that is just being shut down gets none: Node would keep it half closed, and turn in circles for it when it ends. */
export function cutAll(sockets: Iterable<Socket>): void {
  for (const socket of sockets) {
    if (socket.writableEnded) socket.destroy()
    else socket.resetAndDestroy()
  }
}
