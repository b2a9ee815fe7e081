import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { WebSocketServer } from 'ws'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { overSocket } from '@fairlead/protocol/wire/socket.ts'
import { serveAudit } from './audit/audit.ts'
import { openAudits } from './base/audit.ts'
import { openCertificate } from './base/certificate.ts'
import { openConsoles } from './base/console.ts'
import { openDatabase } from './base/db.ts'
import { createPeerReader, readCookie, safeHeaders, sameOrigin, type Peer } from './base/headers.ts'
import { createApi } from './base/http.ts'
import { createLog, type Log } from './base/log.ts'
import { renderOpenApi } from './base/openapi.ts'
import { renderMetrics } from './base/prometheus.ts'
import { createDoors, newTrace } from './base/serve.ts'
import { serveConsole, serveInstaller } from './base/static.ts'
import type { Config, Listen } from './config.ts'
import { serveContainers } from './containers/containers.ts'
import { openEnrolment } from './enrolment/enrolment.ts'
import { serveEvents } from './events/events.ts'
import { createAccept } from './fleet/accept.ts'
import { openFleet } from './fleet/fleet.ts'
import { openHubIdentity } from './fleet/identity.ts'
import { followHosts } from './hosts/follow.ts'
import { openHostBook, openHosts } from './hosts/hosts.ts'
import { serveFleet } from './inventory/fleet.ts'
import { openInventory } from './inventory/inventory.ts'
import { openLogins } from './logins/logins.ts'
import { openMetricsStore } from './metrics/metrics.ts'
import { serveTerminals } from './terminals/terminals.ts'

export const version = '0.1.0'
const root = join(import.meta.dirname, '../..')

export interface Hub {
  /** Where the console is on this machine. */
  readonly url: string
  readonly httpsPort: number
  /** Empty when the owner exists. */
  readonly firstRunCode: string
  /** A join string for this machine's own agent, once the owner exists. */
  inviteLocal(): Promise<string | undefined>
  close(): Promise<void>
}

