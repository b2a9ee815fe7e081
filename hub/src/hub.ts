import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { serveAccounts } from './accounts/accounts.ts'
import { openTrail, trailKeyColumn, type Trail } from './audit/audit.ts'
import { refuseHalfRestored } from './backup/backup.ts'
import { openAudits, type Audits } from './base/audit.ts'
import { serveCallback } from './base/callback.ts'
import { openCertificate } from './base/certificate.ts'
import { watchCertificate, type CertificateWatch } from './base/certificate-watch.ts'
import { lockDataDir } from './base/datadir.ts'
import { openControl } from './base/control.ts'
import { openConsoles, type Consoles } from './base/console.ts'
import { openDatabase } from './base/db.ts'
import { createDoorReader, createPeerReader } from './base/headers.ts'
import { createApi, type HttpApi } from './base/http.ts'
import { serveInstaller } from './base/installer.ts'
import { createOutbound, type Outbound } from './base/outbound.ts'
import { openListeners, type Listeners } from './base/listen.ts'
import { createLog, type Log } from './base/log.ts'
import { renderOpenApi } from './base/openapi.ts'
import { renderMetrics } from './base/prometheus.ts'
import { createDoors, type Doors } from './base/serve.ts'
import { serveConsole } from './base/static.ts'
import { createRates } from './base/rates.ts'
import { openSeal, type OpenSeal } from './base/seal.ts'
import type { SealedColumn } from './base/reseal.ts'
import { byLine, bySeq, byTime } from './base/resume.ts'
import { createWeb } from './base/web.ts'
import type { Config } from './config.ts'
import { serveContainers } from './containers/containers.ts'
import { openDemo, type Demo, type DemoStarter } from './demo/demo.ts'
import { addresses } from './enrolment/addresses.ts'
import { openEnrolment, type Enrolment } from './enrolment/enrolment.ts'
import { serveEnvironments } from './environments/environments.ts'
import { serveEvents } from './events/events.ts'
import { createAccept } from './fleet/accept.ts'
import { openEpochs, type Epochs } from './fleet/epoch.ts'
import { openFactors, type FactorsDeps } from './factors/factors.ts'
import { serveFactors } from './factors/own.ts'
import { totpColumn } from './factors/totp.ts'
import { openFleet, type Fleet } from './fleet/fleet.ts'
import { openIdentities, sealedProviders } from './identities/identities.ts'
import { openHubIdentity } from './fleet/identity.ts'
import type { Known } from './fleet/join.ts'
import { createRatchet } from './fleet/ratchet.ts'
import { openHostBook, type HostBook } from './hosts/book.ts'
import { followHosts } from './hosts/follow.ts'
import { openHosts } from './hosts/hosts.ts'
import { createMoves } from './hosts/move.ts'
import { createPlaces } from './hosts/places.ts'
import { resumeFleet, serveFleet } from './inventory/fleet.ts'
import { openInventory } from './inventory/inventory.ts'
import { createKept } from './inventory/kept.ts'
import { openLogins } from './logins/logins.ts'
import { openMail, type Mail } from './mail/mail.ts'
import { openMetricsStore } from './metrics/metrics.ts'
import { serveOrganizations } from './organizations/organizations.ts'
import { openRoles } from './roles/roles.ts'
import { serveTeams } from './teams/teams.ts'
import { rotateKeys, type RotateInput } from './secrets/rotate.ts'
import { createScim, serveScim } from './scim/scim.ts'
import { openSecrets, sealedSecrets } from './secrets/secrets.ts'
import { serveTerminals } from './terminals/terminals.ts'
import { openTokens } from './tokens/tokens.ts'

export const version = '0.1.0'
const root = join(import.meta.dirname, '../..')
/** How long requests under way may take when the hub stops; all of it ends within 10 s. */
const drainMs = 4000

/** Streams that go on after the last item that a reader of SSE saw; the others begin anew. */
const resumes = { 'audit.watch': () => bySeq, 'events.watch': byTime, 'containers.logs': byLine }

/** Every column that holds sealed values: what a rotation of keys goes through. */
export const sealedColumns: readonly SealedColumn[] = [sealedSecrets, totpColumn, trailKeyColumn, sealedProviders]

