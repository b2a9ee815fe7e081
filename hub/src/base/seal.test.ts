import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { mostPlainBytes, type SealPlace } from './seal-record.ts'
import { openSeal, type OpenSeal } from './seal.ts'
import { openTestDatabase } from './testdb.ts'
import { makeTables, testColumns as columns } from './testseal.ts'

const [here, elsewhere] = [randomUUID(), randomUUID()]
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const plain = (value: string) => Buffer.from(value)

describe('sealed values', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let dataDir: string
  let seal: OpenSeal
  const logged: string[] = []
  const open = (times = {}) =>
    openSeal({
      db: test.db,
      dataDir,
      columns,
      kek: undefined,
      kekOld: undefined,
      log: (...parts) => void logged.push(JSON.stringify(parts)),
      times: { tendMs: 3_600_000, leaseMs: 200, ...times },
    })
  before(async () => {
    test = await openTestDatabase()
    dataDir = mkdtempSync(join(tmpdir(), 'fairlead-seal-'))
    await makeTables(test.db, [here, elsewhere])
    seal = await open()
  })
  after(async () => {
    await seal?.close()
    await test?.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const place = (part: Partial<SealPlace> = {}): SealPlace => ({
    organization: here,
    table: 'things',
    row: 'a/1',
    column: 'value',
    ...part,
  })
  const refused = (at: SealPlace, sealed: Uint8Array, why: RegExp) =>
    assert.rejects(seal.open(at, sealed), (error: Error) => codeOf(error) === 'internal' && why.test(error.message))
  const insert = (organization: string, value: Uint8Array) =>
    test.db.tx(
      { organization },
      (sql) => sql`INSERT INTO things (organization_id, id, n, value) VALUES (${organization}, ${randomUUID()}, 1, ${value})`,
    )
  const keysOf = (organization: string) =>
    test.db.tx({ organization }, (sql) => sql<{ id: string; old: boolean }[]>`SELECT id, retired_at IS NOT NULL AS old FROM data_keys`)
  const sealing = async () => (await keysOf(here)).find(({ old }) => !old)!

  it('open where they were sealed, each different from the next of the same text', async () => {
    for (const value of ['', 'x', 'é'.repeat(1000), 'x'.repeat(mostPlainBytes)]) {
      const [one, two] = [await seal.seal(place(), plain(value)), await seal.seal(place(), plain(value))]
      assert.notDeepEqual(one, two)
      assert.equal(text(await seal.open(place(), one)), value)
      assert.equal(one.length, plain(value).length + 45)
    }
    await assert.rejects(seal.seal(place(), Buffer.alloc(mostPlainBytes + 1)), (error) => codeOf(error) === 'too_large')
  })

  it('open in no other row, column, table or organization, the hub’s own included [security 128]', async () => {
    const sealed = await seal.seal(place(), plain('a canary'))
    for (const other of [{ row: 'a/2' }, { column: 'other' }, { table: 'people' }])
      await refused(place(other), sealed, /is not what was sealed there/)
    await seal.seal(place({ organization: elsewhere }), plain('has its own key'))
    for (const organization of [elsewhere, ''])
      await refused(place({ organization }), sealed, /is sealed under a key that is not its organization’s/)
    const ours = await seal.seal(place({ organization: '', table: 'people' }), plain('x'))
    await refused(place({ table: 'people' }), ours, /not its organization’s/)
    // Nor with the key of one organization put under the other's name by whoever can write to the database.
    await test.db.owner(
      (sql) => sql`INSERT INTO data_keys SELECT ${elsewhere}, id, kek, wrapped, sealed, leased_until, created_at, now()
      FROM data_keys WHERE organization_id = ${here}`,
    )
    await refused(place({ organization: elsewhere }), sealed, /The data key .* is damaged/)
    await test.db.owner((sql) => sql`DELETE FROM data_keys WHERE organization_id = ${elsewhere} AND retired_at IS NOT NULL`)
  })

  it('open only whole and unchanged: each byte of them, each length, each version [security 128]', async () => {
    const sealed = Buffer.from(await seal.seal(place(), plain('a canary')))
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at]! ^= 1
      await refused(place(), changed, /sealed/)
      await refused(place(), sealed.subarray(0, at), /sealed/)
    }
    await refused(place(), Buffer.concat([sealed, Buffer.of(0)]), /is not what was sealed there/)
    for (const version of [0, 2, 255])
      await refused(place(), Buffer.concat([Buffer.of(version), sealed.subarray(1)]), /is no sealed value of this version/)
  })

  it('are never taken for plain text, and plain text never for them; what is said of it repeats none [security 128]', async () => {
    for (const value of ['', 'hunter2-canary', 'hunter2-canary '.repeat(10), `\u0001${'hunter2-canary '.repeat(10)}`])
      await assert.rejects(
        seal.open(place(), plain(value)),
        (error: Error) => codeOf(error) === 'internal' && !`${error.stack}${String(error.cause)}`.includes('canary'),
      )
  })

  it('are all that the database takes in their column, of keys of the same organization [security 128]', async () => {
    const theirs = await seal.seal(place({ organization: elsewhere }), plain('x'))
    await insert(elsewhere, theirs)
    const foreign = (error: { code: string }) => error.code === '23503'
    await assert.rejects(insert(here, theirs), foreign)
    await assert.rejects(insert(here, plain('plain text, long enough for a key')), foreign)
    await assert.rejects(insert(here, plain('short')), (error: { code: string }) => error.code === '22P02')
  })

  it('are unreadable in the database: neither they nor any key stands there [security 129]', async () => {
    const canary = `canary-${randomUUID()}`
    await insert(here, await seal.seal(place(), plain(canary)))
    const kek = readFileSync(join(dataDir, 'kek'), 'utf8').trim()
    const all = await test.db.owner(async (sql) => {
      const tables = await sql<
        { name: string }[]
      >`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`
      return Promise.all(tables.map(async ({ name }) => JSON.stringify(await sql`SELECT t::text FROM ${sql(name)} AS t`)))
    })
    const dump = all.join('\n')
    for (const bytes of [Buffer.from(canary), Buffer.from(kek, 'base64')])
      for (const form of [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1')]) assert.ok(!dump.includes(form), form)
    assert.ok(dump.includes('things') || dump.includes(here), 'the search looks at rows')
    for (const { wrapped } of await test.db.owner((sql) => sql<{ wrapped: Buffer }[]>`SELECT wrapped FROM data_keys`))
      assert.equal(wrapped.length, 1 + 12 + 32 + 16)
  })

  it('get a new key at once when it is asked for, and the old one goes when nothing is under it', async () => {
    const quick = await open({ leaseMs: 200, settleMs: 0, batchRows: 3 })
    const rows: { id: string; n: number }[] = []
    for (let n = 0; n < 20; n++) {
      const id = randomUUID()
      rows.push({ id, n })
      const [value, other] = await Promise.all([
        quick.seal(place({ row: `${id}/${n}` }), plain(`value ${n}`)),
        quick.seal(place({ row: `${id}/${n}`, column: 'other' }), plain(`other ${n}`)),
      ])
      await test.db.tx(
        { organization: here },
        (sql) => sql`INSERT INTO things (organization_id, id, n, value, other) VALUES (${here}, ${id}, ${n}, ${value}, ${other})`,
      )
    }
    const before = await sealing()
    // Rows of tests above that no place fits: they are not lost, and their key stays with them.
    await test.db.tx({ organization: here }, (sql) => sql`DELETE FROM things WHERE other IS NULL`)
    await quick.rotate(here)
    const now = await sealing()
    assert.notEqual(now.id, before.id)
    assert.ok(Buffer.from(await quick.seal(place(), plain('x'))).includes(Buffer.from(now.id.replaceAll('-', ''), 'hex')))
    while ((await quick.tend()) > 0) await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(
      (await keysOf(here)).map(({ id }) => id),
      [now.id],
    )
    for (const { id, n } of rows) {
      const [row] = await test.db.tx(
        { organization: here },
        (sql) => sql<{ value: Buffer; other: Buffer }[]>`SELECT value, other FROM things WHERE id = ${id}`,
      )
      assert.equal(text(await seal.open(place({ row: `${id}/${n}` }), row!.value)), `value ${n}`)
      assert.equal(text(await seal.open(place({ row: `${id}/${n}`, column: 'other' }), row!.other)), `other ${n}`)
    }
    await quick.close()
  })

  it('that are damaged keep their key, are told of once, and hold up nobody else', async () => {
    const quick = await open({ leaseMs: 100, settleMs: 0, batchRows: 2 })
    const id = randomUUID()
    const good = await quick.seal(place({ organization: '', table: 'people', row: id }), plain('good'))
    const bad = Buffer.from(await quick.seal(place({ organization: '', table: 'people', row: randomUUID() }), plain('bad')))
    await test.db.tx({}, async (sql) => {
      await sql`INSERT INTO people (id, value) VALUES (${id}, ${good}), (${randomUUID()}, ${bad})`
    })
    logged.length = 0
    await quick.rotate('')
    await new Promise((resolve) => setTimeout(resolve, 150))
    for (let i = 0; i < 3; i++) assert.equal(await quick.tend(), 1)
    assert.equal(logged.filter((line) => line.includes('keep their data key')).length, 1)
    const [row] = await test.db.tx({}, (sql) => sql<{ value: Buffer }[]>`SELECT value FROM people WHERE id = ${id}`)
    assert.notDeepEqual(row!.value, Buffer.from(good))
    assert.equal(text(await quick.open(place({ organization: '', table: 'people', row: id }), row!.value)), 'good')
    await test.db.tx({}, (sql) => sql`DELETE FROM people WHERE value = ${bad}`)
    assert.equal(await quick.tend(), 0)
    await quick.close()
  })

  it('move to another key long before one has sealed 2^30 of them, and when it is old', async () => {
    const full = await open()
    await full.seal(place(), plain('x'))
    const first = await sealing()
    await test.db.tx({ organization: here }, (sql) => sql`UPDATE data_keys SET sealed = ${2 ** 28} WHERE id = ${first.id}`)
    for (let n = 0; n < 1024; n++) await full.seal(place(), plain('x'))
    const second = await sealing()
    assert.notEqual(second.id, first.id)
    await test.db.tx(
      { organization: here },
      (sql) => sql`UPDATE data_keys SET created_at = now() - interval '366 days' WHERE id = ${second.id}`,
    )
    await full.tend()
    const third = await sealing()
    assert.ok(![first.id, second.id].includes(third.id))
    await full.close()
  })
})
