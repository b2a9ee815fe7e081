import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import postgres, { type Sql } from 'postgres'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { openDatabase, type Database } from './db.ts'
import { startPostgres } from './postgres.ts'
import { openTestDatabase } from './testdb.ts'

const [here, elsewhere] = [randomUUID(), randomUUID()]
const tables = ['organizations', 'environments', 'memberships', 'logins', 'hosts', 'invitations', 'audit', 'metrics']

async function fill(db: Database): Promise<void> {
  for (const organization of [here, elsewhere])
    await db.tx({ organization }, async (sql) => {
      const [environment, account, host] = [randomUUID(), randomUUID(), randomUUID()]
      await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
      await sql`INSERT INTO accounts (id, email, name, password_hash) VALUES (${account}, ${account}, 'one', '')`
      await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${environment}, 'default')`
      await sql`INSERT INTO memberships (organization_id, account_id) VALUES (${organization}, ${account})`
      await sql`INSERT INTO logins (organization_id, token_hash, account_id, expires_at) VALUES (${organization}, ${Buffer.from(account)}, ${account}, now())`
      await sql`INSERT INTO hosts (organization_id, id, environment_id, public_key, name) VALUES (${organization}, ${host}, ${environment}, ${Buffer.from(host)}, 'web')`
      await sql`INSERT INTO invitations (organization_id, id, environment_id, secret_hash, expires_at) VALUES (${organization}, ${host}, ${environment}, ${Buffer.from(host)}, now())`
      await sql`INSERT INTO audit (organization_id, seq, at, body, hash) VALUES (${organization}, 1, now(), '', '')`
    })
}

describe('the database', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  before(async () => {
    test = await openTestDatabase()
    await fill(test.db)
  })
  after(() => test.close())

  const count = (shown: object, table: string) => test.db.tx(shown, async (sql) => (await sql`SELECT 1 FROM ${sql(table)}`).length)

  it('shows no row of any organization while none is set, also on a connection that had one [security 107]', async () => {
    for (const table of tables) {
      assert.equal(await count({ organization: here }, table), table === 'metrics' ? 0 : 1, table)
      assert.equal(await count({}, table), 0, table)
    }
  })

  it('refuses an organization that is no id, instead of showing all [security 107]', async () => {
    await assert.rejects(count({ organization: "' OR true --" }, 'hosts'), (error: { code: string }) => error.code === '22P02')
  })

  it('changes nothing of another organization, and puts nothing there', async () => {
    const changed = await test.db.tx(
      { organization: here },
      (sql) => sql`UPDATE hosts SET name = 'stolen' WHERE organization_id = ${elsewhere}`,
    )
    assert.equal(changed.count, 0)
    await assert.rejects(
      test.db.tx(
        { organization: here },
        (sql) => sql`INSERT INTO audit (organization_id, seq, at, body, hash) VALUES (${elsewhere}, 2, now(), '', '')`,
      ),
      (error: { code: string }) => error.code === '42501',
    )
    await assert.rejects(
      test.db.tx({ organization: here }, (sql) => sql`UPDATE hosts SET organization_id = ${elsewhere}`),
      (error: { code: string }) => error.code === '42501' || error.code === '23503',
    )
  })

  it('has no role behind its own to go back to: whatever a statement sets, the wall stands [security 115]', async () => {
    const roles = await test.db.owner((sql) => sql<{ name: string }[]>`SELECT rolname AS name FROM pg_roles`)
    assert.ok(roles.length > 5)
    for (const { name } of roles.filter((role) => role.name !== 'fairlead_work')) {
      for (const [kind, text] of [
        ['role', `SET ROLE "${name}"`],
        ['session', `SET SESSION AUTHORIZATION "${name}"`],
      ] as const)
        await assert.rejects(
          test.db.tx({ organization: here }, (sql) => sql.unsafe(text)),
          { code: '42501' },
          `${kind} ${name}`,
        )
    }
    for (const text of ['RESET ROLE', 'RESET SESSION AUTHORIZATION', 'SET ROLE NONE', 'RESET ALL', 'SET row_security = off']) {
      const seen = test.db.tx({ organization: here }, async (sql) => {
        await sql.unsafe(text)
        return [...(await sql`SELECT current_user AS name, session_user AS session, count(*)::int FROM hosts`)]
      })
      // With row_security off PostgreSQL refuses the question rather than answer it unfiltered.
      const rows = await seen.catch((error: { code: string }) => error.code)
      if (text === 'SET row_security = off') assert.equal(rows, '42501')
      else {
        const [found] = Array.isArray(rows) ? rows : []
        assert.deepEqual([found?.['name'], found?.['session']], ['fairlead_work', 'fairlead_work'], text)
        // Who forgets the organization sees none.
        assert.equal(found?.['count'], text === 'RESET ALL' ? 0 : 1, text)
      }
    }
  })

  it('leaves nothing of a transaction that failed', async () => {
    await assert.rejects(
      test.db.tx({ organization: here }, async (sql) => {
        await sql`UPDATE hosts SET name = 'half'`
        throw new Error('and then')
      }),
      /and then/,
    )
    assert.deepEqual([...(await test.db.tx({ organization: here }, (sql) => sql`SELECT name FROM hosts`))], [{ name: 'web' }])
  })

  it('does anew what had to give way to another that waited for it', async () => {
    const [one, other] = [randomUUID(), randomUUID()]
    for (const organization of [one, other])
      await test.db.tx({ organization }, (sql) => sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'x')`)
    let began = 0
    let meet!: () => void
    const both = new Promise<void>((resolve) => (meet = resolve))
    const rename = (first: string, second: string) =>
      test.db.tx({ organization: first }, async (sql) => {
        await sql`UPDATE organizations SET name = 'y' WHERE organization_id = ${first}`
        if (++began === 2) meet()
        await both
        await sql`SELECT set_config('app.organization', ${second}, true)`
        await sql`UPDATE organizations SET name = 'z' WHERE organization_id = ${second}`
      })
    await Promise.all([rename(one, other), rename(other, one)])
    // Once more where the one that was undone is back before the other one woke.
    assert.ok(began === 3 || began === 4, String(began))
  })

  /** Ends the connection of a transaction from outside, as the death of the database does, and waits until it is told. */
  async function cut(work: Promise<unknown>, pid: number): Promise<void> {
    const told = assert.rejects(work, (error) => codeOf(error) === 'bad_upstream')
    await test.db.owner((sql) => sql`SELECT pg_terminate_backend(${pid})`)
    await told
  }

  it('lives on when its connection is lost in a transaction, and does nothing more of it, there or in another [security 107]', async () => {
    for (const waits of ['within', 'between'] as const) {
      const [begun, goOn] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()]
      let late: Promise<unknown> | undefined
      const work = test.db.tx({ organization: here }, async (sql) => {
        begun.resolve((await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`)[0]!.pid)
        if (waits === 'within') await sql`SELECT pg_sleep(30)`
        await goOn.promise
        await (late = sql`UPDATE hosts SET name = 'late'`)
      })
      await cut(work, await begun.promise)
      // Every connection there may be is somebody else's now, in the middle of a transaction.
      let inside = 0
      const all = Promise.withResolvers<void>()
      const others = Array.from({ length: 10 }, () =>
        test.db.tx({ organization: elsewhere }, async (sql) => {
          await sql`SELECT 1`
          if (++inside === 10) all.resolve()
          await all.promise
          goOn.resolve()
          await sql`SELECT pg_sleep(0.1)`
        }),
      )
      await Promise.all(others)
      if (waits === 'between') await assert.rejects(late!, { code: 'CONNECTION_CLOSED' })
      for (const organization of [here, elsewhere])
        assert.equal(await test.db.tx({ organization }, async (sql) => (await sql`SELECT 1 FROM hosts WHERE name = 'late'`).length), 0)
    }
  })

  it('says conflict for what exists already, by its code', async () => {
    const again = test.db.tx(
      { organization: here },
      (sql) => sql`INSERT INTO organizations (organization_id, name) VALUES (${here}, 'two')`,
    )
    await assert.rejects(again, (error) => codeOf(error) === 'conflict')
  })
})

describe('opening the database', () => {
  interface Server {
    readonly dir: string
    readonly url: (user: string, password: string) => string
    readonly superuser: string
  }

  /** An own PostgreSQL, reached over TCP as one of the settings would be. */
  async function on(run: (server: Server) => Promise<void>): Promise<void> {
    const dir = mkdtempSync('/var/tmp/fairlead-test-')
    chmodSync(dir, 0o711)
    const { socketDir, user, password, stop } = await startPostgres(join(dir, 'postgres'), { fsync: false })
    const relay = createServer((socket) => {
      const inner = connect(join(socketDir, '.s.PGSQL.5432'))
      socket
        .on('error', () => inner.destroy())
        .pipe(inner)
        .on('error', () => socket.destroy())
        .pipe(socket)
    }).listen(0, '127.0.0.1')
    await once(relay, 'listening')
    const url = (user: string, password: string) =>
      `postgres://${user}:${password}@127.0.0.1:${(relay.address() as AddressInfo).port}/postgres`
    try {
      await run({ dir, url, superuser: url(user, password) })
    } finally {
      relay.close()
      await stop()
      rmSync(dir, { recursive: true, force: true })
    }
  }

  async function asOwner<T>(url: string, run: (sql: Sql) => Promise<T>): Promise<T> {
    const sql = postgres(url, { max: 1, onnotice: () => undefined })
    try {
      return await run(sql)
    } finally {
      await sql.end()
    }
  }

  const tablesOf = (url: string) =>
    asOwner(url, async (sql) => (await sql`SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace`).length)

  it('refuses roles that row-level security does not hold, before it changes anything [security 105]', async () => {
    await on(async ({ dir, url, superuser }) => {
      await asOwner(superuser, async (sql) => {
        await sql`CREATE ROLE owner LOGIN PASSWORD 'owner' CREATEROLE`
        await sql`CREATE ROLE passer LOGIN PASSWORD 'passer' BYPASSRLS`
        await sql`CREATE ROLE climber LOGIN PASSWORD 'climber' NOINHERIT IN ROLE passer`
        await sql`CREATE ROLE friend LOGIN PASSWORD 'friend' NOINHERIT IN ROLE owner`
      })
      const open = (user: string) => openDatabase({ databaseUrl: url(user, user), databaseOwnerUrl: url('owner', 'owner'), dataDir: dir })
      await assert.rejects(
        openDatabase({ databaseUrl: superuser, databaseOwnerUrl: superuser, dataDir: dir }),
        /role fairlead: it may pass by/,
      )
      await assert.rejects(open('passer'), /role passer: it may pass by row-level security/)
      await assert.rejects(open('climber'), /role climber: it may pass by row-level security/)
      await assert.rejects(open('owner'), /role owner: it owns the tables/)
      await assert.rejects(open('friend'), /role friend: it owns the tables/)
      assert.equal(await tablesOf(superuser), 0)
    })
  })

  it('migrates as the owner and works as the other role', async () => {
    await on(async ({ dir, url, superuser }) => {
      await asOwner(superuser, async (sql) => {
        await sql`CREATE ROLE owner LOGIN PASSWORD 'owner'`
        await sql`GRANT CREATE ON SCHEMA public TO owner`
        await sql`CREATE ROLE fairlead_work LOGIN PASSWORD 'work'`
      })
      const config = { databaseUrl: url('fairlead_work', 'work'), databaseOwnerUrl: url('owner', 'owner'), dataDir: dir }
      const db = await openDatabase(config)
      await fill(db)
      assert.equal(await db.tx({ organization: here }, async (sql) => (await sql`SELECT 1 FROM hosts`).length), 1)
      await db.close()
      const again = await openDatabase(config)
      assert.equal(await again.tx({ organization: here }, async (sql) => (await sql`SELECT 1 FROM hosts`).length), 1)
      await again.close()
    })
  })

  it('refuses migrations that were changed after they ran, and those of a newer hub', async () => {
    await on(async ({ dir, url, superuser }) => {
      await asOwner(superuser, (sql) => sql`CREATE ROLE fairlead_work LOGIN PASSWORD 'work'`)
      const config = { databaseUrl: url('fairlead_work', 'work'), databaseOwnerUrl: superuser, dataDir: dir }
      await (await openDatabase(config)).close()
      await asOwner(superuser, (sql) => sql`INSERT INTO migrations (name, sha256) VALUES ('9999-later.sql', '')`)
      await assert.rejects(openDatabase(config), /a newer hub \(it has the migration 9999-later.sql\)/)
      await asOwner(superuser, async (sql) => {
        await sql`DELETE FROM migrations WHERE name = '9999-later.sql'`
        await sql`UPDATE migrations SET sha256 = 'other' WHERE name = '0001-base.sql'`
      })
      await assert.rejects(openDatabase(config), /0001-base.sql was changed after it ran/)
    })
  })

  it('lets hubs that start together migrate once', async () => {
    await on(async ({ dir, url, superuser }) => {
      await asOwner(superuser, (sql) => sql`CREATE ROLE fairlead_work LOGIN PASSWORD 'work'`)
      const config = { databaseUrl: url('fairlead_work', 'work'), databaseOwnerUrl: superuser, dataDir: dir }
      const hubs = await Promise.all([openDatabase(config), openDatabase(config), openDatabase(config)])
      await Promise.all(hubs.map((db) => db.close()))
    })
  })
})
