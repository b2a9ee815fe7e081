import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { rules, type HealRule, type PruneRule, type RulesHere, type RuleSet, type RulesState } from '@fairlead/protocol/features/rules.ts'
import { serveFeatures } from '@fairlead/protocol/wire/rpc.ts'
import { until } from '../../../e2e/fleet/until.ts'
import type { HubContext } from '../base/access.ts'
import { wholeSight } from '../base/sight.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openFleet, type Fleet } from '../fleet/fleet.ts'
import { createTold, linkTo } from '../fleet/test-link.ts'
import { openHostBook } from '../hosts/book.ts'
import { openRules } from './rules.ts'

const heal = (name: string, more: Partial<HealRule> = {}): HealRule => ({
  name,
  on: true,
  label: '',
  pattern: '',
  stack: '',
  unhealthySeconds: 60,
  failed: true,
  perHour: 3,
  ...more,
})
const prune = (name: string): PruneRule => ({
  name,
  on: true,
  images: 'dangling',
  olderDays: 7,
  days: [1],
  fromMinute: 0,
  toMinute: 60,
})
const none: RuleSet = { heal: [], prune: [] }

/** A host that keeps what it is handed, over a real session. */
class TestHost {
  readonly id = randomUUID()
  here: RulesHere = { counter: 0, heal: [], prune: [] }
  sets: RulesHere[] = []
  refuses = false
  /** Its disk takes nothing. */
  full = false
  features = ['rules']
  readonly #told = createTold(() => this.#state())
  #cut: (() => void) | undefined

  attach(fleet: Fleet, organization: string): void {
    const serve = serveFeatures({ rules }, { rules: TestHost.#handlersOf(this) })
    this.#cut = linkTo(fleet, { id: this.id, name: 'alpha', organization, features: this.features }, serve)
  }
  detach(): void {
    this.#cut?.()
  }
  get names(): string[] {
    return [...this.here.heal, ...this.here.prune].map(({ name, from }) => `${from} ${name}`)
  }
  say(): void {
    this.#told.tell()
  }
  #state(): RulesState {
    return { ...this.here, held: { heal: '', prune: '' }, zone: 'UTC', next: [], gaveUp: [], acts: [] }
  }
  static #handlersOf(own: TestHost): Handlers<typeof rules> {
    return {
      watch: (_input, { signal }) => own.#told.watch(signal),
      async set(handed) {
        own.sets.push(handed)
        if (own.full) throw new FairleadError('refused', 'The disk of this host is full.')
        if (own.refuses || handed.counter <= own.here.counter) throw new FairleadError('conflict', 'It has these or newer ones.')
        own.here = handed
        own.say()
        return own.#state()
      },
      preview: async () => ({ count: 2, bytes: 300, images: [] }),
    }
  }
}

