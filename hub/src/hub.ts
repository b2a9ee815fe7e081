import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { closeCodes } from '@fairlead/protocol/hello.ts'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { openTrail, trailKeyColumn, type Trail } from './audit/audit.ts'
import { organizationsOf } from './audit/checkpoints.ts'
import { refuseHalfRestored, serveBackup } from './backup/backup.ts'
import { openSchedule, type Schedule } from './backup/schedule.ts'
import { openAudits, type Audits } from './base/audit.ts'
import { filesOf, openCertificate } from './base/certificate.ts'
import { describe } from './base/certificate-watch.ts'
import { lockDataDir } from './base/datadir.ts'
import { openControl } from './base/control.ts'
import { openDatabase } from './base/db.ts'
import { serveInstaller } from './base/installer.ts'
import { createOutbound, type Outbound } from './base/outbound.ts'
import { createLog, type Log } from './base/log.ts'
import { createDoors } from './base/serve.ts'
import { createRates } from './base/rates.ts'
import { openSeal, type OpenSeal } from './base/seal.ts'
import type { SealedColumn } from './base/reseal.ts'
import type { Config } from './config.ts'
import { inviteLocal, startDemo } from './enrolment/first.ts'
import { serveContainers } from './containers/containers.ts'
import { openDemo, type DemoStarter } from './demo/demo.ts'
import { addresses } from './enrolment/addresses.ts'
import { openEnrolment } from './enrolment/enrolment.ts'
import { serveEvents } from './events/events.ts'
import { serveFiles } from './files/files.ts'
import { createAccept } from './fleet/accept.ts'
import { followCutOffs, tellCutOff } from './fleet/cut-offs.ts'
import { openEpochs, type Epochs } from './fleet/epoch.ts'
import { totpColumn } from './factors/totp.ts'
import { openFleet, type Fleet } from './fleet/fleet.ts'
import { sealedProviders } from './identities/identities.ts'
import { openHubKeys, type HubKeys } from './fleet/identity.ts'
import type { Known } from './fleet/known.ts'
import { createPinned } from './fleet/pinned.ts'
import { createRatchet } from './fleet/ratchet.ts'
import { openHostBook, type HostBook } from './hosts/book.ts'
import { followHosts } from './hosts/follow.ts'
import { openHosts } from './hosts/hosts.ts'
import { createPlaces } from './hosts/places.ts'
import { serveFleet } from './inventory/fleet.ts'
import { sweepLeft } from './organizations/organizations.ts'
import { openInventory } from './inventory/inventory.ts'
import { createKept } from './inventory/kept.ts'
import { followJournals, serveJournal } from './journal/journal.ts'
import { openMetricsStore } from './metrics/metrics.ts'
import { servePolicy } from './policy/policy.ts'
import { openRules } from './rules/rules.ts'
import { rotateKeys, type RotateInput } from './secrets/rotate.ts'
import { openSecrets, sealedSecrets } from './secrets/secrets.ts'
import { serveTerminals } from './terminals/terminals.ts'
import { openReleases } from './updates/releases.ts'
import { openUpdates, type Updates } from './updates/updates.ts'
import { handlersOf, openPeople, type PeopleDeps } from './people.ts'
import { openServing, type Serving, type State } from './serving.ts'

