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
import { openFleet, type Fleet } from '@fairlead/hub/fleet/fleet.ts'
import { openHostBook } from '@fairlead/hub/hosts/book.ts'
import { followHosts } from '@fairlead/hub/hosts/follow.ts'
import { openInventory } from '@fairlead/hub/inventory/inventory.ts'
import { toBase64Url } from '@fairlead/protocol/join.ts'
import { rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { hostName } from '../measure/hub.ts'

/** A hub of the real parts, in this process, without a database. */
interface OpenBare {
  readonly fleet: Fleet
  readonly hubKey: Uint8Array
  readonly httpPort: number
  readonly httpsPort: number
}

interface BareOptions {
  /** The hosts that it lets in. */
  readonly keys: readonly Uint8Array[]
  readonly neverSeal: boolean
  /** Listens to rows, facts and figures of every host, as the hub does. */
  readonly follow: boolean
  readonly address?: string
}

const nothing = async (): Promise<void> => undefined
const ignore = (): void => undefined
const log: Log = (level, message, facts) => void (level === 'error' && console.error(message, facts))

export async function openBare({ keys, neverSeal, follow, address = '127.0.0.1' }: BareOptions): Promise<OpenBare> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const identity = { privateKey, publicKey: rawPublicKey(publicKey) }
  const db = bareDatabase(keys)
  const fleet = openFleet()
  const book = openHostBook(db)
  const metrics = { push: nothing, position: async () => undefined, handlers: {} as never, flush: nothing, tend: nothing, close: nothing }
  if (follow) followHosts({ db, fleet, inventory: openInventory(), metrics, book, log, onStep: ignore })
  const audits = { write: nothing, onRow: () => ignore, onAppend: () => ignore }
  const accept = createAccept({
    db,
    audits,
    fleet,
    keys: { current: { identity, number: 1 }, said: new Uint8Array(0), told: { hub: toBase64Url(identity.publicKey), number: 1 } },
    onPinned: ignore,
    ratchet: { turn: async () => ({ stale: false, next: '' }), kept: nothing, quarantine: async () => false },
    log,
    enrolled: async () => keys.length,
    onStep: ignore,
    onRefused: ignore,
    onHost: nothing,
    neverSeal,
  })
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-bench-'))
  const certificate = await openCertificate(dir, { cert: undefined, key: undefined })
  rmSync(dir, { recursive: true })
  const here = { host: address, port: 0 }
  const ports = await openListeners(here, here, certificate, (_request, response) => response.writeHead(404).end(), {
    accept,
    consoles: { open: ignore, end: ignore, judgeAgain: ignore, goaway: ignore, closeAll: ignore, count: 0 },
    findCaller: async () => undefined,
    peerOf: createPeerReader([]),
    rates: { take: ignore },
    isDraining: () => false,
  })
  return { fleet, hubKey: identity.publicKey, httpPort: ports.httpPort, httpsPort: ports.httpsPort }
}

/** Knows who each key is and stores nothing. */
function bareDatabase(keys: readonly Uint8Array[]): Database {
  const organization = randomUUID()
  const hosts = new Map(
    keys.map((key, index) => [
      Buffer.from(key).toString('hex'),
      { id: randomUUID(), organizationId: organization, name: hostName(index), publicKey: key, revokedAt: null, quarantinedAt: null },
    ]),
  )
  return {
    async tx({ hostKeys }) {
      const found = (hostKeys ?? []).flatMap((key) => hosts.get(Buffer.from(key).toString('hex')) ?? [])
      return found as never
    },
    owner: async () => [] as never,
    listen: () => ({ close: nothing }),
    ping: nothing,
    close: nothing,
  }
}
