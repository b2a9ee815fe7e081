import * as crypto from 'node:crypto'
import os from 'node:os'
import { isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { closeCodes, Welcome, type Hello } from '@fairlead/protocol/hello.ts'
import { initiate } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { decodeValue, encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { hostClockSlow, hubTimeFrom } from '@fairlead/protocol/wire/hub-time.ts'
import { nodePacking } from '@fairlead/protocol/wire/pack-node.ts'
import { openSession, type ResumeStore, type Session, type SessionEnd, type WireStream } from '@fairlead/protocol/wire/session.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import { openTunnel } from './proxy.ts'
import { explain, socketOf } from './reach.ts'
import { openWebSocket, type Failure } from './websocket.ts'

const suite = nodeSuite(crypto)
/** First needed when the link is up: a start does not wait for it. */
const packing = nodePacking({
  deflateRawSync: (...given) => process.getBuiltinModule('node:zlib').deflateRawSync(...given),
  inflateRawSync: (...given) => process.getBuiltinModule('node:zlib').inflateRawSync(...given),
})
const dialMs = 10_000

export interface DialOptions {
  readonly address: string
  readonly hubKey: Uint8Array
  readonly identity: Identity
  readonly hello: Hello
  /** `hubNowMs`: the clock by which the hub says until when something may begin. */
  readonly onOpen: (stream: WireStream, hubNowMs: () => number) => void
  readonly onClose: (end: SessionEnd) => void
  readonly resumeStore: ResumeStore
  /** Asked when the hub proves another key than the pinned one, with what it says of its keys. */
  readonly trusts?: ((key: Uint8Array, said: Uint8Array) => boolean) | undefined
  /** Throws when this is not the hub to go on with; it proved the key. */
  readonly judge?: (welcome: Welcome, hubKey: Uint8Array) => void
  /** On the way to the hub; undefined: straight there. */
  readonly proxy?: URL | undefined
  /** Benchmarks only: nothing is sealed. Settings cannot reach it. */
  readonly neverSeal?: boolean
}

export interface Link {
  readonly session: Session
  /** The key that the hub proved. */
  readonly hubKey: Uint8Array
  readonly welcome: Welcome
  readonly tlsEndToEnd: boolean
}

/** Goes on while the machine sleeps, and is set by nobody. */
export const steadyMs = () => os.uptime() * 1000

/** One attempt, from the name to the welcome. Every step has a time limit, and every failure ends here as one error. */
export async function dial(options: DialOptions): Promise<Link> {
  const { identity, hubKey, trusts, neverSeal = false } = options
  const startMs = steadyMs()
  const payload = encodeValue(options.hello)
  const { transport, begun } = await openSocket(options.address, options.proxy, (opened, exporter) =>
    initiate(opened, { suite, clock: systemClock, identity, hubKey, trusts, payload, exporter, neverSeal }),
  )
  try {
    const secured = await begun
    return await new Promise<Link>((resolve, reject) => {
      const inner = secured.transport
      const cancel = systemClock.after(dialMs, () =>
        reject(new FairleadError('deadline_exceeded', 'The hub did not answer the handshake within 10 s.')),
      )
      inner.onClose = (code, reason) => {
        cancel()
        reject(refusal(code, reason))
      }
      // In this very turn: the hub's first requests may follow its welcome in the same breath.
      inner.onMessage = (message) => {
        cancel()
        try {
          // After a sleep the timer may come second. What a hub says of its clock would be as old as the welcome.
          if (steadyMs() - startMs > 2 * dialMs) throw new FairleadError('deadline_exceeded', 'The welcome came too late.')
          const welcome = Welcome.parse(decodeValue(message as Uint8Array))
          options.judge?.(welcome, secured.peerKey)
          const hubNowMs = hubTimeFrom(welcome.nowMs, steadyMs, hostClockSlow)
          const session = openSession(inner, {
            side: 'agent',
            codec: msgpackCodec,
            clock: systemClock,
            packing,
            // A hub that says nonsense neither keeps this host busy nor lets it wait for ever.
            heartbeatMs: Math.min(Math.max(welcome.heartbeatMs, 1000), 60_000),
            resumeStore: options.resumeStore,
            onOpen: (stream) => options.onOpen(stream, hubNowMs),
            onClose: options.onClose,
          })
          resolve({ session, hubKey: secured.peerKey, welcome, tlsEndToEnd: secured.tlsEndToEnd })
        } catch (cause) {
          if (codeOf(cause) === 'conflict' || codeOf(cause) === 'forbidden') {
            inner.close(codeOf(cause) === 'conflict' ? closeCodes.superseded : closeCodes.notWelcome, 'not this hub')
            return reject(cause)
          }
          inner.close(4400, 'welcome')
          reject(new FairleadError('bad_upstream', 'The hub’s welcome cannot be read; its version may be too new.', { cause }))
        }
      }
    })
  } catch (error) {
    transport.close(4401, 'handshake')
    const closeCode = error instanceof FairleadError ? Number(error.details?.['closeCode'] ?? 0) : 0
    throw closeCode >= 4000 ? refusal(closeCode, String((error as FairleadError).details?.['closeReason'] ?? '')) : error
  }
}

function refusal(code: number, reason: string): FairleadError {
  const details = { closeCode: code, closeReason: reason }
  if (code === closeCodes.revoked) {
    const why = reason.startsWith('revoked: ') ? reason.slice('revoked: '.length) : 'this host was removed from the hub'
    return new FairleadError(
      'forbidden',
      `${why[0]!.toUpperCase()}${why.slice(1)}. Enrol it again with a new line from the console, or uninstall the agent.`,
      { details },
    )
  }
  if (code === closeCodes.version)
    return new FairleadError(
      'unsupported',
      'The hub speaks no version of the protocol that this agent speaks; update the older of the two.',
      { details },
    )
  if (code === closeCodes.copied || code === closeCodes.superseded)
    return new FairleadError('conflict', `The hub did not let this host in: ${reason}.`, { details })
  if (code === closeCodes.notWelcome)
    return new FairleadError('unauthenticated', `The hub did not let this host in${reason === '' ? '' : `: ${reason}`}.`, { details })
  return new FairleadError('bad_upstream', `The hub closed the connection (${code}${reason === '' ? '' : `: ${reason}`}).`, { details })
}

/** `begin` runs in the very turn in which the socket opens: the hub's greeting may come in one piece with the upgrade. */
async function openSocket<T>(
  address: string,
  proxy: URL | undefined,
  begin: (transport: Transport, exporter: Uint8Array | undefined) => Promise<T>,
): Promise<{ readonly transport: Transport; readonly begun: Promise<T> }> {
  const url = new URL('/agent', address)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
  const through = proxy === undefined ? undefined : await throughProxy(proxy, url)
  return new Promise((resolve, reject) =>
    openWebSocket({
      url,
      protocol: 'fairlead.1',
      through,
      timeoutMs: dialMs,
      onOpen(transport, socket) {
        socket.setNoDelay(true)
        resolve({ transport, begun: begin(transport, exportKey(socket as TLSSocket)) })
      },
      onFail: (failure) => reject(failed(url.host, failure)),
    }),
  )
}

function failed(host: string, failure: Failure): FairleadError {
  if ('code' in failure) return new FairleadError('bad_upstream', explain(host, failure.code), { cause: failure.cause })
  return new FairleadError(
    'bad_upstream',
    `${host} answered ${failure.status} instead of opening the link; is it a Fairlead hub, and does the proxy in front of it pass WebSockets?`,
    { details: { retryAfterMs: failure.retryAfterS * 1000 } },
  )
}

/** TLS begins inside the tunnel: what both ends export of it is the same, and the proxy has no part in it. */
async function throughProxy(proxy: URL, url: URL): Promise<Socket> {
  const { host, port } = socketOf(url)
  const tunnel = await openTunnel(proxy, host, port)
  if (url.protocol === 'ws:') return tunnel
  const servername = isIP(host) === 0 ? host : ''
  return connectTls({ socket: tunnel, servername, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false })
}

/** RFC 9266: what both ends of one TLS connection can compute and nobody in between. */
export function exportKey(socket: Partial<TLSSocket>): Uint8Array | undefined {
  if (socket.encrypted !== true || socket.exportKeyingMaterial === undefined) return undefined
  return new Uint8Array(socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
}

export function makeHello(
  base: {
    version: string
    bootId: string
    features: readonly string[]
    name: string | undefined
    generation?: string
    epoch?: string
    hubKey?: number
  },
  join?: Hello['join'],
): Hello {
  return {
    v: [1, 1],
    agent: base.version,
    hostname: (base.name ?? os.hostname()).slice(0, 128),
    bootId: base.bootId,
    os: `${os.type()} ${os.release()}`.slice(0, 128),
    arch: os.arch(),
    features: [...base.features],
    clockMs: Date.now(),
    ...(base.generation === undefined ? {} : { generation: base.generation }),
    ...(base.epoch === undefined || base.epoch === '' ? {} : { epoch: base.epoch }),
    ...(base.hubKey === undefined ? {} : { hubKey: base.hubKey }),
    ...(join === undefined ? {} : { join }),
  }
}