/** Everything a hub is, in the order in which it starts. */
export async function openHub(config: Config, log: Log = createLog()): Promise<Hub> {
  const identity = openHubIdentity(config.dataDir)
  const certificate = await openCertificate(config.dataDir, { cert: config.tlsCert, key: config.tlsKey })
  const db = await openDatabase(config)
  const audits = openAudits(db)
  const fleet = openFleet()
  const inventory = openInventory()
  const book = openHostBook()
  const metrics = await openMetricsStore(db, log)
  const permissions = Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door.needs))
  const code =
    [...randomBytes(10)].map((byte) => (byte % 32).toString(32)).join('') +
    [...randomBytes(6)].map((byte) => (byte % 32).toString(32)).join('')
  const firstRunCode = code.match(/.{4}/g)!.join('-')
  const logins = await openLogins({ db, audits, version, permissions: [...new Set(permissions)], firstRunCode })
  const installer = serveInstaller(root)
  const hosts = openHosts({ db, fleet, inventory, book })
  const ports = { http: 0, https: 0 }
  const enrolment = openEnrolment({
    db,
    hubKey: identity.publicKey,
    publicUrl: config.publicUrl,
    httpsPort: () => ports.https,
    script: installer,
  })
  const onHost = fleet.onHost
  const handlers = {
    audit: serveAudit({ db, audits }),
    containers: serveContainers({ onHost }),
    enrolment: enrolment.handlers,
    events: serveEvents({ onHost }),
    fleet: serveFleet({ inventory }),
    hosts: hosts.handlers,
    logins: logins.handlers,
    metrics: metrics.handlers,
    terminals: serveTerminals({ onHost }),
  }
  const doors = createDoors({ features: hubFeatures, handlers, audits, log, resolveHost: hosts.resolve })
  const consoles = openConsoles(doors)
  logins.onEnd(consoles.end)
  followHosts({ db, fleet, inventory, metrics, book, log })
  const accept = createAccept({ db, audits, fleet, identity, log, onStep: enrolment.onStep })
  const peerOf = createPeerReader(config.trustedProxies)
  const loop = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()

  const doorOf = (_request: IncomingMessage, peer: Peer) => {
    const secure = peer.tls || peer.loopback
    const secureUrl = config.publicUrl ?? ''
    return {
      secure,
      insecureReason: secure
        ? ''
        : 'A login must not travel unencrypted: open the console over https, on the hub’s TLS port or behind your proxy with FAIRLEAD_TRUSTED_PROXIES set.',
      secureUrl,
    }
  }
  const app = new Hono<{ Bindings: { incoming: IncomingMessage } }>()
  app.use('*', async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(safeHeaders)) context.res.headers.set(name, value)
    if (config.publicUrl?.startsWith('https:') === true) context.res.headers.set('Strict-Transport-Security', 'max-age=31536000')
  })
  app.get('/healthz', (context) => context.json({ ok: true, version }))
  app.get('/readyz', async (context) => {
    const database = await within(4000, db.ping()).then(
      () => 'ok',
      () => 'down',
    )
    return context.json({ ok: database === 'ok', database, hosts: fleet.online }, database === 'ok' ? 200 : 503)
  })
  app.get('/api/openapi.json', (context) => context.json(renderOpenApi(doors.endpoints, version)))
  app.get('/api/metrics', (context) => {
    if (config.metricsToken === undefined || context.req.header('authorization') !== `Bearer ${config.metricsToken}`)
      return context.text('Set FAIRLEAD_METRICS_TOKEN and send it as a bearer token.', 401)
    return context.text(renderMetrics({ online: fleet.online, consoles: consoles.count, loopP99Seconds: loop.percentile(99) / 1e9 }))
  })
  app.route('/api/v1', createApi({ doors, findCaller: logins.findCaller, peerOf, doorOf }) as never)
  app.all('/api/*', (context) => context.json({ error: { code: 'not_found', message: 'There is nothing at this address.' } }, 404))
  app.route('/', installer.app)
  app.route('/', serveConsole(join(root, 'ui/dist')))
  app.onError((error, context) => {
    log('error', 'unexpected', { error: error.stack ?? error.message })
    return context.json({ error: { code: 'internal', message: 'Something went wrong in the hub; its log has the reason.' } }, 500)
  })

  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 128 * 1024,
    handleProtocols: (offered) => [...offered].find((name) => name === 'fairlead.1' || name === 'fairlead.1+json') ?? false,
  })
  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const peer = peerOf(request)
    const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    const path = (request.url ?? '').split('?')[0]
    if (path === '/agent') {
      const exporter = exportKey(socket)
      return sockets.handleUpgrade(request, socket, head, (ws) => accept(overSocket(ws as never), exporter, peer.ip))
    }
    if (path !== '/api/session') return void refuse('404 Not Found')
    const token = readCookie(request)
    if (token === undefined || !sameOrigin(request, true)) return void refuse(token === undefined ? '401 Unauthorized' : '403 Forbidden')
    const about = { ip: peer.ip, userAgent: String(request.headers['user-agent'] ?? ''), trace: newTrace() }
    const caller = await logins.findCaller(token, about)
    if (caller === undefined) return void refuse('401 Unauthorized')
    sockets.handleUpgrade(request, socket, head, (ws) =>
      consoles.open(overSocket(ws as never), caller, () => logins.findCaller(token, about)),
    )
  }

  const listener = getRequestListener(app.fetch) as RequestListener
  const guarded = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    void upgrade(request, socket, head).catch(() => socket.destroy())
  const plain = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, listener).on('upgrade', guarded)
  const tls = createTlsServer(
    {
      cert: certificate.cert,
      key: certificate.key,
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      handshakeTimeout: 10_000,
      minVersion: 'TLSv1.2',
    },
    listener,
  ).on('upgrade', guarded)
  try {
    ports.http = await listen(plain, config.http, 'FAIRLEAD_LISTEN', 'http')
    ports.https = await listen(tls, config.https, 'FAIRLEAD_TLS_LISTEN', 'https')
  } catch (error) {
    plain.close()
    await metrics.close()
    await db.close()
    throw error
  }

  return {
    url: `http://${config.http.host}:${ports.http}`,
    httpsPort: ports.https,
    firstRunCode: logins.firstRun ? firstRunCode : '',
    async inviteLocal() {
      const [owner] = await db.owner((sql) => sql<{ organization_id: string }[]>`SELECT organization_id FROM organizations LIMIT 1`)
      if (owner === undefined) return undefined
      const caller = {
        account: '',
        name: 'hub',
        organization: owner.organization_id,
        permissions: new Set<string>(),
        login: '',
        ip: '',
        userAgent: '',
        trace: newTrace(),
      }
      const context = { caller, host: '', signal: new AbortController().signal, trace: caller.trace }
      const { join: text } = await enrolment.handlers.invite(
        { ttlSeconds: 900, tags: ['hub'], address: `https://localhost:${ports.https}` },
        context,
      )
      return text
    },
    async close() {
      consoles.closeAll()
      fleet.closeAll()
      plain.close()
      tls.close()
      plain.closeAllConnections()
      tls.closeAllConnections()
      loop.disable()
      await metrics.close()
      await db.close()
    },
  }
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

function exportKey(socket: Duplex): Uint8Array | undefined {
  const tls = socket as Partial<TLSSocket>
  if (tls.encrypted !== true || tls.exportKeyingMaterial === undefined) return undefined
  return new Uint8Array(tls.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_resolve, reject) => setTimeout(() => reject(new FairleadError('deadline_exceeded', 'too slow')), ms).unref()),
  ])
}
