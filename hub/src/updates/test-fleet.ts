import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Wave } from '@fairlead/protocol/features/updates-api.ts'
import type { HubContext } from '../base/access.ts'
import { openAudits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { wholeSight } from '../base/sight.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openFleet, type Fleet } from '../fleet/fleet.ts'
import { openHostBook, type HostBook } from '../hosts/book.ts'
import { openReleases } from './releases.ts'
import { makeRelease, someBytes } from './test-release.ts'
import { TestHost } from './test-host.ts'
import { openUpdates, type Updates, type UpdatesDeps } from './updates.ts'
import type { Clock } from './turn.ts'

/** Time that also passes by itself. */
interface TestClock extends Clock {
  skip(ms: number): void
}

function openClock(): TestClock {
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>()
  let skipped = 0
  const nowMs = () => Date.now() + skipped
  return {
    nowMs,
    after(delayMs, run) {
      const timer = {
        atMs: nowMs() + delayMs,
        run: () => {
          if (timers.delete(timer)) run()
        },
      }
      timers.add(timer)
      const real = setTimeout(timer.run, delayMs).unref()
      return () => {
        clearTimeout(real)
        timers.delete(timer)
      }
    },
    skip(ms) {
      skipped += ms
      for (const timer of timers) if (timer.atMs <= nowMs()) timer.run()
    },
  }
}

/** A hub that can be killed: what it would still store is lost. */
interface TestHub {
  readonly updates: Updates
  readonly fleet: Fleet
  readonly book: HostBook
  /** Told whenever the hub asks its database something. */
  kill(): void
}

/** An organization with a real database, hosts over real sessions, and a hub that dies and comes back on the same rows. */
export async function openTestFleet() {
  const test = await openTestDatabase()
  const dir = mkdtempSync('/var/tmp/fairlead-waves-')
  const organization = randomUUID()
  const environment = randomUUID()
  const clock = openClock()
  const hosts: TestHost[] = []
  await test.db.tx({ organization }, async (sql) => {
    await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
    await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${environment}, 'default')`
  })
  const releases = openReleases({ own: join(dir, 'own'), dir: join(dir, 'releases') })
  let held: string | undefined

  const openHub = () => openTestHub(test.db, { releases, clock, hosts, held: () => held })
  let hub = openHub()

  const context = contextIn(organization)
  return {
    db: test.db,
    organization,
    environment,
    clock,
    hosts,
    context,
    get hub() {
      return hub
    },
    hold(why: string | undefined) {
      held = why
    },
    release: (version: string, counter: number, blocks = 3) =>
      makeRelease(join(dir, 'releases', version), { version, counter, files: { 'agent.cjs': someBytes(blocks) } }),
    removeRelease: (version: string) => rmSync(join(dir, 'releases', version), { recursive: true }),
    /** Enrolled and there. */
    async enrol(count: number, os = 'Debian', prepare: (host: TestHost) => void = () => undefined): Promise<TestHost[]> {
      const made = Array.from({ length: count }, (_, n) => new TestHost(organization, nameOf(os, hosts.length + n), os))
      await insertHosts(test.db, { organization, environment }, made)
      hosts.push(...made)
      await hub.book.reloadAll(organization)
      for (const host of made) {
        prepare(host)
        host.attach(hub.fleet)
      }
      return made
    },
    handlers: () => hub.updates.handlers,
    begin: (counter: number, more: object = {}) =>
      hub.updates.handlers.begin({ counter, pauseMinutes: 0, ...more }, fullContext(context())) as Promise<Wave>,
    async wave(id: string): Promise<Wave> {
      return (await hub.updates.handlers.wave({ wave: id }, fullContext(context()))).wave as Wave
    },
    /** Dies, and comes back with every host that has a link. */
    async again(): Promise<void> {
      const online = hosts.filter((host) => host.online)
      hub.kill()
      hub = openHub()
      for (const host of hosts) host.fleet = hub.fleet
      for (const host of online) host.attach(hub.fleet)
      await hub.updates.goOn([organization])
    },
    async close() {
      hub.kill()
      await test.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface HubDeps extends Pick<UpdatesDeps, 'releases' | 'held'> {
  readonly clock: Clock
  readonly hosts: readonly TestHost[]
}

function openTestHub(real: Database, { hosts, ...deps }: HubDeps): TestHub {
  const fleet = openFleet()
  let dead = false
  const db: Database = {
    ...real,
    tx: (shown, run) => (dead ? Promise.reject(new Error('this hub is dead')) : real.tx(shown, run)),
  }
  const book = openHostBook(db)
  const log = () => undefined
  const updates = openUpdates({ ...deps, db, audits: openAudits(db), fleet, book, log })
  return {
    updates,
    fleet,
    book,
    kill() {
      dead = true
      void updates.close()
      for (const host of hosts) host.detach()
    },
  }
}

/** What a call gets beside. */
export function fullContext(context: HubContext) {
  return { ...context, signal: new AbortController().signal, trace: '' }
}

function contextIn(organization: string) {
  const caller = { organization, name: 'Ada', account: randomUUID() } as HubContext['caller']
  return (host = '', environment = ''): HubContext => ({
    caller,
    host,
    environment,
    sight: async () => wholeSight,
    note: () => undefined,
  })
}

const nameOf = (os: string, n: number) => `${os}-${String(n).padStart(3, '0')}`

async function insertHosts(
  db: Database,
  { organization, environment }: { readonly organization: string; readonly environment: string },
  hosts: readonly TestHost[],
): Promise<void> {
  await db.tx({ organization }, async (sql) => {
    for (const { id, key, name, os } of hosts)
      await sql`INSERT INTO hosts (organization_id, id, environment_id, public_key, name, facts)
        VALUES (${organization}, ${id}, ${environment}, ${key}, ${name}, ${sql.json({ os, arch: 'x64', engine: { name: 'docker' } })})`
  })
}
