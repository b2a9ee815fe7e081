import * as crypto from 'node:crypto'
import os from 'node:os'
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { closeCodes, Welcome, type Hello } from '@fairlead/protocol/hello.ts'
import { initiate } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { decodeValue, encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { openSession, type ResumeStore, type Session, type SessionEnd, type WireStream } from '@fairlead/protocol/wire/session.ts'
import { overSocket } from '@fairlead/protocol/wire/socket.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'

const suite = nodeSuite(crypto)
const dialMs = 10_000

export interface DialOptions {
  readonly address: string
  readonly hubKey: Uint8Array
  readonly identity: Identity
  readonly hello: Hello
  readonly onOpen: (stream: WireStream) => void
  readonly onClose: (end: SessionEnd) => void
  readonly resumeStore: ResumeStore
  /** Benchmarks only: nothing is sealed. Settings cannot reach it. */
  readonly neverSeal?: boolean
}

export interface Link {
  readonly session: Session
  readonly welcome: Welcome
  readonly tlsEndToEnd: boolean
}

/** One attempt, from the name to the welcome. Every step has a time limit, and every failure ends here as one error. */
export async function dial(options: DialOptions): Promise<Link> {
  const { identity, hubKey, neverSeal = false } = options
  const payload = encodeValue(options.hello)
  const { transport, begun } = await openSocket(options.address, (opened, exporter) =>
    initiate(opened, { suite, clock: systemClock, identity, hubKey, payload, exporter, neverSeal }),
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
          const welcome = Welcome.parse(decodeValue(message as Uint8Array))
          const session = openSession(inner, {
            side: 'agent',
            codec: msgpackCodec,
            clock: systemClock,
            heartbeatMs: welcome.heartbeatMs,
            resumeStore: options.resumeStore,
            onOpen: options.onOpen,
            onClose: options.onClose,
          })
          resolve({ session, welcome, tlsEndToEnd: secured.tlsEndToEnd })
        } catch (cause) {
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
  if (code === closeCodes.revoked)
    return new FairleadError(
      'forbidden',
      'This host was removed from the hub. Enrol it again with a new line from the console, or uninstall the agent.',
      { details },
    )
  if (code === closeCodes.version)
    return new FairleadError(
      'unsupported',
      'The hub speaks no version of the protocol that this agent speaks; update the older of the two.',
      { details },
    )
  if (code === closeCodes.copied) return new FairleadError('conflict', `The hub did not let this host in: ${reason}.`, { details })
  if (code === closeCodes.notWelcome)
    return new FairleadError('unauthenticated', `The hub did not let this host in${reason === '' ? '' : `: ${reason}`}.`, { details })
  return new FairleadError('bad_upstream', `The hub closed the connection (${code}${reason === '' ? '' : `: ${reason}`}).`, { details })
}

/** `begin` runs in the very turn in which the socket opens: the hub's greeting may come in one piece with the upgrade. */
function openSocket<T>(
  address: string,
  begin: (transport: Transport, exporter: Uint8Array | undefined) => Promise<T>,
): Promise<{ readonly transport: Transport; readonly begun: Promise<T> }> {
  return new Promise((resolve, reject) => {
    const url = new URL('/agent', address)
    url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
    // TLS is not what is trusted here: the pinned key is, so a self-signed hub and a proxy's certificate are alike.
    const socket = new WebSocket(url, 'fairlead.1', {
      rejectUnauthorized: false,
      perMessageDeflate: false,
      maxPayload: 128 * 1024,
      handshakeTimeout: dialMs,
      skipUTF8Validation: false,
    })
    const fail = (message: string, cause: unknown, details = {}) => reject(new FairleadError('bad_upstream', message, { cause, details }))
    socket.once('open', () => {
      const raw = (socket as unknown as { _socket: TLSSocket })._socket
      raw.setNoDelay(true)
      const transport = overSocket(socket)
      resolve({ transport, begun: begin(transport, exportKey(raw)) })
    })
    socket.once('unexpected-response', (_request, response) => {
      const after = Number(response.headers['retry-after'] ?? 0)
      socket.terminate()
      fail(
        `${url.host} answered ${response.statusCode} instead of opening the link; is it a Fairlead hub, and does the proxy in front of it pass WebSockets?`,
        undefined,
        { retryAfterMs: after * 1000 },
      )
    })
    socket.once('error', (error) => fail(explain(url.host, error as NodeJS.ErrnoException), error))
  })
}

/** RFC 9266: what both ends of one TLS connection can compute and nobody in between. */
export function exportKey(socket: Partial<TLSSocket>): Uint8Array | undefined {
  if (socket.encrypted !== true || socket.exportKeyingMaterial === undefined) return undefined
  return new Uint8Array(socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
}

function explain(host: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name ${host} does not resolve; check this host's DNS.`
    case 'ECONNREFUSED':
      return `Nothing listens at ${host}; is the hub running, and is the port right?`
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${host} cannot be reached; check the route and the firewall between.`
    default:
      return `The hub at ${host} could not be reached (${code ?? message}).`
  }
}

export interface Loss {
  readonly atMs: number
  readonly reason: string
}

export interface KeepOptions extends Omit<DialOptions, 'hello' | 'onClose'> {
  readonly hello: () => Hello
  readonly onLink: (link: Link) => void
  readonly onLoss: (loss: Loss) => void
  readonly random?: () => number
}

/** Stays connected for ever: after every end, whatever its cause, there is exactly one next attempt. */
export function keepConnected(options: KeepOptions): {
  readonly losses: readonly Loss[]
  readonly session: Session | undefined
  stop(): void
} {
  const losses: Loss[] = []
  const waits = createWaits(options.random ?? Math.random)
  let session: Session | undefined
  let stopped = false
  let cancel = (): void => undefined

  function lost(reason: string, delayMs: number): void {
    session = undefined
    const loss = { atMs: Date.now(), reason }
    losses.push(loss)
    if (losses.length > 20) losses.shift()
    options.onLoss(loss)
    if (!stopped) cancel = later(delayMs, () => void attempt())
  }

  async function attempt(): Promise<void> {
    const startedMs = performance.now()
    try {
      const link = await dial({
        ...options,
        hello: options.hello(),
        onClose: (end) => lost(`${end.code} ${end.reason}`.trim(), waits.afterLoss(end, performance.now() - startedMs)),
      })
      session = link.session
      waits.connected(link.welcome.smearMs)
      if (stopped) return session.close(1000, 'stopping')
      options.onLink(link)
    } catch (error) {
      lost(error instanceof Error ? error.message : String(error), waits.afterFailure(error))
    }
  }

  void attempt()
  return {
    losses,
    get session() {
      return session
    },
    stop() {
      stopped = true
      cancel()
      session?.close(1000, 'stopping')
    },
  }
}

/** A timer that does keep the process alive: dialling is what an agent is for. */
function later(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}

const hourMs = 3_600_000
const healthyMs = 60_000

/** How long to wait before the next attempt; see SPEC-handshake. Exported for its test. */
export function createWaits(random: () => number) {
  let smearMs = 5000
  let failures = 0
  return {
    connected: (smear: number) => void (smearMs = Math.min(Math.max(smear, 100), 600_000)),
    /** A working link ended: as the hub said, or somewhere in the smear, so that a fleet does not return at once. */
    afterLoss({ code, reconnectInMs }: Pick<SessionEnd, 'code' | 'reconnectInMs'>, livedMs: number): number {
      if (livedMs > healthyMs) failures = 0
      if (code === closeCodes.revoked || code === closeCodes.version) return hourMs
      if (reconnectInMs !== undefined) return reconnectInMs
      return random() * smearMs
    },
    /** An attempt failed: full jitter, doubling to a minute, for ever. */
    afterFailure(error: unknown): number {
      const details = error instanceof FairleadError ? error.details : undefined
      const closeCode = Number(details?.['closeCode'] ?? 0)
      if (closeCode === closeCodes.revoked || closeCode === closeCodes.version) return hourMs
      failures = Math.min(failures + 1, 7)
      const retryAfterMs = Math.min(Number(details?.['retryAfterMs'] ?? 0), hourMs)
      return Math.max(retryAfterMs, random() * Math.min(60_000, 1000 * 2 ** (failures - 1)))
    },
  }
}

export function makeHello(
  base: { version: string; bootId: string; features: readonly string[]; name: string | undefined },
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
    ...(join === undefined ? {} : { join }),
  }
}
