// The process behind `startBareHub`.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCertificate } from '@fairlead/hub/base/certificate.ts'
import type { Database } from '@fairlead/hub/base/db.ts'
import { createPeerReader } from '@fairlead/hub/base/headers.ts'
import { openListeners } from '@fairlead/hub/base/listen.ts'
import type { Log } from '@fairlead/hub/base/log.ts'
import { createAccept } from '@fairlead/hub/fleet/accept.ts'
import { openFleet } from '@fairlead/hub/fleet/fleet.ts'
import { openHostBook } from '@fairlead/hub/hosts/book.ts'
import { followHosts } from '@fairlead/hub/hosts/follow.ts'
import { openInventory } from '@fairlead/hub/inventory/inventory.ts'
import { fromBase64Url, toBase64Url } from '@fairlead/protocol/join.ts'
import { rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { answerParent } from '../measure/ask.ts'
import { hostName } from '../measure/hub.ts'

const organization = randomUUID()
const nothing = async (): Promise<void> => undefined

/** Knows who each key is and stores nothing. */
function bareDatabase(keys: readonly Uint8Array[]): Database {
  const hosts = new Map(
    keys.map((key, index) => [
      Buffer.from(key).toString('hex'),
      { id: randomUUID(), organization_id: organization, name: hostName(index), revoked_at: null },
    ]),
  )
  return {
    async tx({ hostKey }) {
      const found = hostKey === undefined ? undefined : hosts.get(Buffer.from(hostKey).toString('hex'))
      return (found === undefined ? [] : [found]) as never
    },
    owner: async () => [] as never,
    ping: nothing,
    close: nothing,
  }
}

answerParent({
  async listen({ keys }: { keys: string[] }): Promise<{ port: number; hubKey: string }> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const identity = { privateKey, publicKey: rawPublicKey(publicKey) }
    const db = bareDatabase(keys.map(fromBase64Url))
    const [fleet, inventory, book] = [openFleet(), openInventory(), openHostBook(db)]
    const log: Log = (level, message, facts) => void (level === 'error' && console.error(message, facts))
    const ignore = () => undefined
    const metrics = {
      push: nothing,
      position: async () => undefined,
      handlers: {} as never,
      flush: nothing,
      tend: nothing,
      close: nothing,
    }
    followHosts({ db, fleet, inventory, metrics, book, log, onStep: ignore })
    const audits = { write: nothing, onRow: () => ignore, verify: async () => ({ rows: 0, ok: true }) }
    const accept = createAccept({ db, audits, fleet, identity, log, onStep: ignore, onHost: nothing })
    const dir = mkdtempSync(join(tmpdir(), 'fairlead-bench-'))
    const certificate = await openCertificate(dir, { cert: undefined, key: undefined })
    rmSync(dir, { recursive: true })
    const local = { host: '127.0.0.1', port: 0 }
    const { httpPort } = await openListeners(local, local, certificate, (_request, response) => response.writeHead(404).end(), {
      accept,
      consoles: { open: ignore, end: ignore, goaway: ignore, closeAll: ignore, count: 0 },
      findCaller: async () => undefined,
      peerOf: createPeerReader([]),
      rates: { take: ignore },
      isDraining: () => false,
    })
    return { port: httpPort, hubKey: toBase64Url(identity.publicKey) }
  },
})
process.once('SIGTERM', () => process.exit(0))
