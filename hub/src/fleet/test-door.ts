import * as crypto from 'node:crypto'
import { Welcome } from '@fairlead/protocol/hello.ts'
import { parseJoin, toBase64Url, type Join } from '@fairlead/protocol/join.ts'
import { initiate } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { decodeValue, encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { pair } from '@fairlead/protocol/wire/pair.ts'
import { openSession, type Session } from '@fairlead/protocol/wire/session.ts'
import { openAudits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { openEnrolment, type Enrolment } from '../enrolment/enrolment.ts'
import { openHostBook } from '../hosts/book.ts'
import { createPlaces } from '../hosts/places.ts'
import { createAccept, type Accept } from './accept.ts'
import { followCutOffs } from './cut-offs.ts'
import { openFleet, type Fleet } from './fleet.ts'
import { createRatchet } from './ratchet.ts'

const suite = nodeSuite(crypto)

/** What somebody says at the door, and how they come there. */
export interface Knock {
  readonly join?: Pick<Join, 'tokenId' | 'secret'>
  readonly hostname?: string
  readonly bootId?: string
  readonly generation?: string
  /** Which host it says that it is until now. */
  readonly host?: string
  readonly versions?: readonly [number, number]
  readonly ip?: string
  readonly link?: ReturnType<typeof pair>
}

/** Whom the hub let in. */
export interface Inside {
  readonly welcome: Welcome
  readonly session: Session
  readonly ended: Promise<string>
  /** From now on it answers nothing, and its link stays up. */
  mute(): void
}

export interface Door {
  readonly fleet: Fleet
  readonly enrolment: Enrolment
  invite(input?: Partial<Parameters<Enrolment['invite']>[1]>): Promise<Join>
  /** Comes to the door. Rejects with the close code and what the hub said. */
  knock(identity: Identity, how?: Knock): Promise<Inside>
  close(): Promise<void>
}

/** A hub's door for agents over simulated links, before this database; two of them are two hubs. `own`: what is otherwise at this one. */
export function openDoor(db: Database, organization: string, hub: Identity, own: Partial<Parameters<typeof createAccept>[0]> = {}): Door {
  const fleet = openFleet()
  const book = openHostBook(db)
  const enrolment = openEnrolment({
    db,
    hubKey: () => hub.publicKey,
    publicUrl: undefined,
    httpsPort: () => 8443,
    script: { sha256: async () => '' },
    placeOf: createPlaces(db, book).host,
  })
  const accept = createAccept({
    db,
    audits: openAudits(db),
    fleet,
    keys: {
      current: { identity: hub, number: 1 },
      said: new Uint8Array(0),
      told: { hub: toBase64Url(hub.publicKey), number: 1 },
    },
    onPinned: () => undefined,
    log: () => undefined,
    enrolled: async () => 1,
    ratchet: createRatchet(db),
    onStep: enrolment.progress.step,
    onRefused: enrolment.progress.refused,
    onHost: book.reload,
    ...own,
  })
  const cutOffs = followCutOffs({ db, fleet, onRemoved: book.remove, onReplaced: () => undefined, log: () => undefined })
  return {
    fleet,
    enrolment,
    invite: async (input = {}) => parseJoin((await enrolment.invite(organization, { ttlSeconds: 900, tags: [], ...input })).join),
    knock: (identity, how = {}) => knockAt(accept, hub.publicKey, identity, how),
    async close() {
      await cutOffs.close()
      fleet.closeAll()
    },
  }
}

async function knockAt(accept: Accept, hubKey: Uint8Array, identity: Identity, how: Knock): Promise<Inside> {
  const { join, hostname = 'web', bootId = 'boot-1', generation, host, versions = [1, 1], ip = '192.0.2.1' } = how
  const { left: near, right: far } = how.link ?? pair()
  accept(far, undefined, ip)
  const shown = { v: versions, agent: '0', hostname, bootId, os: '', arch: '', features: [], clockMs: Date.now() }
  const said = { ...shown, generation, join: joinOf(join, host) }
  const secured = await initiate(near, { suite, clock: systemClock, identity, hubKey, payload: encodeValue(without(said)) })
  const ended = Promise.withResolvers<string>()
  return new Promise((resolve, reject) => {
    secured.transport.onClose = (code, reason) => reject(new Error(`${code} ${reason}`))
    secured.transport.onMessage = (message) => {
      const welcome = Welcome.parse(decodeValue(message as Uint8Array))
      const session = openSession(secured.transport, {
        side: 'agent',
        codec: msgpackCodec,
        clock: systemClock,
        onOpen: (stream) => stream.reset('unsupported'),
        onClose: ({ code, reason }) => ended.resolve(`${code} ${reason}`),
      })
      resolve({ welcome, session, ended: ended.promise, mute: () => (near.onMessage = () => undefined) })
    }
  })
}

function joinOf(join: Knock['join'], host: string | undefined) {
  if (join === undefined) return undefined
  return { tokenId: join.tokenId, secret: toBase64Url(join.secret), ...(host === undefined ? {} : { host }) }
}

/** What is absent is not said at all. */
const without = (said: object) => Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))

export function makeIdentity(): Identity {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
  return { privateKey, publicKey: rawPublicKey(publicKey) }
}
