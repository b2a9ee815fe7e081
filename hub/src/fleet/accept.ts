import * as crypto from 'node:crypto'
import * as zlib from 'node:zlib'
import { closeCodes, chooseVersion, Hello, type Welcome } from '@fairlead/protocol/hello.ts'
import { codeOf, codes, FairleadError } from '@fairlead/protocol/errors.ts'
import { respond } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { decodeValue, encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import { nodePacking } from '@fairlead/protocol/wire/pack-node.ts'
import { openSession, type Session } from '@fairlead/protocol/wire/session.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import { believeKept, refuseCopy, turnRatchet, type CopyDeps, type Handed } from './copies.ts'
import type { Epochs } from './epoch.ts'
import { hubClock, type Fleet } from './fleet.ts'
import { createHandshakes, type Place } from './handshakes.ts'
import type { HubKeys } from './identity.ts'
import { joinHost } from './join.ts'
import { createHostFinder, refusal, replacedWords, type Known } from './known.ts'
import type { JoinDeps } from './line.ts'
import { createStrangers } from './strangers.ts'

const suite = nodeSuite(crypto)
const packing = nodePacking(zlib)

interface AcceptDeps extends Omit<JoinDeps, 'fleet'>, CopyDeps {
  /** What it proves, what it says of it, and what a host pins beside it: as they are now. */
  readonly keys: { readonly current: Pick<HubKeys['current'], 'identity' | 'number'> } & Pick<HubKeys, 'said' | 'told'>
  /** Where else hosts may look for the hub. */
  readonly standby?: readonly string[]
  /** Which key of the hub a host has pinned by now; null: it follows to no other. */
  readonly onPinned: (known: Known, number: number | null) => void
  /** Which of several hubs with this key acts; absent: there is one. */
  readonly epochs?: Pick<Epochs, 'token' | 'judge'>
  /** How many hosts an organization has, online or not: so many may return at once. */
  readonly enrolled: (organization: string) => Promise<number>
  /** Benchmarks only: nothing is sealed. Settings cannot reach it. */
  readonly neverSeal?: boolean
  /** Steady ms, for the limits of tries. */
  readonly now?: () => number
}

export type Accept = (transport: Transport, exporter: Uint8Array | undefined, ip: string) => void

/** Lets an agent in: handshake, who it is (or its invitation), welcome, session. */
export function createAccept(deps: AcceptDeps): Accept {
  const { log } = deps
  const strangers = createStrangers(deps.now)
  const findHost = createHostFinder(deps.db)
  const handshakes = createHandshakes(deps.now)
  return (transport, exporter, ip) => {
    if (strangers.refuses(ip)) return transport.close(closeCodes.rate, 'too many failed tries from this address')
    let turnedOut = false
    const place = handshakes.enter(ip, () => {
      turnedOut = true
      transport.close(1013, 'too many handshakes')
    })
    if (place === undefined) return transport.close(1013, 'too many handshakes')
    acceptOne(deps, { findHost, place }, { transport, exporter, ip })
      .catch((error: unknown) => {
        // It is gone already, and only others know whether it would have been let in.
        if (turnedOut) return
        const code = closeCodeOf(error)
        // A database that is away makes nobody a stranger.
        if (code !== closeCodes.copied && code !== closeCodes.superseded && code !== 1013) strangers.failed(ip)
        const reason = code === 1011 ? String(error) : (error as Error).message
        log(code === 1011 ? 'error' : 'info', 'agent not let in', { ip, code: codeOf(error), reason })
        // Whatever it goes on to say until its end of the link is closed, too, is kept for nobody.
        transport.onMessage = () => undefined
        transport.close(code, code === 1011 ? 'internal' : reason.slice(0, 120))
      })
      .finally(place.leave)
  }
}

interface Door {
  readonly findHost: (key: Uint8Array) => Promise<Known>
  readonly place: Place
}

interface Comer {
  readonly transport: Transport
  readonly exporter: Uint8Array | undefined
  readonly ip: string
}

async function acceptOne(deps: AcceptDeps, { findHost, place }: Door, { transport, exporter, ip }: Comer): Promise<void> {
  const { fleet, log, neverSeal = false, standby = [] } = deps
  // Of the very key that it is about to see proved, though another one come meanwhile.
  const { current: key, said, told } = deps.keys
  const secured = await respond(transport, { suite, clock: systemClock, identity: key.identity, said, exporter, neverSeal })
  // Its last words may have been under way when it was turned out.
  if (!place.known()) throw refusal(1013, 'too many handshakes')
  let gone = false
  secured.transport.onClose = () => void (gone = true)
  const hello = readHello(secured.payload)
  const version = chooseVersion(hello.v)
  if (version === undefined) throw refusal(closeCodes.version, 'this hub speaks version 1')
  const known = hello.join === undefined ? await findHost(secured.peerKey) : await joinHost(deps, hello, secured.peerKey, ip)
  if (deps.epochs?.judge(hello.epoch ?? '', known) === 'superseded')
    throw refusal(closeCodes.superseded, 'this host goes on with another hub, which was restored from a backup')
  await refuseCopy(deps, known, hello, ip)
  refuseGone(gone)
  refuseExpelled(fleet, known)
  const { quarantined, generation } = await turnRatchet(deps, known, hello, ip, () => gone)
  // Not those that are online: the first to return after a restart would be told of an empty fleet, and all of them come back at
  // once the next time.
  const enrolled = await deps.enrolled(known.organization).catch(() => fleet.online)
  refuseGone(gone)
  // What the database said of it may be seconds old by now.
  refuseExpelled(fleet, known)
  const welcome: Welcome = {
    v: version,
    host: known.id,
    organization: known.organization,
    heartbeatMs: limits.heartbeatMs,
    resumeForMs: 60_000,
    smearMs: smearOf(enrolled, exporter !== undefined),
    nowMs: Date.now(),
    ...(generation === '' ? {} : { generation }),
    ...(deps.epochs === undefined || deps.epochs.token === '' ? {} : { epoch: deps.epochs.token }),
    keys: told,
    ...(standby.length === 0 ? {} : { standby: [...standby] }),
  }
  const hubNowMs = hubClock(welcome.nowMs)
  secured.transport.send(encodeValue(welcome))
  const session = openLink(deps, secured.transport, known, { shown: hello.generation ?? '', generation })
  const clockSkewMs = Math.round(hello.clockMs - Date.now())
  fleet.attach({ ...known, quarantined, bootId: hello.bootId, features: hello.features, clockSkewMs, hubNowMs }, session)
  const pinned = hello.hubKey === undefined ? null : key.number
  if (pinned !== known.pinned) deps.onPinned(known, pinned)
  log('info', 'host online', { host: known.id, name: known.name, ip, sealed: !secured.tlsEndToEnd })
}

/** By itself, so that nothing of the way in is kept for as long as the link lives. */
function openLink(deps: AcceptDeps, transport: Transport, known: Known, handed: Handed): Session {
  const { fleet, log } = deps
  const session = openSession(transport, {
    side: 'hub',
    codec: msgpackCodec,
    clock: systemClock,
    packing,
    onOpen: (stream) => void believeKept(deps, known, handed, stream),
    onClose: ({ code, reason, cause }) => {
      fleet.detach(known.id, session, `${code} ${reason}`.trim())
      log('info', 'host offline', { host: known.id, code, reason })
      if (cause !== undefined) log('error', 'a fault of the hub ended a link', { host: known.id, error: String(cause) })
    },
  })
  return session
}

function refuseExpelled(fleet: Fleet, { id, key }: Known): void {
  if (fleet.wasExpelled(id)) throw refusal(closeCodes.revoked, 'revoked')
  if (fleet.wasExpelled(id, key)) throw refusal(closeCodes.revoked, replacedWords)
}

/** A link that was lost while the hub was slow would be taken for one that lives, and drive out the one that came after it. */
function refuseGone(gone: boolean): void {
  if (gone) throw refusal(1013, 'it left before it was let in')
}

/** Over how many ms a fleet returns after it was lost at once: so that a hub on two cores can take each at the first try. */
export function smearOf(enrolled: number, tls: boolean): number {
  return Math.max(5000, Math.round(enrolled * (tls ? 3 : 1.5)))
}

function readHello(payload: Uint8Array): Hello {
  const parsed = Hello.safeParse(decodeValue(payload))
  if (!parsed.success) throw refusal(closeCodes.notWelcome, 'the hello does not fit')
  return parsed.data
}

function closeCodeOf(error: unknown): number {
  if (!(error instanceof FairleadError)) return 1011
  return Number(error.details?.['closeCode'] ?? (codes[error.code].retryable ? 1013 : closeCodes.notWelcome))
}
