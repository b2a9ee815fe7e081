import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openDatabase, type Database } from './db.ts'

/** A real PostgreSQL of this test file's own, migrated and empty. */
export async function openTestDatabase(): Promise<{ readonly db: Database; close(): Promise<void> }> {
  const dir = mkdtempSync('/var/tmp/fairlead-test-')
  // The database's own account must be able to walk in.
  chmodSync(dir, 0o711)
  const db = await openDatabase({ databaseUrl: undefined, databaseOwnerUrl: undefined, dataDir: join(dir, 'hub') }, { fsync: false })
  return {
    db,
    async close() {
      await db.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

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