export interface Hub {
  /** Where the console is on this machine. */
  readonly url: string
  readonly httpsPort: number
  /** Empty when the owner exists. */
  readonly firstRunCode: string
  /** A join string for this machine's own agent, once the owner exists. */
  inviteLocal(): Promise<string | undefined>
  /** Somebody at the hub's own machine gave an account back: what is open for it ends, and it is told. */
  accountReset(organizations: readonly string[], account: string): Promise<void>
  /** Made-up hosts, once the owner exists. */
  startDemo(hosts: number): Promise<void>
  close(): Promise<void>
}

export interface HubOptions {
  readonly log?: Log
  /** Ends the start: what was begun is ended again. */
  readonly signal?: AbortSignal
  /** Whoever can make hosts up beside this hub. */
  readonly demo?: DemoStarter
}

/** Everything a hub is, in the order in which it starts; ended in the opposite one. */
export async function openHub(config: Config, { log = createLog(), signal, demo }: HubOptions = {}): Promise<Hub> {
  const opened: (() => void | Promise<void>)[] = []
  const close = async () => {
    for (const end of opened.toReversed()) await end()
  }
  try {
    const lock = await lockDataDir(config.dataDir)
    opened.push(lock.close)
    refuseHalfRestored(config.dataDir)
    const identity = openHubIdentity(config.dataDir)
    const certificate = await openCertificate(config.dataDir, { cert: config.tlsCert, key: config.tlsKey })
    const db = await openDatabase(config, { log, ...(signal === undefined ? {} : { signal }) })
    opened.push(db.close)
    const { dataDir, kek, kekOld } = config
    const seal = await openSeal({ db, dataDir, log, kek, kekOld, columns: sealedColumns })
    opened.push(seal.close)
    const metrics = await openMetricsStore(db, log)
    opened.push(metrics.close)
    const epochs = await openEpochs(db, identity, log)
    opened.push(epochs.close)
    signal?.throwIfAborted()
    const [audits, fleet, outbound] = [openAudits(db), openFleet(() => epochs.why), createOutbound({ allow: config.outboundAllow ?? [] })]
    epochs.onLift(fleet.closeAll)
    const trail = await openTrail({ db, audits, seal, fleet, dataDir, sinks: config.auditSinks ?? [], post: outbound.guardedFetch, log })
    opened.push(trail.close)
    const begun = { audits, fleet, trail, epochs, outbound }
    const hub = await openWith({ config, log, identity, certificate, db, seal, metrics, ...begun, starter: demo })
    opened.push(hub.close)
    const kekPath = join(config.dataDir, 'kek')
    const control = await openControl(config.dataDir, {
      'account-reset': ({ organizations, account }) => hub.accountReset(organizations as string[], String(account)),
      'rotate-keys': (input) => rotateKeys({ seal, kekPath }, input as unknown as RotateInput),
    })
    opened.push(control.close)
    lock.tell(hub.url)
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
  readonly seal: OpenSeal
  readonly metrics: Awaited<ReturnType<typeof openMetricsStore>>
  readonly epochs: Epochs
  readonly audits: Audits
  readonly fleet: Fleet
  readonly trail: Trail
  readonly outbound: Outbound
  readonly starter: DemoStarter | undefined
}

async function openWith({ config, log, identity, certificate, db, seal, metrics, starter, ...begun }: Opened): Promise<Hub> {
  const { audits, epochs, fleet, outbound, trail } = begun
  const inventory = openInventory()
  const kept = createKept()
  const book = openHostBook(db)
  const firstRunCode = drawCode()
  const state = { httpPort: 0, httpsPort: 0, draining: false }
  const address = () => addresses(config.publicUrl, state.httpsPort)[0]!.url
  const { places, logins, ...people } = await openPeople({ db, seal, audits, book, log, config, outbound, firstRunCode, state, address })
  const installer = serveInstaller(root)
  const hosts = openHosts({ db, fleet, inventory, book, judgeMove: people.judgeMove })
  const here = { publicUrl: config.publicUrl, httpsPort: () => state.httpsPort }
  const enrolment = openEnrolment({ ...here, db, hubKey: identity.publicKey, script: installer })
  const localUrl = () => `https://localhost:${state.httpsPort}`
  const demo = openDemo({ starter, enrolment, hosts, address: localUrl })
  const handlers = {
    ...serveHosts(fleet),
    audit: trail.handlers,
    fleet: serveFleet({ inventory, kept }),
    ...people.handlers,
    ...handlersOf({ demo, enrolment, hosts, metrics, secrets: openSecrets({ db, seal, fetch: outbound.guardedFetch }) }),
  }
  const allowed = createRates()
  const doors = createDoors({ features: hubFeatures, handlers, audits, log, places, nameOf: inventory.nameOf, rates: allowed })
  const consoles = openConsoles(doors)
  fleet.onChange(({ organization, id }) => book.changed(organization, id))
  followHosts({ db, fleet, inventory, metrics, book, log, onStep: enrolment.progress.hostStep })
  const enrolled = async (organization: string) => (await book.hosts(organization)).size
  const told = { enrolled, onStep: enrolment.progress.step, onRefused: enrolment.progress.refused, onHost: book.reload }
  const ahead = { epochs, onAhead: tellAhead(epochs, enrolled) }
  const accept = createAccept({ ...told, ...ahead, db, audits, fleet, identity, ratchet: createRatchet(db), log })
  const loop = watchLoop()
  const who = { ...people.who, peerOf: createPeerReader(config.trustedProxies), rates: allowed }
  const isDraining = () => state.draining
  const doorOf = createDoorReader(config.publicUrl)
  const api = createApi({ ...who, doors, doorOf, resumes: allResumes(kept) })
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
    renderMetrics: () => renderMetrics({ version, doors, trail: trail.figures(), consoles: consoles.count, ...figuresOf(fleet, loop) }),
    pingDatabase: db.ping,
    isDraining,
    log,
  })
  const listener = getRequestListener(web.fetch) as RequestListener
  const upgrades = { ...who, accept, consoles, isDraining }
  const listeners = await openListeners(config.http, config.https, certificate, listener, upgrades)
  state.httpPort = listeners.httpPort
  state.httpsPort = listeners.httpsPort
  const { tlsCert, tlsKey, dataDir } = config
  const shown = watchCertificate({
    current: certificate,
    given: tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey },
    read: () => openCertificate(dataDir, { cert: tlsCert, key: tlsKey }),
    take: listeners.setCertificate,
    log,
  })

  return {
    url: `http://${config.http.host}:${listeners.httpPort}`,
    httpsPort: listeners.httpsPort,
    firstRunCode: logins.firstRun ? firstRunCode : '',
    inviteLocal: () => inviteLocal(db, enrolment, localUrl()),
    accountReset: people.accountReset,
    startDemo: async (count) => void (await startDemo(db, demo, count)),
    close: () => stop({ shown, state, consoles, doors, api, fleet, listeners, loop, mail: people.mail }),
  }
}

