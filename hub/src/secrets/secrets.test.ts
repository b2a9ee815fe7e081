import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { nobody } from '../base/access.ts'
import { makeRights, type Reach } from '../base/rights.ts'
import { noSight } from '../base/sight.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openTestSeal } from '../base/testseal.ts'
import { openSecrets, refuseSecretsIn, sealedSecrets, type Secrets } from './secrets.ts'

const [here, elsewhere, account] = [randomUUID(), randomUUID(), randomUUID()]
const production = { [here]: randomUUID(), [elsewhere]: randomUUID() }

describe('secrets', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let sealed: Awaited<ReturnType<typeof openTestSeal>>
  let secrets: Secrets
  before(async () => {
    test = await openTestDatabase()
    sealed = await openTestSeal(test.db, [sealedSecrets], { leaseMs: 100, settleMs: 0 })
    secrets = openSecrets({ db: test.db, seal: sealed.seal, fetch: async () => Promise.reject(new Error('nothing is asked')) })
    for (const organization of [here, elsewhere])
      await test.db.tx({ organization }, async (sql) => {
        await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
        await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${production[organization]!}, 'production')`
      })
    await test.db.owner(
      (sql) => sql`INSERT INTO accounts (id, email, name, password_hash) VALUES (${account}, 'a@example.test', 'Ada', '')`,
    )
  })
  after(async () => {
    await sealed?.close()
    await test?.close()
  })

  let noted = ''
  /** Somebody who may see all secrets of this organization, or those within some reach of it; judged as the door would have judged them. */
  const as = (organization: string, reach: Reach = { on: 'organization' }) => {
    const rights = makeRights([{ id: 'g', role: 'r', team: '', effect: 'allow', permissions: new Set(['secrets:read']), reach }])
    const caller = { ...nobody('', '', ''), account, organization, rights }
    const context = (environment = '') => ({
      caller,
      host: '',
      environment,
      sight: async () => noSight,
      note: (text: string) => void (noted = text),
      signal: AbortSignal.timeout(60_000),
      trace: '',
    })
    const { handlers } = secrets
    return {
      list: (environment?: string) => handlers.list({ environment }, context()),
      get: (name: string, environment?: string) => handlers.get({ name }, context(environment)),
      create: (name: string, value: string, { environment, description = '' }: { environment?: string; description?: string } = {}) =>
        handlers.create({ description, name, value }, context(environment)),
      write: (name: string, value: string, environment?: string) => handlers.write({ name, value }, context(environment)),
      describe: (name: string, description: string) => handlers.describe({ name, description }, context()),
      remove: (name: string, environment?: string) => handlers.remove({ name }, context(environment)),
      reveal: (name: string, { environment, version }: { environment?: string; version?: number } = {}) =>
        handlers.reveal({ name, version }, context(environment)),
      rotateKey: () => handlers.rotateKey({}, context()),
    }
  }
  const fails =
    (code: string, why = /./) =>
    (error: Error) =>
      codeOf(error) === code && why.test(error.message)

  it('come back as they went in, whatever text they are, and only when they are revealed', async () => {
    const { create, reveal, list, get } = as(here)
    for (const [n, value] of ['hunter2-canary', 'é\u0000\n"\\ 🔒 ', 'y'.repeat(65_536)].entries()) {
      const answers = [await create(`round-${n}`, value, { description: 'some words' }), await get(`round-${n}`), await list()]
      assert.ok(!JSON.stringify(answers).includes(JSON.stringify(value).slice(1, -1)))
      assert.deepEqual(await reveal(`round-${n}`), { name: `round-${n}`, version: 1, value })
    }
    const keptHere = { reference: null, orphaned: false, usedBy: [] }
    const { versions, ...secret } = await get('round-0')
    assert.deepEqual(
      { ...secret, createdMs: 0, updatedMs: 0 },
      { name: 'round-0', environment: null, description: 'some words', version: 1, createdMs: 0, updatedMs: 0, by: 'Ada', ...keptHere },
    )
    assert.deepEqual(
      versions.map(({ version, by }) => [version, by]),
      [[1, 'Ada']],
    )
  })

  it('may have 64 KiB as they are stored, and no half of a character', async () => {
    const { create } = as(here)
    await assert.rejects(create('too-long', 'é'.repeat(32_769)), fails('too_large', /65536 bytes at most; this one has 65538/))
    await assert.rejects(create('half', '\uD83D'), fails('invalid_input', /half of a character/))
    await assert.rejects(as(here).get('half'), fails('not_found'))
  })

  it('get a version with each write, also when many write at once, and keep the last ten', async () => {
    const { create, write, get, reveal } = as(here)
    await create('VERSIONED', 'value 1')
    const written = await Promise.all(Array.from({ length: 14 }, (_, n) => write('VERSIONED', `value ${n + 2}`)))
    assert.deepEqual(
      written.map(({ version }) => version).sort((x, y) => x - y),
      Array.from({ length: 14 }, (_, n) => n + 2),
    )
    const { version, versions } = await get('VERSIONED')
    assert.equal(version, 15)
    assert.deepEqual(
      versions.map((one) => one.version),
      [15, 14, 13, 12, 11, 10, 9, 8, 7, 6],
    )
    const values = await Promise.all(versions.map(async (one) => (await reveal('VERSIONED', { version: one.version })).value))
    assert.equal(new Set(values).size, 10)
    await assert.rejects(reveal('VERSIONED', { version: 5 }), fails('not_found', /has no version 5; the last 10 are kept/))
    await assert.rejects(write('mistyped', 'x'), fails('not_found', /There is no secret mistyped/))
  })

  it('of an environment stand beside that of the organization, and beside nobody else’s [security 107]', async () => {
    const { create, reveal, list } = as(here)
    await create('SHARED', 'for all')
    await create('SHARED', 'for production', { environment: production[here]! })
    await assert.rejects(create('SHARED', 'again'), fails('conflict', /There is a secret SHARED already/))
    await assert.rejects(create('SHARED', 'again', { environment: production[here]! }), fails('conflict'))
    assert.equal(noted, 'production/SHARED')
    await assert.rejects(create('SHARED', 'x', { environment: production[elsewhere]! }), fails('not_found', /no such environment/))
    assert.equal((await reveal('SHARED')).value, 'for all')
    assert.equal((await reveal('SHARED', { environment: production[here]! })).value, 'for production')
    assert.deepEqual(
      (await list())
        .filter(({ name }) => name === 'SHARED')
        .map(({ environment }) => environment)
        .sort(),
      [null, 'production'],
    )
    assert.deepEqual(
      (await list(production[here])).map(({ name }) => name),
      ['SHARED'],
    )
    const others = as(elsewhere)
    assert.deepEqual(await others.list(), [])
    for (const ask of [others.get, others.reveal, others.remove]) await assert.rejects(ask('SHARED'), fails('not_found'))
    await assert.rejects(others.write('SHARED', 'stolen'), fails('not_found'))
  })

  it('are seen by whoever may see their environment, and by nobody else: not in the list, nor by name', async () => {
    const of = as(here, { on: 'environment', target: production[here]! })
    assert.deepEqual(
      (await of.list()).map(({ name, environment }) => [name, environment]),
      [['SHARED', 'production']],
    )
    assert.equal((await of.get('SHARED', production[here])).environment, 'production')
    await assert.rejects(of.get('SHARED'), fails('not_found', /There is no secret SHARED; make it first/))
    await assert.rejects(of.get('absent'), fails('not_found', /There is no secret absent; make it first/))
    assert.deepEqual(await as(here, { on: 'host', target: 'h' }).list(), [])
  })

  it('keep their environment: it does not go before they do', async () => {
    const refuse = () => test.db.tx({ organization: here }, (_sql, orm) => refuseSecretsIn(orm, production[here]!))
    await assert.rejects(refuse(), fails('conflict', /It has 1 secret; delete it first/))
    await test.db.tx({ organization: here }, (_sql, orm) => refuseSecretsIn(orm, randomUUID()))
  })

  it('are described, and deleted with all of their versions', async () => {
    const { create, describe, remove, get, write } = as(here)
    await create('short-lived', 'one')
    await write('short-lived', 'two')
    assert.equal((await describe('short-lived', 'until tonight')).description, 'until tonight')
    const count = () => test.db.tx({ organization: here }, async (sql) => (await sql`SELECT 1 FROM secret_versions`).length)
    const before = await count()
    assert.deepEqual(await remove('short-lived'), { name: 'short-lived' })
    assert.equal(await count(), before - 2)
    await assert.rejects(get('short-lived'), fails('not_found'))
    await assert.rejects(remove('short-lived'), fails('not_found'))
  })

  it('put in the place of another one by whoever can write to the database are refused, not shown [security 128]', async () => {
    const { create, reveal } = as(here)
    await create('victim', 'mine')
    await create('loot', 'theirs')
    const swap = (name: string) =>
      test.db.tx(
        { organization: here },
        (sql) => sql`UPDATE secret_versions AS v SET value =
      (SELECT value FROM secret_versions JOIN secrets ON secrets.id = secret_id WHERE name = 'loot') FROM secrets WHERE secrets.id = v.secret_id AND name = ${name}`,
      )
    await swap('victim')
    await assert.rejects(reveal('victim'), fails('internal', /is not what was sealed there/))
    assert.equal((await reveal('loot')).value, 'theirs')
    await as(here).remove('victim')
  })

  it('live through a change of their key, which is gone afterwards', async () => {
    const { rotateKey, list, reveal } = as(here)
    const keys = () =>
      test.db.tx({ organization: here }, async (sql) => (await sql<{ id: string }[]>`SELECT id FROM data_keys`).map(({ id }) => id))
    const before = await keys()
    await rotateKey()
    while ((await sealed.seal.tend()) > 0) await new Promise((resolve) => setTimeout(resolve, 50))
    const now = await keys()
    assert.equal(now.length, 1)
    assert.ok(!before.includes(now[0]!))
    for (const { name, environment } of await list())
      assert.ok((await reveal(name, environment === null ? {} : { environment: production[here]! })).value.length > 0)
  })

  it('are a thousand at most', async () => {
    const { create } = as(elsewhere)
    await create('last', randomBytes(8).toString('hex'))
    await test.db.tx(
      { organization: elsewhere },
      (sql) => sql`INSERT INTO secrets (organization_id, id, name)
      SELECT ${elsewhere}, gen_random_uuid(), 'n' || n FROM generate_series(1, 999) AS n`,
    )
    await assert.rejects(create('one-more', 'x'), fails('too_many', /1000 secrets at most/))
  })
})