const root = join(import.meta.dirname, '../..')
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
  readonly renewCertificate: Serving['renewCertificate']
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
    const keys = openHubKeys(config.dataDir)
    const certificate = await openCertificate(config.dataDir, filesOf(config))
    const db = await openDatabase(config, { log, ...(signal === undefined ? {} : { signal }) })
    opened.push(db.close)
    const { dataDir, kek, kekOld } = config
    const seal = await openSeal({ db, dataDir, log, kek, kekOld, columns: sealedColumns })
    opened.push(seal.close)
    const metrics = await openMetricsStore(db, log)
    opened.push(metrics.close)
    const epochs = await openEpochs(db, keys, log)
    opened.push(epochs.close)
    const backups = openSchedule({
      db,
      log,
      dataDir,
      kek,
      settings: config.backup,
      said: config.said ?? {},
      certificate: { cert: config.tlsCert, key: config.tlsKey },
    })
    opened.push(backups.close)
    for (const organization of await sweepLeft(db, fileDirsOf(dataDir)))
      log('info', 'the files of an organization were removed, which a removal that was cut off had left', { organization })
    signal?.throwIfAborted()
    const [audits, fleet, outbound] = [openAudits(db), openFleet(() => epochs.why), createOutbound({ allow: config.outboundAllow ?? [] })]
    epochs.onLift(fleet.closeAll)
    const out = { sinks: config.auditSinks ?? [], post: outbound.guardedFetch, epoch: () => epochs.mark }
    const trail = await openTrail({ db, audits, seal, fleet, dataDir, ...out, log })
    opened.push(trail.close)
    const begun = { audits, fleet, trail, epochs, backups, outbound }
    const hub = await openWith({ config, log, keys, certificate, db, seal, metrics, ...begun, starter: demo })
    opened.push(hub.close)
    const control = await openControl(dataDir, {
      'account-reset': ({ organizations, account }) => hub.accountReset(organizations as string[], String(account)),
      'renew-certificate': hub.renewCertificate,
      'next-hub-key': async ({ overlapUntilMs }) => {
        const number = keys.rotate(Number(overlapUntilMs))
        // Where the database is away, it is done once that is back.
        await epochs.resign().catch(() => undefined)
        // They come back within the smear, and see the new one proved.
        fleet.closeAll()
        return { number }
      },
      'owner-key': async ({ replace }) => ({ text: keys.makeOwner({ replace: replace === true }) }),
      'rotate-keys': (input) =>
        rotateKeys({ seal, kekPath: kek === undefined ? join(dataDir, 'kek') : undefined }, input as unknown as RotateInput),
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
  readonly keys: HubKeys
  readonly certificate: Awaited<ReturnType<typeof openCertificate>>
  readonly db: Awaited<ReturnType<typeof openDatabase>>
  readonly seal: OpenSeal
  readonly metrics: Awaited<ReturnType<typeof openMetricsStore>>
  readonly epochs: Epochs
  readonly backups: Schedule
  readonly audits: Audits
  readonly fleet: Fleet
  readonly trail: Trail
  readonly outbound: Outbound
  readonly starter: DemoStarter | undefined
}

async function openWith({ config, log, keys, certificate, db, seal, metrics, starter, ...begun }: Opened): Promise<Hub> {
  const { audits, backups, epochs, fleet, outbound, trail } = begun
  const inventory = openInventory()
  const kept = createKept()
  const book = openHostBook(db)
  const firstRunCode = drawCode()
  const state: State = { httpPort: 0, httpsPort: 0, draining: false, certificate: () => shownFirst }
  const shownFirst = { ...describe(certificate), problem: '' }
  const address = () => addresses(config.publicUrl, state.httpsPort)[0]!.url
  const places = createPlaces(db, book)
  const releases = openReleases({ own: join(root, 'agent/dist/release'), dir: join(config.dataDir, 'releases') })
  const updates = openUpdates({ db, audits, fleet, book, releases, log, held: () => epochs.why })
  const leave = createLeave({ db, fleet, inventory, book, metrics, updates, dataDir: config.dataDir })
  const known = { log, config, outbound, firstRunCode, state, address, leave }
  const people = await openPeople({ db, seal, audits, book, places, ...known })
  const installer = serveInstaller(root)
  const hosts = openHosts({ db, fleet, inventory, book, judgeMove: people.judgeMove, onRevoke: updates.hostGone })
  const here = { publicUrl: config.publicUrl, httpsPort: () => state.httpsPort }
  const enrolment = openEnrolment({ ...here, placeOf: places.host, db, hubKey: () => keys.current.identity.publicKey, script: installer })
  const localUrl = () => `https://localhost:${state.httpsPort}`
  const demo = openDemo({ starter, enrolment, hosts, address: localUrl })
  const rules = openRules({ db, fleet, book, log })
  const handlers = {
    ...serveHosts(fleet),
    audit: trail.handlers,
    backup: serveBackup({ db, settings: config.backup, epochs }),
    fleet: serveFleet({ inventory, kept }),
    ...people.handlers,
    ...handlersOf({ demo, enrolment, hosts, metrics, rules, updates, secrets: openSecrets({ db, seal, fetch: outbound.guardedFetch }) }),
  }
  const { nameOf } = inventory
  const rates = createRates()
  const { secondPerson } = people
  const doors = createDoors({ features: hubFeatures, handlers, audits, log, places, nameOf, rates, secondPerson })
  fleet.onChange(({ organization, id }) => book.changed(organization, id))
  followJournals({ db, audits, fleet, log })
  followHosts({ db, fleet, inventory, metrics, book, log, onStep: enrolment.progress.hostStep })
  const enrolled = async (organization: string) => (await book.hosts(organization)).size
  const told = { enrolled, onStep: enrolment.progress.step, onRefused: enrolment.progress.refused, onHost: book.reload }
  const ahead = { epochs, onAhead: tellAhead(epochs, db, book) }
  const door = { keys, onPinned: createPinned(db, log), standby: config.standbyUrls ?? [] }
  const reload = (organization: string, host: string) => book.reload(organization, host).catch(() => undefined)
  const accept = createAccept({ ...told, ...ahead, ...door, db, audits, fleet, ratchet: createRatchet(db), log })
  const upkeep = () => ({ ...backups.state, hold: epochs.hold })
  const asked = { doors, people, fleet, trail, kept, installer, accept, rates, upkeep }
  const serving = await openServing({ config, log, db, certificate, files: filesOf(config), state, ...asked })
  const cutOffs = followCutOffs({ db, fleet, onRemoved: hosts.forget, onReplaced: (...host) => void reload(...host), log })
  const waves = organizationsOf(db).then(updates.goOn)
  waves.catch((error: unknown) => log('error', 'waves of updates do not go on', { error: String(error) }))

  return {
    url: `http://${config.http.host}:${state.httpPort}`,
    httpsPort: state.httpsPort,
    firstRunCode: people.logins.firstRun ? firstRunCode : '',
    inviteLocal: () => inviteLocal(db, enrolment, localUrl()),
    accountReset: people.accountReset,
    startDemo: async (count) => void (await startDemo(db, demo, count)),
    renewCertificate: serving.renewCertificate,
    async close() {
      await cutOffs.close()
      await serving.close()
      await updates.close()
    },
  }
}

interface LeaveDeps {
  readonly db: Opened['db']
  readonly fleet: Fleet
  readonly inventory: ReturnType<typeof openInventory>
  readonly book: HostBook
  readonly metrics: Opened['metrics']
  readonly updates: Pick<Updates, 'forget'>
  readonly dataDir: string
}

/** What ends with an organization beside its people. */
function createLeave({ db, fleet, inventory, book, metrics, updates, dataDir }: LeaveDeps): PeopleDeps['leave'] {
  return {
    async endHosts(organization) {
      updates.forget(organization)
      const ids = [...(await book.hosts(organization)).keys()]
      await db.tx({ organization }, async (sql) => {
        for (const host of ids) await tellCutOff(sql, { what: 'removed', organization, host })
      })
      for (const id of ids) {
        fleet.expel(id, closeCodes.revoked, 'its organization is gone')
        inventory.hostGone(organization, id)
        book.remove(organization, id)
      }
    },
    settle: metrics.flush,
    fileDirs: fileDirsOf(dataDir),
  }
}

/** Where each organization has a folder of its own. */
const fileDirsOf = (dataDir: string) => [join(dataDir, 'audit')]

/** What each host's own agent answers: passed on as it is. */
function serveHosts(fleet: Fleet) {
  return {
    containers: serveContainers(fleet),
    events: serveEvents(fleet),
    files: serveFiles(fleet),
    journal: serveJournal(fleet),
    policy: servePolicy(fleet),
    terminals: serveTerminals(fleet),
  }
}

async function countHosts(db: Opened['db'], book: HostBook): Promise<number> {
  let count = 0
  for (const organization of await organizationsOf(db)) count += (await book.hosts(organization)).size
  return count
}

/** A host that is ahead of the hub counts among all that there are: no organization's alone can hold the others. */
function tellAhead(epochs: Epochs, db: Opened['db'], book: HostBook) {
  return (host: Known, epoch: string) =>
    void countHosts(db, book).then(
      (count) => epochs.onAhead(host, epoch, count),
      () => undefined,
    )
}

/** Sixteen characters of 32, in fours: 80 bits that a person can type. */
function drawCode(): string {
  const text = [...randomBytes(16)].map((byte) => (byte % 32).toString(32)).join('')
  return text.match(/.{4}/g)!.join('-')
}
