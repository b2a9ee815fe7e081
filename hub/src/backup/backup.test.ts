import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import postgres from 'postgres'
import { hubCommand } from '../../../e2e/fleet/command.ts'
import { startPostgres15 } from '../../../e2e/fleet/postgres.ts'
import { need } from '../../../e2e/need.ts'
import { openDatabase } from '../base/db.ts'
import { openOwner } from '../base/owner.ts'
import { openSeal } from '../base/seal.ts'
import { confirmEpoch, openEpochs } from '../fleet/epoch.ts'
import { openHubKeys } from '../fleet/identity.ts'
import { openMetricsStore } from '../metrics/metrics.ts'
import { makeBackup, refuseHalfRestored, restoreBackup } from './backup.ts'

const quiet = () => undefined
const organizations = [randomUUID(), randomUUID()]

// An owner that row-level security holds, as operations.md makes one: neither a superuser nor past the rules.
describe('a backup of a PostgreSQL of one’s own', need('postgres15'), () => {
  let dir: string
  let server: Awaited<ReturnType<typeof startPostgres15>>
  let file: string
  const url = (user: string, name: string) => server.url(user).replace(/postgres$/, name)
  const configOf = (name: string) => ({
    databaseUrl: url('fairlead_work', name),
    databaseOwnerUrl: url('fairlead_owner', name),
    dataDir: join(dir, name),
  })
  const asSuperuser = async <T>(name: string, run: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const sql = postgres(url('owner', name), { max: 1, onnotice: quiet })
    try {
      return await run(sql)
    } finally {
      await sql.end()
    }
  }
  /** Rows of each table, and what holds them. */
  const stateOf = (name: string) =>
    asSuperuser(name, async (sql) => {
      const tables = await sql<{ name: string }[]>`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND relname NOT IN ('migrations', 'hub_epoch', 'hub_backups') ORDER BY 1`
      const rows: Record<string, unknown> = {}
      for (const table of tables)
        rows[table.name] = (
          await sql`SELECT md5(coalesce(string_agg(t::text, ';' ORDER BY t::text), '')) AS sum, count(*) FROM ${sql(table.name)} AS t`
        )[0]
      const rules = await sql`SELECT conrelid::regclass::text AS of, conname, pg_get_constraintdef(oid) AS is FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`
      const forced = await sql`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity ORDER BY 1`
      return { rows, rules: [...rules], forced: [...forced] }
    })

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-copy-')
    chmodSync(dir, 0o711)
    file = join(dir, 'hub.backup')
    mkdirSync(join(dir, 'pg'), { mode: 0o711 })
    server = await startPostgres15(join(dir, 'pg'), { logs: false, roles: ['fairlead_owner', 'fairlead_work'] })
    await asSuperuser('postgres', async (sql) => {
      for (const name of ['a', 'b']) await sql.unsafe(`CREATE DATABASE ${name} OWNER fairlead_owner`)
    })
    for (const name of ['a', 'b']) mkdirSync(join(dir, name))
    const { dataDir } = configOf('a')
    const db = await openDatabase(configOf('a'))
    const seal = await openSeal({ db, dataDir, log: quiet, kek: undefined, kekOld: undefined, columns: [] })
    const metrics = await openMetricsStore(db, quiet)
    for (const organization of organizations) {
      const account = randomUUID()
      await db.tx({ organization, account }, async (sql) => {
        await sql`INSERT INTO accounts (id, email, name, password_hash) VALUES (${account}, ${`${account}@example.test`}, ${'Tab\t, line\n, \\N and "quotes"'}, 'x')`
        await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
        await sql`INSERT INTO memberships (organization_id, account_id) VALUES (${organization}, ${account})`
        await sql`INSERT INTO recovery_codes (account_id, code_hash) VALUES (${account}, ${randomBytes(32)})`
        await sql`INSERT INTO metrics SELECT ${organization}, 10, ${randomUUID()}, 'host', '', now() - n * interval '10 s', ARRAY[1], ARRAY[n], ARRAY[n]
          FROM generate_series(1, 2000) AS n`
      })
      const value = await seal.seal({ organization: '', table: 'totp', row: account, column: 'secret' }, Buffer.from('secret'))
      await db.tx({ account }, (sql) => sql`INSERT INTO totp (account_id, secret, last_step) VALUES (${account}, ${value}, 0)`)
    }
    await metrics.close()
    await seal.close()
    await db.close()
    writeFileSync(join(dataDir, 'hub-key.pem'), 'the key', { mode: 0o600 })
    mkdirSync(join(dataDir, 'audit'))
    writeFileSync(join(dataDir, 'audit/2026.gz'), 'rows')
  })
  after(async () => {
    await server?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const make = async (out = file) => {
    const owner = await openOwner(configOf('a'))
    try {
      const passphrase = 'five unrelated words'
      return await makeBackup(
        { owner: owner.sql, dataDir: join(dir, 'a'), hub: '0', kek: undefined, passphrase, withKey: true },
        createWriteStream(out),
      )
    } finally {
      await owner.close()
    }
  }
  const restoreInto = async (name: string, more: { readonly replace?: boolean; readonly file?: string } = {}) => {
    const owner = await openOwner(configOf(name), { alone: true })
    const input = { file, kek: undefined, passphrase: async () => 'five unrelated words', replace: false, ...more }
    try {
      return await restoreBackup({ ...input, owner: owner.sql, dataDir: join(dir, name) })
    } finally {
      await owner.close()
    }
  }

  it('has every row of every organization, though the rules hold its owner too, and lifts no rule for anybody else', async () => {
    const made = await make()
    assert.ok(made.rows > 4000, String(made.rows))
    const found = await asSuperuser(
      'a',
      (sql) => sql<{ for: string; to: string; using: string }[]>`SELECT DISTINCT polcmd::text AS for, polroles::regrole[]::text AS to,
        pg_get_expr(polqual, polrelid) AS using FROM pg_policy WHERE polname = 'owner_copies'`,
    )
    assert.deepEqual([...found], [{ for: 'r', to: '{fairlead_owner}', using: "(current_setting('app.copy'::text, true) = 'on'::text)" }])
    // Without saying that it copies, the owner is held as before; and the second time nothing is to be made.
    const owner = await openOwner(configOf('a'))
    assert.equal((await owner.sql`SELECT 1 FROM organizations`).length, 0)
    await owner.close()
    assert.equal((await make()).rows, made.rows)
  })

  it('comes back the same: rows, rules between tables, row-level security, files, the key', async () => {
    const before = await stateOf('a')
    const restored = await restoreInto('b')
    assert.equal(restored.withKey, true)
    assert.deepEqual(await stateOf('b'), before)
    for (const path of ['hub-key.pem', 'audit/2026.gz', 'kek'])
      assert.ok(readFileSync(join(dir, 'b', path)).equals(readFileSync(join(dir, 'a', path))), path)
    assert.equal(statSync(join(dir, 'b/kek')).mode & 0o777, 0o600)
    assert.equal(existsSync(join(dir, 'b/restoring')), false)
    const db = await openDatabase(configOf('b'))
    const seal = await openSeal({ db, dataDir: join(dir, 'b'), log: quiet, kek: undefined, kekOld: undefined, columns: [] })
    const [row] = await db.tx({}, (sql) => sql<{ account_id: string; secret: Buffer }[]>`SELECT account_id, secret FROM totp LIMIT 1`)
    assert.equal(
      String(await seal.open({ organization: '', table: 'totp', row: row!.account_id, column: 'secret' }, row!.secret)),
      'secret',
    )
    await seal.close()
    await db.close()
  })

  it('is another one each time it comes back, and once it is confirmed: what it sends is told apart by that [security 141]', async () => {
    mkdirSync(join(dir, 'identity'))
    const keys = openHubKeys(join(dir, 'identity'))
    const markOf = async () => {
      const db = await openDatabase(configOf('b'))
      const epochs = await openEpochs(db, keys, quiet)
      const { mark } = epochs
      epochs.close()
      await db.close()
      return mark
    }
    const restored = [await markOf(), await markOf()]
    await restoreInto('b', { replace: true })
    const again = await markOf()
    await asSuperuser('b', (sql) => sql.begin((tx) => confirmEpoch(tx, keys.current.identity)))
    const marks = [restored[0], again, await markOf(), '0']
    assert.equal(restored[0], restored[1])
    assert.equal(new Set(marks).size, 4, marks.join())
    await restoreInto('b', { replace: true })
  })

  it('goes over nobody’s hub unless that was said, and over half a restore without a word', async () => {
    const before = await stateOf('b')
    await assert.rejects(restoreInto('b'), { code: 'conflict', message: /2 accounts already.*--replace/ })
    assert.deepEqual(await stateOf('b'), before)
    await restoreInto('b', { replace: true })
    mkdirSync(join(dir, 'b/restoring'))
    assert.throws(() => refuseHalfRestored(join(dir, 'b')), { code: 'conflict', message: /cut off; run the same "restore" again/ })
    await restoreInto('b')
    refuseHalfRestored(join(dir, 'b'))
    assert.deepEqual(await stateOf('b'), before)
  })

  it('that is killed at any moment is run again, and ends as if nothing had been', { timeout: 90_000 }, async () => {
    const before = await stateOf('b')
    writeFileSync(join(dir, 'passphrase'), 'five unrelated words', { mode: 0o600 })
    const { databaseUrl, databaseOwnerUrl, dataDir } = configOf('b')
    const env = { DATABASE_URL: databaseUrl, DATABASE_OWNER_URL: databaseOwnerUrl, FAIRLEAD_DATA_DIR: dataDir }
    const args = ['restore', file, '--passphrase-file', join(dir, 'passphrase'), '--replace']
    for (const killAfterMs of [1200, 1800, 2600]) await hubCommand(args, { env, input: 'replace\n', killAfterMs })
    // Nobody but who types it replaces anything.
    assert.match((await hubCommand(args, { env, input: 'yes\n' })).err, /Nothing was changed/)
    const { code, err } = await hubCommand(args, { env, input: 'replace\n' })
    assert.equal(code, 0, err)
    assert.deepEqual(await stateOf('b'), before)
    refuseHalfRestored(dataDir)
  })

  it('that cannot be put back whole leaves all as it was', async () => {
    const before = await stateOf('b')
    // A rule that its rows break: found only as the last of them is in.
    const twice = join(dir, 'twice.backup')
    await asSuperuser('a', async (sql) => {
      await sql`ALTER TABLE memberships DISABLE TRIGGER ALL`
      await sql`INSERT INTO memberships (organization_id, account_id) VALUES (${organizations[0]!}, ${randomUUID()})`
    })
    await make(twice)
    await assert.rejects(restoreInto('b', { replace: true, file: twice }))
    assert.deepEqual(await stateOf('b'), before)
    // And one that the database says after the last row of a table.
    await asSuperuser('a', async (sql) => {
      await sql`ALTER TABLE hub_epoch DROP CONSTRAINT hub_epoch_pkey`
      await sql`INSERT INTO hub_epoch DEFAULT VALUES`
    })
    await make(twice)
    await assert.rejects(restoreInto('b', { replace: true, file: twice }))
    assert.deepEqual(await stateOf('b'), before)
    assert.equal(existsSync(join(dir, 'b/restoring')), false)
  })

  it('wants a passphrase when the key of the secrets goes along, and the key where it does not', async () => {
    const owner = await openOwner(configOf('a'))
    const input = { owner: owner.sql, dataDir: join(dir, 'a'), hub: '0', kek: undefined, passphrase: undefined }
    await assert.rejects(makeBackup({ ...input, withKey: true }, createWriteStream(join(dir, 'none'))), { code: 'invalid_input' })
    const closed = join(dir, 'closed.backup')
    await makeBackup({ ...input, withKey: false }, createWriteStream(closed))
    await owner.close()
    rmSync(join(dir, 'b/kek'))
    await assert.rejects(restoreInto('b', { replace: true, file: closed }), {
      message: /key of the secrets is not in this backup and not here/,
    })
  })
})
