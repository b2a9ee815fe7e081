import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { AcmeReason } from '@fairlead/protocol/features/settings.ts'
import { getRequestListener } from '@hono/node-server'
import type { Acme } from './acme/acme.ts'
import type { Trail } from './audit/audit.ts'
import { serveCallback } from './base/callback.ts'
import type { Certificate, CertificateFiles } from './base/certificate.ts'
import { watchCertificate, type CertificateWatch } from './base/certificate-watch.ts'
import { openConsoles, type Consoles } from './base/console.ts'
import type { Database } from './base/db.ts'
import { createDoorReader, createPeerReader } from './base/headers.ts'
import { createApi, type HttpApi } from './base/http.ts'
import type { Installer } from './base/installer.ts'
import { openListeners, type Listeners } from './base/listen.ts'
import type { Log } from './base/log.ts'
import { renderOpenApi } from './base/openapi.ts'
import { renderMetrics, type Figures } from './base/prometheus.ts'
import type { Rates } from './base/rates.ts'
import { byLine, bySeq, byTime } from './base/resume.ts'
import type { Doors } from './base/serve.ts'
import { serveConsole } from './base/static.ts'
import { version } from './base/version.ts'
import { createWeb } from './base/web.ts'
import type { Config } from './config.ts'
import type { createAccept } from './fleet/accept.ts'
import type { Fleet } from './fleet/fleet.ts'
import { resumeFleet } from './inventory/fleet.ts'
import type { createKept } from './inventory/kept.ts'
import type { Mail } from './mail/mail.ts'
import type { People, Ports } from './people.ts'
import { createScim } from './scim/scim.ts'

const root = join(import.meta.dirname, '../..')
/** How long requests under way may take when the hub stops; all of it ends within 10 s. */
const drainMs = 4000

/** Streams that go on after the last item that a reader of SSE saw; the others begin anew. */
const resumes = { 'audit.watch': () => bySeq, 'events.watch': byTime, 'containers.logs': byLine }

export interface State extends Ports {
  httpPort: number
  httpsPort: number
  draining: boolean
  certificate: Ports['certificate']
}

interface ServingDeps {
  readonly config: Config
  readonly log: Log
  readonly db: Database
  readonly certificate: Certificate
  /** Where the next one will be. */
  readonly files: CertificateFiles
  readonly doors: Doors
  readonly people: People
  readonly fleet: Fleet
  readonly trail: Trail
  readonly kept: ReturnType<typeof createKept>
  readonly installer: Installer
  readonly accept: ReturnType<typeof createAccept>
  /** The ports are written into it. */
  readonly state: State
  readonly rates: Rates
  /** How the backups are, and whether the hub may act. */
  readonly upkeep: () => Omit<Figures['upkeep'], 'certificate'>
}

export interface Serving {
  /** Has the authority make a new certificate now; how it went. Throws `conflict` where no authority makes it. */
  renewCertificate(): Promise<{ readonly untilMs: number; readonly reason: AcmeReason | undefined; readonly detail: string }>
  close(): Promise<void>
}

/** Everything that is asked of the hub from outside, on its two ports. */
export async function openServing(deps: ServingDeps): Promise<Serving> {
  const { config, log, db, certificate, doors, people, fleet, trail, kept, installer, accept, state, rates } = deps
  const consoles = openConsoles(doors)
  const loop = watchLoop()
  const who = { ...people.who, peerOf: createPeerReader(config.trustedProxies), rates }
  const isDraining = () => state.draining
  const doorOf = createDoorReader(config.publicUrl)
  const api = createApi({ ...who, doors, doorOf, resumes: { ...resumes, 'fleet.watch': () => resumeFleet(kept) } })
  people.endWith(consoles, api)
  const web = createWeb({
    version,
    api: api.app,
    openApi: renderOpenApi(doors.endpoints, version),
    scim: createScim({ ...who, doors }),
    installer: installer.app,
    callback: serveCallback({ ...who, doorOf, finish: people.finish }),
    console: serveConsole(join(root, 'ui/dist')),
    publicUrl: config.publicUrl,
    metricsToken: config.metricsToken,
    renderMetrics: () =>
      renderMetrics({
        version,
        doors,
        upkeep: { ...deps.upkeep(), certificate: state.certificate() },
        trail: trail.figures(),
        consoles: consoles.count,
        ...figuresOf(fleet, loop),
      }),
    pingDatabase: db.ping,
    isDraining,
    log,
  })
  const listener = getRequestListener(web.fetch) as RequestListener
  const upgrades = { ...who, accept, consoles, isDraining }
  const listeners = await openListeners(config.http, config.https, certificate, listener, upgrades)
  state.httpPort = listeners.httpPort
  state.httpsPort = listeners.httpsPort
  const shown = followCertificate(deps, listeners)
  const acme = await openOrders(deps, shown)
  state.certificate = () => ({ ...shown.state, acme: acme?.state })
  const renewCertificate = () => renew(acme, state)
  return { renewCertificate, close: () => stop({ shown, acme, state, consoles, doors, api, fleet, listeners, loop, mail: people.mail }) }
}

/** What is put in its place on the disk is shown from then on. */
function followCertificate({ config, certificate, files, log }: ServingDeps, listeners: Listeners): CertificateWatch {
  return watchCertificate({
    current: certificate,
    dataDir: config.dataDir,
    given: files,
    take: listeners.setCertificate,
    log,
  })
}

/** Whoever has no authority asked for a certificate loads nothing of it. */
async function openOrders({ config, log, state }: ServingDeps, shown: CertificateWatch): Promise<Acme | undefined> {
  const { acme: settings, dataDir, publicUrl } = config
  if (settings === undefined) return undefined
  const { openAcme } = await import('./acme/acme.ts')
  const port = state.httpsPort === 443 ? '' : `:${state.httpsPort}`
  const home = () => publicUrl ?? `https://${settings.domains[0]}${port}`
  const acme = openAcme({ settings, dataDir, home, onCertificate: shown.look, log })
  void acme.look()
  return acme
}

async function renew(acme: Acme | undefined, state: State): ReturnType<Serving['renewCertificate']> {
  if (acme === undefined)
    throw new FairleadError('conflict', 'This hub was started without an authority; set FAIRLEAD_ACME_AGREE=1 and restart it.')
  await acme.renew()
  return { untilMs: state.certificate().validToMs, reason: acme.state.reason, detail: acme.state.detail }
}

interface Running {
  readonly acme: Acme | undefined
  readonly shown: CertificateWatch
  readonly state: State
  readonly consoles: Consoles
  readonly doors: Doors
  readonly api: HttpApi
  readonly fleet: Fleet
  readonly listeners: Listeners
  readonly mail: Mail
  readonly loop: ReturnType<typeof watchLoop>
}

/** First nothing new, then what is under way, then the streams, each told why; agents hear when to come back. */
async function stop({ shown, acme, state, consoles, doors, api, fleet, listeners, loop, mail }: Running): Promise<void> {
  shown.close()
  const orders = acme?.close()
  state.draining = true
  consoles.goaway()
  await doors.idle(drainMs)
  consoles.closeAll()
  api.endAll()
  fleet.closeAll()
  await Promise.all([listeners.close(1000), mail.close(), orders])
  loop.disable()
}

function figuresOf(fleet: Fleet, loop: ReturnType<typeof watchLoop>) {
  return { online: fleet.online, loopP99Seconds: loop.percentile(99) / 1e9 }
}

function watchLoop() {
  const loop = monitorEventLoopDelay({ resolution: 20 })
  loop.enable()
  return loop
}
