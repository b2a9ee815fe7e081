import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { cutAll } from '../cut.ts'

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
  const cut = () => cutAll(open)
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close() {
      cut()
      return new Promise((done) => server.close(() => done()))
    },
  }
}
