import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** The way between an agent and its hub, which can be cut, and says when the hub's words come by. */
export interface WatchedLink {
  readonly port: number
  cut(): void
  close(): Promise<void>
}

export async function openWatchedLink(port: number, onDown: () => void): Promise<WatchedLink> {
  const open = new Set<Socket>()
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
    near.pipe(far)
    far.on('data', (bytes: Buffer) => {
      onDown()
      // It may have been cut in this very turn: then nothing of it arrives.
      if (!near.destroyed) near.write(bytes)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const cut = () => {
    for (const socket of open)
      // One that is just being shut down is not reset: Node would keep it half closed, and turn in circles for it when it ends.
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close() {
      cut()
      return new Promise((done) => server.close(() => done()))
    },
  }
}
