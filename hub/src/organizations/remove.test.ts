import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import postgres, { type Sql } from 'postgres'
import { api, createOwner, createPerson, invite, ok, relax, type Person } from '../../../e2e/fleet/console.ts'
import { startPostgres15 } from '../../../e2e/fleet/postgres.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { openDatabase } from '../base/db.ts'
import { inOrder, removeOrganization, sweepLeft } from './remove.ts'

const password = 'nine lamps along a quay'

describe('the removal of an organization', need('postgres15'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-removal-')
  let database: Awaited<ReturnType<typeof startPostgres15>>
  let sql: Sql
  let hub: HubProcess
  let owner: Person
  let second: Person
  let agent: AgentProcess
  let base: string
  let gone: string
  let home: string

  before(async () => {
    chmodSync(dir, 0o711)
    database = await startPostgres15(dir, { logs: false, roles: ['fairlead_work'] })
    hub = await startHub({ env: { DATABASE_URL: database.url('fairlead_work'), DATABASE_OWNER_URL: database.url('owner') } })
    sql = postgres(database.url('owner'), { max: 1, onnotice: () => undefined })
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    home = String(((await ok(api(owner, 'GET', '/me')))['organization'] as { id: string }).id)
    await api(owner, 'POST', '/secrets', { name: 'stays', value: 'x' })
    await api(owner, 'POST', '/teams', { name: 'Stays' })
    gone = String((await ok(api(owner, 'POST', '/organizations', { name: 'Second' })))['id'])
    await ok(api(owner, 'POST', `/organizations/${gone}/enter`))
    await relax(owner)
    await fill()
  })
  after(async () => {
    await agent?.stop()
    await hub?.stop()
    await sql?.end()
    await database?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  async function joined(role: string): Promise<Person> {
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email: `second-${role}@example.test`, role }))
    const person = createPerson(base)
    await ok(api(person, 'POST', '/accounts/accept', { secret: String(link).split('#')[1], name: role, password }))
    return person
  }

  /** Something in as many tables as there are doors to. */
  async function fill(): Promise<void> {
    await ok(api(owner, 'POST', '/environments', { name: 'production' }))
    await ok(api(owner, 'POST', '/secrets', { name: 'vault-token', value: 'canary' }))
    await ok(api(owner, 'PUT', '/secret-providers/vault', { address: 'https://vault.example', auth: 'token', secret: 'vault-token' }))
    await ok(api(owner, 'POST', '/tokens', { name: 'nightly', scopes: ['hosts:read'] }))
    const role = await ok(api(owner, 'POST', '/roles', { name: 'Own', permissions: ['hosts:read'] }))
    const team = await ok(api(owner, 'POST', '/teams', { name: 'Quay' }))
    await ok(api(owner, 'POST', '/grants', { holder: { kind: 'team', id: team['id'] }, role: role['id'], reach: { on: 'organization' } }))
    second = await joined('owner')
    const people = JSON.parse((await api(owner, 'GET', '/accounts')).text) as { id: string; name: string }[]
    const added = await api(owner, 'PUT', `/teams/${String(team['id'])}/members/${people[0]!.id}`)
    assert.ok(added.status === 200 || added.status === 404, added.text)
    await ok(api(owner, 'POST', '/accounts/invitations', { email: 'open@example.test', role: 'viewer' }))
    agent = await startAgent(await invite(owner, base), '/nonexistent/engine.sock', { name: 'alpha' })
    await until(async () => (await api(owner, 'GET', '/hosts')).text.includes('"online":true'))
    mkdirSync(join(hub.dataDir, 'audit', gone), { recursive: true })
    writeFileSync(join(hub.dataDir, 'audit', gone, 'kept.ndjson'), '{}')
    await until(async () => (await counts())['metrics']! > 0)
  }

  /** Rows of an organization by table, every table that the catalogue has. */
  async function counts(organization = gone): Promise<Record<string, number>> {
    const tables = await sql<{ name: string }[]>`SELECT c.relname AS name FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
      WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`
    const all: Record<string, number> = {}
    for (const { name } of tables) {
      const [row] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM ${sql(name)} WHERE organization_id = ${organization}`
      all[name] = row!.n
    }
    const [id] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM organization_ids WHERE id = ${organization}`
    return { ...all, organization_ids: id!.n }
  }

  it('wants its name, and a right that few have', async () => {
    const wrong = await api(owner, 'POST', '/organization/removal', { name: 'second' })
    assert.deepEqual([wrong.status, /Type the name of the organization as it is: Second/.test(wrong.text)], [400, true])
    const admin = await joined('admin')
    assert.equal((await api(admin, 'POST', '/organization/removal', { name: 'Second' })).status, 403)
    assert.ok((await counts())['organizations'] === 1)
  })

  it('takes every row, file, key, agent and login with it, and nothing of another one [security 114]', async () => {
    const before = await counts()
    const filled = new Set(Object.keys(before).filter((name) => before[name]! > 0))
    for (const name of ['audit', 'data_keys', 'grants', 'hosts', 'logins', 'memberships', 'metrics', 'secret_versions', 'tokens'])
      assert.ok(filled.has(name), `${name} was empty: nothing is shown by it`)
    const others = await counts(home)
    const { session } = await second.open()
    const began = performance.now()
    await ok(api(owner, 'POST', '/organization/removal', { name: 'Second' }))
    await until(() => !session.alive)
    const endedMs = performance.now() - began
    for (const person of [owner, second]) assert.equal((await api(person, 'GET', '/me')).status, 401)
    const nothing = Object.fromEntries(Object.keys(before).map((name) => [name, 0]))
    assert.deepEqual(await counts(), nothing)
    assert.equal(existsSync(join(hub.dataDir, 'audit', gone)), false)
    await until(() => /revoked|gone|not.?welcome|44\d\d/i.test(agent.output))
    // What a hub writes by itself every few seconds brings nothing back.
    await sleep(6500)
    assert.deepEqual(await counts(), nothing)
    const after = await counts(home)
    for (const [name, n] of Object.entries(others))
      if (name !== 'audit' && name !== 'audit_checkpoints' && name !== 'logins') assert.equal(after[name], n, name)
    assert.ok(endedMs < 30_000)
  })

  it('that a kill cut off is ended as the hub starts again, and nothing goes of what was not to go [security 114]', async () => {
    const [dead, alive, unknown] = [randomUUID(), home, randomUUID()]
    const folderOf = (organization: string) => join(hub.dataDir, 'audit', organization)
    const noteOf = (organization: string) => `${folderOf(organization)}.leaving`
    await hub.end('SIGKILL')
    // As they lie there when the hub dies before or after the rows went; and a folder of nobody whom this database knows.
    for (const organization of [dead, alive, unknown]) {
      mkdirSync(folderOf(organization), { recursive: true })
      writeFileSync(join(folderOf(organization), 'kept.ndjson'), '{}')
      if (organization !== unknown) writeFileSync(noteOf(organization), '')
    }
    await hub.again()
    assert.deepEqual(
      [dead, alive, unknown].map((organization) => [existsSync(folderOf(organization)), existsSync(noteOf(organization))]),
      [
        [false, false],
        [true, false],
        [true, false],
      ],
    )
  })

  it('says of itself that it is under way before its rows go, and no more once its files went [security 114]', async () => {
    const organization = randomUUID()
    const audit = join(dir, 'files')
    mkdirSync(join(audit, organization), { recursive: true })
    const noted: boolean[] = []
    const look = async () => void noted.push(existsSync(join(audit, `${organization}.leaving`)))
    const db = await openDatabase({ databaseUrl: database.url('fairlead_work'), databaseOwnerUrl: database.url('owner'), dataDir: dir })
    try {
      const deps = { db, fileDirs: [audit], endHosts: look, endPeople: look, settle: look }
      // Killed when its rows are gone and its files are not.
      const killed = removeOrganization({ ...deps, forgetKeys: () => assert.fail('killed') }, organization)
      await assert.rejects(killed, /killed/)
      assert.deepEqual([...new Set(noted)], [true])
      assert.ok(existsSync(join(audit, organization)))
      assert.deepEqual(await sweepLeft(db, [audit]), [organization])
      assert.deepEqual(readdirSync(audit), [])
      await removeOrganization({ ...deps, forgetKeys: () => undefined }, organization)
      assert.deepEqual(readdirSync(audit), [])
    } finally {
      await db.close()
    }
  })

  it('is written where who runs the hub sees it, whose last organization stays', async () => {
    await ok(api(owner, 'POST', '/logins', { email: 'owner@example.test', password: 'four unrelated words' }))
    const { rows } = await ok(api(owner, 'GET', '/audit?filter=organization.delete'))
    const [row] = rows as { targetName: string; outcome: string; actorName: string }[]
    assert.deepEqual([row?.targetName, row?.outcome, row?.actorName], ['Second', 'ok', 'Owner'])
    const refused = await api(owner, 'POST', '/organization/removal', { name: 'Example' })
    assert.deepEqual([refused.status, /last organization of whoever runs this hub/.test(refused.text)], [409, true])
    assert.equal((await api(owner, 'GET', '/me')).status, 200)
  })
})

describe('the order in which tables are emptied', () => {
  it('is such that none is that another one refers to', () => {
    const tables = [
      { name: 'organizations', by: ['hosts', 'secrets'] },
      { name: 'secrets', by: ['versions'] },
      { name: 'hosts', by: ['versions'] },
      { name: 'versions', by: [] },
    ]
    assert.deepEqual(inOrder(tables), ['versions', 'secrets', 'hosts', 'organizations'])
    assert.throws(() => inOrder([...tables, { name: 'x', by: ['y'] }, { name: 'y', by: ['x'] }]), /in a circle/)
  })
})
