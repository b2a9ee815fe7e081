import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'

/** A TCP port on this machine before a PostgreSQL's socket: for programs that know it by an address. */
export async function relayTo(socket: string): Promise<{ url(user: string, password: string): string; close(): void }> {
  const relay = createServer((outer) => {
    const inner = connect(socket)
    inner
      .on('error', () => outer.destroy())
      .on('close', () => outer.destroy())
      .pipe(outer)
    outer
      .on('error', () => inner.destroy())
      .on('close', () => inner.destroy())
      .pipe(inner)
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const { port } = relay.address() as AddressInfo
  return { url: (user, password) => `postgres://${user}:${password}@127.0.0.1:${port}/postgres`, close: () => void relay.close() }
}
