import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockTimeout, migrate } from './migrate.ts'
import { openTestDatabase } from './testdb.ts'

describe('a migration beside a hub of the version before that goes on serving', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  const organization = randomUUID()
  const environment = randomUUID()
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-migrate-'))
  before(async () => {
    test = await openTestDatabase()
    await test.db.tx({ organization }, async (sql) => {
      await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
      await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${environment}, 'default')`
    })
    cpSync(join(import.meta.dirname, '../../migrations'), dir, { recursive: true })
  })
  after(async () => {
    await test?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('keeps nobody waiting behind a table that somebody reads for long, fails nothing, and is done when it can be [security 116]', async () => {
    assert.equal(lockTimeout, '5s')
    writeFileSync(
      join(dir, '9998-later.sql'),
      'ALTER TABLE hosts ADD COLUMN later text; CREATE INDEX hosts_later ON hosts (organization_id, later);',
    )
    const failures: unknown[] = []
    const over = new AbortController()
    let served = 0
    // What a hub does all the time, in the words of the version before.
    const serve = async () => {
      while (!over.signal.aborted) {
        const id = randomUUID()
        await test.db
          .tx({ organization }, async (sql) => {
            await sql`INSERT INTO hosts (organization_id, id, environment_id, public_key, name) VALUES (${organization}, ${id}, ${environment}, ${Buffer.from(id)}, ${id})`
            await sql`SELECT id, name, tags FROM hosts LIMIT 10`
          })
          .then(
            () => served++,
            (error: unknown) => failures.push(error),
          )
      }
    }
    let tries = 0
    let servedMeanwhile = 0
    const tried = Promise.withResolvers<void>()
    // A report: it has the table until somebody has seen that the migration let go of it and the hub got on.
    const reading = test.db.tx({ organization }, async (sql) => {
      await sql`SELECT count(*) FROM hosts`
      await tried.promise
      const before = served
      for (let n = 0; n < 200 && served < before + 20; n++) await sleep(10)
      servedMeanwhile = served - before
    })
    await sleep(100)
    const serving = [serve(), serve(), serve()]
    const log = () => {
      tries++
      tried.resolve()
    }
    // A second and more between tries: so long everybody has the table.
    const migrating = test.db.owner((sql) => migrate(sql, { dir, log, waits: '300ms', pauseMs: 1000 }))
    await Promise.race([migrating, tried.promise])
    tried.resolve()
    await Promise.all([reading, migrating])
    const before = served
    while (served < before + 20 && failures.length === 0) await sleep(5)
    over.abort()
    await Promise.all(serving)
    assert.deepEqual(failures, [])
    assert.ok(tries >= 1)
    assert.ok(servedMeanwhile >= 20, `${servedMeanwhile} served while the table was read`)
    const columns = await test.db.owner(
      (sql) => sql`SELECT 1 FROM information_schema.columns WHERE table_name = 'hosts' AND column_name = 'later'`,
    )
    assert.equal(columns.length, 1)
  })

  it('finds no statement that names no columns: one that is prepared would fail as soon as a table has another [security 116]', () => {
    const src = join(import.meta.dirname, '..')
    const sources = globSync('**/*.ts', { cwd: src }).filter((file) => !/\.test\.ts$|(^|\/)test/.test(file))
    assert.ok(sources.length > 100)
    const bad = sources.filter((file) => /\b(SELECT|RETURNING)\s+(\w+\.)?\*/i.test(readFileSync(join(src, file), 'utf8')))
    assert.deepEqual(bad, [])
  })

  it('that fails in its second half leaves nothing of its first', async () => {
    writeFileSync(join(dir, '9999-broken.sql'), 'CREATE TABLE half (id int); ALTER TABLE nowhere ADD COLUMN x int;')
    await assert.rejects(test.db.owner((sql) => migrate(sql, { dir })))
    const [found] = await test.db.owner((sql) => sql<{ half: string | null }[]>`SELECT to_regclass('half') AS half`)
    assert.equal(found!.half, null)
  })
})
