import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import postgres from 'postgres'
import { createOwner, createPerson, type Person } from '../../../e2e/fleet/console.ts'
import { startHub } from '../../../e2e/fleet/programs.ts'
import { startPostgres15 } from '../../../e2e/fleet/postgres.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'

describe('secrets of a running hub', need('postgres15'), () => {
  let dir: string
  let database: Awaited<ReturnType<typeof startPostgres15>>
  let hub: Awaited<ReturnType<typeof startHub>>
  let owner: Person
  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-canary-')
    chmodSync(dir, 0o711)
    database = await startPostgres15(dir)
    const sql = postgres(database.url('owner'), { max: 1, onnotice: () => undefined })
    await sql`CREATE ROLE fairlead_work LOGIN`
    await sql.end()
    const env = {
      FAIRLEAD_DATA_DIR: join(dir, 'hub'),
      DATABASE_URL: database.url('fairlead_work'),
      DATABASE_OWNER_URL: database.url('owner'),
    }
    hub = await startHub({ env })
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
  })
  after(async () => {
    await hub?.stop()
    await database?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const ask = (method: string, path: string, body?: unknown) => owner.ask(method, `/api/v1${path}`, { body })
  const trail = async () => (await ask('GET', '/audit?limit=500')).text

  it('answer over HTTP, refuse what is no secret, and leave a row of each change and each look', async () => {
    const created = await ask('POST', '/secrets', { name: 'API_KEY', value: 'one', description: 'of the shop' })
    assert.equal(created.status, 200, created.text)
    assert.equal((await ask('POST', '/secrets', { name: 'API_KEY', value: 'one', environment: 'default' })).status, 200)
    assert.equal((await ask('POST', '/secrets/API_KEY/versions', { value: 'two' })).body['version'], 2)
    assert.equal((await ask('PATCH', '/secrets/API_KEY', { description: 'of the other shop' })).body['description'], 'of the other shop')
    assert.equal((await ask('GET', '/secrets')).status, 200)
    assert.equal((await ask('GET', '/secrets/API_KEY?environment=default')).body['environment'], 'default')
    const revealed = await ask('POST', '/secrets/API_KEY/reveal', { version: 1 })
    assert.deepEqual(revealed.body, { name: 'API_KEY', version: 1, value: 'one' })
    assert.equal(revealed.headers['cache-control'], 'no-store')
    assert.equal((await ask('POST', '/secrets/API_KEY/reveal', { environment: 'default' })).body['value'], 'one')
    assert.equal((await ask('POST', '/secret-key', {})).status, 200)
    assert.equal((await ask('DELETE', '/secrets/API_KEY')).status, 200)
    assert.equal((await ask('POST', '/secrets/API_KEY/reveal', {})).status, 404)
    const { rows } = JSON.parse(await trail()) as { rows: { verb: string; target: string; targetName?: string; outcome: string }[] }
    const told = rows
      .filter(({ verb }) => verb.startsWith('secret.'))
      .map(({ verb, target, targetName, outcome }) => `${verb} ${targetName ?? target} ${outcome}`)
    assert.deepEqual(told.toReversed(), [
      'secret.create API_KEY ok',
      'secret.create default/API_KEY ok',
      'secret.write API_KEY ok',
      'secret.update API_KEY ok',
      'secret.reveal API_KEY ok',
      'secret.reveal default/API_KEY ok',
      'secret.rotate-key  ok',
      'secret.delete API_KEY ok',
      'secret.reveal API_KEY failed',
    ])
    for (const name of ['', 'two words', 'Mixed_case', 'a--b', 'A__B', '-a', '../x', 'x'.repeat(65), 'a\n'])
      assert.equal((await ask('POST', '/secrets', { name, value: 'x' })).status, 400, name)
    for (const wrong of [{}, { value: '' }, { value: 7 }, { value: 'x', version: 1 }])
      assert.equal((await ask('POST', '/secrets', { name: 'fine', ...wrong })).status, 400)
  })

  it('are made, written and revealed by nobody whose role does not say so', async () => {
    const invited = await ask('POST', '/accounts/invitations', {
      email: 'ann@example.test',
      role: 'auditor',
      reach: { on: 'organization' },
    })
    const ann = createPerson(`https://127.0.0.1:${hub.httpsPort}`)
    const accept = { secret: String(invited.body['link']).split('#')[1], name: 'Ann', password: 'nine lamps along a quay' }
    assert.equal((await ann.ask('POST', '/api/v1/accounts/accept', { body: accept })).status, 200)
    assert.equal((await ask('POST', '/secrets', { name: 'SEEN', value: 'one' })).status, 200)
    assert.equal((await ann.ask('GET', '/api/v1/secrets/SEEN')).status, 200)
    for (const [method, path, body] of [
      ['POST', '', { name: 'MORE', value: 'x' }],
      ['POST', '/SEEN/versions', { value: 'x' }],
      ['PATCH', '/SEEN', { description: 'x' }],
      ['POST', '/SEEN/reveal', {}],
      ['DELETE', '/SEEN', undefined],
    ] as const) {
      const { status, text } = await ann.ask(method, `/api/v1/secrets${path}`, { body })
      assert.equal(status, 403, text)
      assert.match(text, /needs the permission secrets:(write|reveal)/)
    }
    assert.equal((await ann.ask('POST', '/api/v1/secret-key', { body: {} })).status, 403)
    assert.equal((await ask('GET', '/secrets/SEEN')).body['version'], 1)
  })

  it('are revealed only to whoever proved a moment ago that it is still them, and anew after that', { timeout: 60_000 }, async () => {
    assert.equal((await ask('POST', '/secrets', { name: 'PROVEN', value: 'one' })).status, 200)
    const reveal = () => ask('POST', '/secrets/PROVEN/reveal', {})
    assert.equal((await reveal()).status, 200)
    const sql = postgres(database.url('owner'), { max: 1, onnotice: () => undefined })
    const age = (interval: string) => sql`UPDATE logins SET proven_at = now() - ${interval}::interval`
    await age('6 minutes')
    // What is known of a login is kept for some seconds.
    await until(async () => (await reveal()).status === 403)
    const { text } = await reveal()
    assert.match(text, /"stepUp":\[/)
    assert.ok(!text.includes('"value"'))
    // Over a session a refusal is its code and a sentence: the code must do.
    const open = await owner.open()
    await assert.rejects(open.api.secrets.reveal({ name: 'PROVEN' }), { code: 'unproven' })
    open.close()
    assert.equal((await ask('GET', '/secrets/PROVEN')).status, 200)
    await age('0')
    await until(async () => (await reveal()).status === 200)
    await sql.end()
  })

  it(
    'are in no dump, no file of the database or of the hub, no log, no row, no error, in no usual form [security 131]',
    { timeout: 120_000 },
    async () => {
      const canaries = Array.from({ length: 40 }, () => `canary-${randomBytes(12).toString('hex')}`)
      const { api, close } = await owner.open()
      for (const [n, canary] of canaries.entries()) {
        const name = `canary-${n}`
        // By both doors, as a new secret, as a version, and as what is refused: too long, of the wrong kind, in the wrong field, twice, of nobody.
        if (n % 2 === 0) assert.equal((await ask('POST', '/secrets', { name, value: canary })).status, 200)
        else await api.secrets.create({ name, value: canary })
        await api.secrets.write({ name, value: `${canary} again` })
        await api.secrets.reveal({ name })
        const refusals = [
          await ask('POST', '/secrets', { name, value: canary }),
          await ask('POST', '/secrets', { name: `too-long-${n}`, value: canary.repeat(2500) }),
          await ask('POST', '/secrets', { name: `wrong-${n}`, value: [canary] }),
          await ask('POST', '/secrets', { name: `wrong-${n}`, value: `${canary}\uD83D` }),
          await ask('POST', '/secrets/no-such/versions', { value: canary }),
          await owner.ask('POST', '/api/v1/secrets', { rawBody: `{"name":"broken","value":"${canary}"` }),
        ]
        for (const { status, text } of refusals) {
          assert.ok([400, 404, 409, 413].includes(status), text)
          assert.ok(!text.includes(canary), text)
        }
      }
      close()
      await ask('POST', '/secret-key', {})
      const sql = postgres(database.url('owner'), { max: 1, onnotice: () => undefined })
      await sql`CHECKPOINT`
      await sql.end()
      const files = [join(dir, 'hub'), database.data].flatMap((cwd) => globSync('**/*', { cwd }).map((name) => join(cwd, name)))
      const places = new Map<string, Buffer>([
        ['pg_dump', await database.dump()],
        ['the log of the database', Buffer.from(database.log())],
        ['the log of the hub', Buffer.from(hub.output)],
        ['the trail', Buffer.from(await trail())],
        ['the list', Buffer.from((await ask('GET', '/secrets')).text)],
        ...files.filter((path) => statSync(path).isFile()).map((path) => [path, readFileSync(path)] as const),
      ])
      assert.ok(places.size > 300, 'the files of the database are looked at')
      const found = (forms: readonly (string | Buffer)[]) =>
        [...places].flatMap(([place, bytes]) => (forms.some((form) => bytes.includes(form)) ? [place] : []))
      const formsOf = (bytes: Buffer) => [
        bytes,
        bytes.toString('hex'),
        bytes.toString('base64').replace(/=+$/, ''),
        bytes.toString('base64url'),
        encodeURIComponent(bytes.toString('latin1')),
      ]
      for (const canary of canaries) assert.deepEqual(found(formsOf(Buffer.from(canary))), [])
      assert.deepEqual(found(['canary-39']).includes('pg_dump'), true, 'names are there: the search would notice')
      // And the key that would open them stands in its own file alone.
      const kek = readFileSync(join(dir, 'hub', 'kek'), 'utf8').trim()
      assert.deepEqual(found([kek, ...formsOf(Buffer.from(kek, 'base64'))]), [join(dir, 'hub', 'kek')])
    },
  )
})