describe('rules that hosts keep by themselves', () => {
  const organization = randomUUID()
  const [here, there] = [randomUUID(), randomUUID()]
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  const logged: string[] = []
  let noted: { name: string; before: object; after: object }[] = []
  before(async () => {
    test = await openTestDatabase()
    await test.db.tx({ organization }, async (sql) => {
      await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
      for (const [id, name] of [
        [here, 'here'],
        [there, 'there'],
      ] as const)
        await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${id}, ${name})`
    })
  })
  after(() => test.close())

  async function openHub(...hosts: TestHost[]) {
    const [fleet, book] = [openFleet(), openHostBook(test.db)]
    await test.db.tx({ organization }, async (sql) => {
      for (const { id } of hosts)
        await sql`INSERT INTO hosts (organization_id, id, environment_id, public_key, name)
          VALUES (${organization}, ${id}, ${here}, ${randomBytes(32)}, ${id}) ON CONFLICT DO NOTHING`
    })
    await book.reloadAll(organization)
    const { handlers } = openRules({ db: test.db, fleet, book, log: (_level, message) => void logged.push(message) })
    const caller = { organization, name: 'Ada', account: randomUUID() } as HubContext['caller']
    const context = (host: string, environment = '') => {
      const entry = { name: '', before: {}, after: {} }
      noted.push(entry)
      return {
        caller,
        host,
        environment,
        sight: async () => wholeSight,
        note: (name: string) => void (entry.name = name),
        changed: (before: object, after: object) => void Object.assign(entry, { before, after }),
        signal: new AbortController().signal,
        trace: '',
      }
    }
    return {
      fleet,
      book,
      setHost: (host: TestHost, set: RuleSet) => handlers.setHost({ host: host.id, rules: set }, context(host.id)),
      setEnvironment: (environment: string, set: RuleSet) => handlers.setEnvironment({ environment, rules: set }, context('', environment)),
      host: (host: TestHost) => handlers.host({ host: host.id }, context(host.id)),
      environment: (environment: string) => handlers.environment({ environment }, context('', environment)),
      preview: (host: TestHost) => handlers.preview({ images: 'unused', olderDays: 1 }, context(host.id)),
      async clear() {
        await handlers.setEnvironment({ environment: here, rules: none }, context('', here))
        await handlers.setEnvironment({ environment: there, rules: none }, context('', there))
      },
    }
  }

  it('come to each host of an environment, its own before those, one of the same name in place of it', async () => {
    const [a, b] = [new TestHost(), new TestHost()]
    const hub = await openHub(a, b)
    for (const host of [a, b]) host.attach(hub.fleet, organization)
    await hub.setEnvironment(here, { heal: [heal('all'), heal('shop', { stack: 'shop' })], prune: [prune('night')] })
    await hub.setHost(b, { heal: [heal('shop', { on: false }), heal('own')], prune: [] })
    await until(() => a.names.length === 3 && b.names.includes('host own'))
    assert.deepEqual(a.names, ['environment all', 'environment shop', 'environment night'])
    assert.deepEqual(b.names, ['host shop', 'host own', 'environment all', 'environment night'])
    assert.deepEqual((await hub.environment(here)).hosts, { all: 2, current: 2, old: 0 })
    const told = await hub.host(b)
    assert.deepEqual([told.own.heal?.length, told.inherited.heal?.length, told.reason, told.current], [2, 2, '', true])
    assert.deepEqual(await hub.preview(a), { count: 2, bytes: 300, images: [] })
    await hub.clear()
    await until(() => a.names.length === 0)
  })

  it('come to a host when it is back, also from another hub process, and once only', async () => {
    const host = new TestHost()
    const first = await openHub(host)
    await first.setEnvironment(here, { heal: [heal('all')], prune: [] })
    assert.deepEqual(host.sets, [])
    const hub = await openHub(host)
    host.attach(hub.fleet, organization)
    await until(() => host.names.length === 1)
    host.detach()
    host.attach(hub.fleet, organization)
    await until(async () => (await hub.host(host)).current)
    assert.equal(host.sets.length, 1)
    // A host that makes something else of what it gets is not told without end.
    host.here = { ...host.here, heal: [] }
    host.say()
    await until(() => host.sets.length === 2)
    host.here = { ...host.here, heal: [] }
    host.say()
    await until(async () => !(await hub.host(host)).current)
    assert.equal(host.sets.length, 2)
    await hub.clear()
  })

  it('that a host does not take are tried whenever it says something, and that is logged once a link [security 22]', async () => {
    const host = new TestHost()
    const hub = await openHub(host)
    host.full = true
    host.attach(hub.fleet, organization)
    logged.length = 0
    await hub.setHost(host, { heal: [heal('own')], prune: [] })
    for (let tries = host.sets.length + 1; tries <= 5; tries++) {
      host.say()
      await until(() => host.sets.length >= tries)
    }
    host.full = false
    host.say()
    await until(() => host.names.join() === 'host own')
    assert.deepEqual(logged, ['a host did not take its rules'])
    host.detach()
  })

  it('are numbered above what the host has, whatever this hub knew, and follow it into another environment', async () => {
    const host = new TestHost()
    host.here = { counter: 41, heal: [{ ...heal('of before'), from: 'host' }], prune: [] }
    const hub = await openHub(host)
    host.attach(hub.fleet, organization)
    await until(() => host.here.counter === 42)
    assert.deepEqual(host.names, [])
    await hub.setEnvironment(there, { heal: [heal('there')], prune: [] })
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET environment_id = ${there} WHERE id = ${host.id}`)
    await hub.book.reload(organization, host.id)
    await until(() => host.names[0] === 'environment there')
    await hub.clear()
  })

  it('are waited for by a host that is offline or too old, and both are said', async () => {
    const [offline, old] = [new TestHost(), new TestHost()]
    old.features = []
    const hub = await openHub(offline, old)
    old.attach(hub.fleet, organization)
    assert.deepEqual([(await hub.host(offline)).reason, (await hub.host(old)).reason], ['offline', 'old'])
    await assert.rejects(hub.preview(old), { code: 'unsupported' })
    await assert.rejects(hub.preview(offline), { code: 'host_offline' })
    assert.equal((await hub.environment(here)).hosts.old, 1)
  })

  it('are refused with the field where they cannot be meant', async () => {
    const host = new TestHost()
    const hub = await openHub(host)
    const refused = async (set: RuleSet, field: string) =>
      assert.rejects(hub.setHost(host, set), (error: FairleadError) => error.code === 'invalid_input' && error.details?.['field'] === field)
    await refused({ heal: [heal('a'), heal('a')], prune: [] }, 'heal.1.name')
    await refused({ heal: [heal('a', { unhealthySeconds: null, failed: false })], prune: [] }, 'heal.0.unhealthySeconds')
    await assert.rejects(hub.setEnvironment('', none), { code: 'invalid_input' })
    assert.deepEqual((await hub.host(host)).own, none)
  })

  it('are in the trail rule by rule, those that went too', async () => {
    const host = new TestHost()
    const hub = await openHub(host)
    await hub.setHost(host, { heal: [heal('a')], prune: [prune('n')] })
    noted = []
    await hub.setHost(host, { heal: [heal('a', { perHour: 5 })], prune: [] })
    const [{ name, before: was, after: is } = { name: '', before: {}, after: {} }] = noted
    assert.equal(name, host.id)
    assert.match(
      JSON.stringify(was),
      /"heal a":"on true, unhealthySeconds 60, failed true, perHour 3".*"prune n":"on true, images dangling/,
    )
    assert.deepEqual(is, { 'heal a': 'on true, unhealthySeconds 60, failed true, perHour 5', 'prune n': '' })
  })

  it('are seen by no other organization', async () => {
    const host = new TestHost()
    const hub = await openHub(host)
    await hub.setHost(host, { heal: [heal('a')], prune: [] })
    const other = randomUUID()
    const seen = await test.db.tx({ organization: other }, (sql) => sql`SELECT 1 FROM host_rules`)
    assert.equal(seen.length, 0)
    await assert.rejects(
      test.db.tx(
        { organization: other },
        (sql) => sql`INSERT INTO host_rules VALUES (${organization}, ${host.id}, ${sql.json({ heal: [], prune: [] })})`,
      ),
    )
  })
})
