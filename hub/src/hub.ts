import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { serveAudit } from './audit/audit.ts'
import { openAudits } from './base/audit.ts'
import { openCertificate } from './base/certificate.ts'
import { lockDataDir } from './base/datadir.ts'
import { openConsoles, type Consoles } from './base/console.ts'
import { openDatabase } from './base/db.ts'
import { createDoorReader, createPeerReader } from './base/headers.ts'
import { createApi, type HttpApi } from './base/http.ts'
import { openListeners, type Listeners } from './base/listen.ts'
import { createLog, type Log } from './base/log.ts'
import { renderOpenApi } from './base/openapi.ts'
import { renderMetrics } from './base/prometheus.ts'
import { createDoors, type Doors } from './base/serve.ts'
import { serveConsole, serveInstaller } from './base/static.ts'
import { createRates } from './base/rates.ts'
import { byLine, bySeq, byTime } from './base/resume.ts'
import { createWeb } from './base/web.ts'
import type { Config } from './config.ts'
import { serveContainers } from './containers/containers.ts'
import { openEnrolment, type Enrolment } from './enrolment/enrolment.ts'
import { serveEvents } from './events/events.ts'
import { createAccept } from './fleet/accept.ts'
import { openFleet, type Fleet } from './fleet/fleet.ts'
import { openHubIdentity } from './fleet/identity.ts'
import { openHostBook } from './hosts/book.ts'
import { followHosts } from './hosts/follow.ts'
import { openHosts } from './hosts/hosts.ts'
import { serveFleet } from './inventory/fleet.ts'
import { openInventory } from './inventory/inventory.ts'
import { openLogins } from './logins/logins.ts'
import { openMetricsStore } from './metrics/metrics.ts'
import { serveTerminals } from './terminals/terminals.ts'

export const version = '0.1.0'
const root = join(import.meta.dirname, '../..')
/** How long requests under way may take when the hub stops; all of it ends within 10 s. */
const drainMs = 4000

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

export interface HubOptions {
  readonly log?: Log
  /** Ends the start: what was begun is ended again. */
  readonly signal?: AbortSignal
}