interface PeopleDeps {
  readonly log: Log
  readonly db: Opened['db']
  readonly audits: Audits
  readonly book: HostBook
  readonly seal: OpenSeal
  readonly config: Config
  readonly outbound: Outbound
  readonly state: Ports
  readonly firstRunCode: string
  /** Where people reach this hub. */
  readonly address: () => string
}

/** Who there is, what each may do and where. */
async function openPeople({ db, seal, audits, book, log, config, outbound, state, firstRunCode, address }: PeopleDeps) {
  const mail = openMail({ db, log, settings: config.mail, address })
  const permissions = allPermissions()
  const places = createPlaces(db, book)
  const roles = openRoles({ db, permissions, places })
  const { rightsOf } = roles
  const place = passkeyPlace(config.publicUrl, state)
  const isAdmin: FactorsDeps['isAdmin'] = async (who, known) => (known?.rights ?? (await rightsOf(who))).somewhere('accounts:manage')
  const factors = openFactors({ db, seal, place, isAdmin, tell: mail.tell })
  const logins = await openLogins({ db, audits, version, permissions, rightsOf, factors, firstRunCode })
  const tokens = openTokens({ db, permissions, notices: factors.notices, rightsOf })
  const origins = () => [...place.origins()]
  const identities = openIdentities({ db, seal, audits, roles, logins, outbound, log, tickets: factors.tickets, origins })
  return {
    places,
    logins,
    mail,
    finish: identities.finish,
    who: { findCaller: logins.findCaller, findToken: tokens.findCaller },
    judgeMove: createMoves({ places, grantedTags: roles.tags }),
    handlers: {
      accounts: serveAccounts({ db, audits, roles, logins, mail, address }),
      environments: serveEnvironments({ db, book }),
      factors: serveFactors({ db, factors, logins }),
      organizations: serveOrganizations({ db, logins }),
      scim: serveScim({ db, roles, logins, address }),
      teams: serveTeams({ db, roles }),
      ...handlersOf({ identities, logins, roles, tokens }),
    },
    async accountReset(organizations: readonly string[], account: string) {
      for (const organization of organizations) await logins.endOf(organization, account)
      await factors.notices.note(account, 'reset', { ip: '', userAgent: '' })
    },
    /** What is open ends with the login, and with the right to it. */
    endWith(consoles: Consoles, api: HttpApi): void {
      const end = (login: string, renewed: boolean) => {
        consoles.end(login, renewed)
        api.endLogin(login, renewed)
      }
      // Whoever is told to come back needs the new cookie, which is on its way.
      logins.onEnd((login, renewed) => void (renewed ? setTimeout(end, 300, login, true).unref() : end(login, false)))
      tokens.onEnd((login) => api.endLogin(login))
      roles.onChange((organization) => {
        logins.forget(organization)
        tokens.forget(organization)
        consoles.judgeAgain(organization)
        api.judgeAgain(organization)
      })
    },
  }
}

