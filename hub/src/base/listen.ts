import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { overWs, wsLimits } from '@fairlead/protocol/wire/ws.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import type { Listen } from '../config.ts'
import type { Caller } from './access.ts'
import type { Consoles } from './console.ts'
import { readCookie, sameOrigin, type Peer } from './headers.ts'
import type { Rates } from './rates.ts'
import type { Secret } from './secret.ts'
import { newTrace } from './serve.ts'

interface UpgradeDeps {
  readonly accept: (transport: Transport, exporter: Uint8Array | undefined, ip: string) => void
  readonly consoles: Consoles
  readonly findCaller: (token: Secret, about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>) => Promise<Caller | undefined>
  readonly peerOf: (request: IncomingMessage) => Peer
  readonly rates: Rates
  readonly isDraining: () => boolean
}

export interface Listeners {
  readonly httpPort: number
  readonly httpsPort: number
  /** New connections are shown this one. */
  setCertificate(certificate: { readonly cert: string; readonly key: string }): void
  /** Takes no new connections; resolves when requests under way are answered, after so many ms at the latest. */
  close(ms: number): Promise<void>
}

const timeouts = { requestTimeout: 30_000, headersTimeout: 10_000 }
// Proxies keep a connection for up to two minutes and send the next request over it: one that the hub closed first is a 502 for somebody.
const behindProxy = { ...timeouts, keepAliveTimeout: 125_000 }

/** The two ports: plain HTTP for this machine or a proxy, TLS for everyone else. Throws `conflict` naming the setting. */
export async function openListeners(
  http: Listen,
  https: Listen,
  certificate: { readonly cert: string; readonly key: string },
  listener: RequestListener,
  deps: UpgradeDeps,
): Promise<Listeners> {
  const upgrade = createUpgrade(deps)
  const plain = createServer(behindProxy, listener).on('upgrade', upgrade)
  const { cert, key } = certificate
  const tls = createTlsServer({ cert, key, ...timeouts, handshakeTimeout: 10_000, minVersion: 'TLSv1.2' }, listener).on('upgrade', upgrade)
  const servers = [plain, tls]
  try {
    const httpPort = await listen(plain, http, 'FAIRLEAD_LISTEN', 'http')
    const httpsPort = await listen(tls, https, 'FAIRLEAD_TLS_LISTEN', 'https')
    const setCertificate: Listeners['setCertificate'] = (given) =>
      tls.setSecureContext({ cert: given.cert, key: given.key, minVersion: 'TLSv1.2' })
    return {
      httpPort,
      httpsPort,
      setCertificate,
      close: async (ms) => void (await Promise.all(servers.map((server) => drain(server, ms)))),
    }
  } catch (error) {
    plain.close()
    throw error
  }
}

function drain(server: Server, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), ms)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function createUpgrade({ accept, consoles, findCaller, peerOf, rates, isDraining }: UpgradeDeps) {
  const sockets = new WebSocketServer({
    noServer: true,
    ...wsLimits,
    // Whoever was told to go and does not is cut off. (Its types do not know it yet.)
    ...({ closeTimeout: 5000 } as object),
    handleProtocols: (offered) => [...offered].find((name) => name === 'fairlead.1' || name === 'fairlead.1+json') ?? false,
  })
  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', destroy)
    const peer = peerOf(request)
    // Nobody reads it any more: without this, whoever keeps their own end open would keep this one open too, for ever.
    const refuse = (status: string) => {
      socket.once('finish', () => socket.destroy())
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    }
    const path = (request.url ?? '').split('?')[0]
    if (isDraining()) return refuse('503 Service Unavailable\r\nRetry-After: 5')
    if (path === '/agent') {
      const exporter = exportKey(socket)
      return sockets.handleUpgrade(request, socket, head, (ws) => accept(overWs(ws as never), exporter, peer.ip))
    }
    if (path !== '/api/session') return refuse('404 Not Found')
    try {
      rates.take('address', peer.ip)
    } catch {
      return refuse('429 Too Many Requests\r\nRetry-After: 1')
    }
    const token = readCookie(request)
    if (token === undefined) return refuse('401 Unauthorized')
    if (!sameOrigin(request, true, peer.tls)) return refuse('403 Forbidden')
    const about = { ip: peer.ip, userAgent: String(request.headers['user-agent'] ?? ''), trace: newTrace() }
    const caller = await findCaller(token, about)
    if (caller === undefined) return refuse('401 Unauthorized')
    sockets.handleUpgrade(request, socket, head, (ws) => consoles.open(overWs(ws as never), caller, () => findCaller(token, about)))
  }
  return (request: IncomingMessage, socket: Duplex, head: Buffer) => void upgrade(request, socket, head).catch(() => socket.destroy())
}

/** One for all sockets: a hub has thousands. */
function destroy(this: Duplex): void {
  this.destroy()
}

function listen(server: Server, { host, port }: Listen, setting: string, scheme: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? `something else listens there already; stop it, or set ${setting}=${scheme}://${host}:${port + 1}`
          : cause.code === 'EACCES'
            ? `this account may not use that port; set ${setting} to one above 1024`
            : String(cause.code)
      reject(new FairleadError('conflict', `The hub cannot listen on ${host}:${port}: ${why}.`, { cause }))
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/** RFC 9266: what both ends of one TLS connection can compute and nobody in between. */
function exportKey(socket: Duplex): Uint8Array | undefined {
  const tls = socket as Partial<TLSSocket>
  if (tls.encrypted !== true || tls.exportKeyingMaterial === undefined) return undefined
  return new Uint8Array(tls.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
}