/** Everything a hub is, in the order in which it starts; ended in the opposite one. */
export async function openHub(config: Config, { log = createLog(), signal }: HubOptions = {}): Promise<Hub> {
  const opened: (() => void | Promise<void>)[] = []
  const close = async () => {
    for (const end of opened.toReversed()) await end()
  }
  try {
    opened.push(await lockDataDir(config.dataDir))
    const identity = openHubIdentity(config.dataDir)
    const certificate = await openCertificate(config.dataDir, { cert: config.tlsCert, key: config.tlsKey })
    const db = await openDatabase(config, { log, ...(signal === undefined ? {} : { signal }) })
    opened.push(db.close)
    const metrics = await openMetricsStore(db, log)
    opened.push(metrics.close)
    signal?.throwIfAborted()
    const hub = await openWith({ config, log, identity, certificate, db, metrics })
    opened.push(hub.close)
    return { ...hub, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Opened {
  readonly config: Config
  readonly log: Log
  readonly identity: ReturnType<typeof openHubIdentity>
  readonly certificate: Awaited<ReturnType<typeof openCertificate>>
  readonly db: Awaited<ReturnType<typeof openDatabase>>
  readonly metrics: Awaited<ReturnType<typeof openMetricsStore>>
}

async function openWith({ config, log, identity, certificate, db, metrics }: Opened): Promise<Hub> {
  const audits = openAudits(db)
  const fleet = openFleet()
  const inventory = openInventory()
  const book = openHostBook(db)
  const firstRunCode = drawCode()
  const logins = await openLogins({ db, audits, version, permissions: allPermissions(), firstRunCode })
  const installer = serveInstaller(root)
  const hosts = openHosts({ db, fleet, inventory, book })
  const state = { httpsPort: 0, draining: false }
  const { publicUrl } = config
  const enrolment = openEnrolment({ db, hubKey: identity.publicKey, publicUrl, httpsPort: () => state.httpsPort, script: installer })
  const handlers = {
    ...serveHosts(fleet.onHost),
    audit: serveAudit({ db, audits }),
    fleet: serveFleet({ inventory }),
    ...handlersOf({ enrolment, hosts, logins, metrics }),
  }
  const allowed = createRates()
  const doors = createDoors({ features: hubFeatures, handlers, audits, log, resolveHost: hosts.resolve, rates: allowed })
  const consoles = openConsoles(doors)
  fleet.onChange(({ organization, id }) => book.changed(organization, id))
  followHosts({ db, fleet, inventory, metrics, book, log, onStep: enrolment.progress.hostStep })
  const accept = createAccept({ db, audits, fleet, identity, log, onStep: enrolment.progress.step, onHost: book.reload })
  const peerOf = createPeerReader(config.trustedProxies)
  const loop = watchLoop()
  const api = createApi({
    doors,
    findCaller: logins.findCaller,
    peerOf,
    doorOf: createDoorReader(publicUrl),
    rates: allowed,
    resumes: { 'audit.watch': () => bySeq, 'events.watch': byTime, 'containers.logs': byLine },
  })
  logins.onEnd(consoles.end)
  logins.onEnd(api.endLogin)
  const web = createWeb({
    version,
    api: api.app,
    openApi: renderOpenApi(doors.endpoints, version),
    installer: installer.app,
    console: serveConsole(join(root, 'ui/dist')),
    publicUrl,
    metricsToken: config.metricsToken,
    renderMetrics: () =>
      renderMetrics({ version, doors, online: fleet.online, consoles: consoles.count, loopP99Seconds: loop.percentile(99) / 1e9 }),
    pingDatabase: db.ping,
    hostsOnline: () => fleet.online,
    isDraining: () => state.draining,
    log,
  })
  const listener = getRequestListener(web.fetch) as RequestListener
  const listeners = await openListeners(config.http, config.https, certificate, listener, {
    accept,
    consoles,
    findCaller: logins.findCaller,
    peerOf,
    rates: allowed,
    isDraining: () => state.draining,
  })
  state.httpsPort = listeners.httpsPort

  return {
    url: `http://${config.http.host}:${listeners.httpPort}`,
    httpsPort: listeners.httpsPort,
    firstRunCode: logins.firstRun ? firstRunCode : '',
    inviteLocal: () => inviteLocal(db, enrolment, `https://localhost:${state.httpsPort}`),
    close: () => stop({ state, consoles, doors, api, fleet, listeners, loop }),
  }
}

/** What each host's own agent answers: passed on as it is. */
function serveHosts(onHost: Fleet['onHost']) {
  return { containers: serveContainers({ onHost }), events: serveEvents({ onHost }), terminals: serveTerminals({ onHost }) }
}

function handlersOf<F extends Record<string, { readonly handlers: object }>>(features: F) {
  return Object.fromEntries(Object.entries(features).map(([name, { handlers }]) => [name, handlers])) as {
    readonly [K in keyof F]: F[K]['handlers']
  }
}

interface Running {
  readonly state: { draining: boolean }
  readonly consoles: Consoles
  readonly doors: Doors
  readonly api: HttpApi
  readonly fleet: Fleet
  readonly listeners: Listeners
  readonly loop: ReturnType<typeof watchLoop>
}

/** First nothing new, then what is under way, then the streams, each told why; agents hear when to come back. */
async function stop({ state, consoles, doors, api, fleet, listeners, loop }: Running): Promise<void> {
  state.draining = true
  consoles.goaway()
  await doors.idle(drainMs)
  consoles.closeAll()
  api.endAll()
  fleet.closeAll()
  await listeners.close(1000)
  loop.disable()
}

async function inviteLocal(db: Opened['db'], enrolment: Enrolment, address: string): Promise<string | undefined> {
  const [owner] = await db.owner((sql) => sql<{ organization_id: string }[]>`SELECT organization_id FROM organizations LIMIT 1`)
  if (owner === undefined) return undefined
  return (await enrolment.invite(owner.organization_id, { ttlSeconds: 900, tags: ['hub'], address })).join
}

function watchLoop() {
  const loop = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()
  return loop
}

function allPermissions(): string[] {
  return [...new Set(Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door.needs)))]
}

/** Sixteen characters of 32, in fours: 80 bits that a person can type. */
function drawCode(): string {
  const text = [...randomBytes(16)].map((byte) => (byte % 32).toString(32)).join('')
  return text.match(/.{4}/g)!.join('-')
}