function allResumes(kept: ReturnType<typeof createKept>) {
  return { ...resumes, 'fleet.watch': () => resumeFleet(kept) }
}

/** What each host's own agent answers: passed on as it is. */
function serveHosts(fleet: Fleet) {
  return { containers: serveContainers(fleet), events: serveEvents(fleet), terminals: serveTerminals(fleet) }
}

function handlersOf<F extends Record<string, { readonly handlers: object }>>(features: F) {
  return Object.fromEntries(Object.entries(features).map(([name, { handlers }]) => [name, handlers])) as {
    readonly [K in keyof F]: F[K]['handlers']
  }
}

interface Running {
  readonly shown: CertificateWatch
  readonly state: { draining: boolean }
  readonly consoles: Consoles
  readonly doors: Doors
  readonly api: HttpApi
  readonly fleet: Fleet
  readonly listeners: Listeners
  readonly mail: Mail
  readonly loop: ReturnType<typeof watchLoop>
}

/** First nothing new, then what is under way, then the streams, each told why; agents hear when to come back. */
async function stop({ shown, state, consoles, doors, api, fleet, listeners, loop, mail }: Running): Promise<void> {
  shown.close()
  state.draining = true
  consoles.goaway()
  await doors.idle(drainMs)
  consoles.closeAll()
  api.endAll()
  fleet.closeAll()
  await Promise.all([listeners.close(1000), mail.close()])
  loop.disable()
}

async function inviteLocal(db: Opened['db'], enrolment: Enrolment, address: string): Promise<string | undefined> {
  const organization = await firstOrganization(db)
  return organization && (await enrolment.invite(organization, { ttlSeconds: 900, tags: ['hub'], address, for: 'own' })).join
}

async function startDemo(db: Opened['db'], demo: Demo, hosts: number): Promise<void> {
  const organization = await firstOrganization(db)
  if (organization !== undefined) await demo.start(organization, hosts)
}

async function firstOrganization(db: Opened['db']): Promise<string | undefined> {
  const [owner] = await db.owner((sql) => sql<{ organization_id: string }[]>`SELECT organization_id FROM organizations LIMIT 1`)
  return owner?.organization_id
}

interface Ports {
  readonly httpPort: number
  readonly httpsPort: number
}

/** Passkeys belong to the configured name of the hub; without one, to this machine's own. */
function passkeyPlace(publicUrl: string | undefined, state: Ports) {
  if (publicUrl !== undefined) return { host: new URL(publicUrl).hostname, origins: () => [new URL(publicUrl).origin] }
  return { host: 'localhost', origins: () => [`http://localhost:${state.httpPort}`, `https://localhost:${state.httpsPort}`] }
}

/** A host that knows a later epoch counts among all that its organization has. */
function tellAhead(epochs: Epochs, enrolled: (organization: string) => Promise<number>) {
  return (host: Known, epoch: string) =>
    void enrolled(host.organization).then(
      (count) => epochs.onAhead(host, epoch, count),
      () => undefined,
    )
}

function figuresOf(fleet: Fleet, loop: ReturnType<typeof watchLoop>) {
  return { online: fleet.online, loopP99Seconds: loop.percentile(99) / 1e9 }
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
