import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { startPgBouncer, startPostgres15 } from '../../../e2e/fleet/postgres.ts'
import { need } from '../../../e2e/need.ts'
import { openDatabase, type Database } from './db.ts'
import { eq, type Orm } from './drizzle.ts'
import { environments, hosts, organizations, teams } from './tables.ts'

const connections = 4

/** Ends a transaction as if it had failed, with what it found out. */
class Undone extends Error {
  readonly found: unknown
  constructor(found: unknown) {
    super('undone')
    this.found = found
  }
}

// As in a large installation: PostgreSQL behind a pooler that gives each transaction whatever connection is free.
describe('organizations in one database behind a pooler', need('postgres15', 'pgbouncer'), () => {
  let dir: string
  let database: Awaited<ReturnType<typeof startPostgres15>>
  let pool: Awaited<ReturnType<typeof startPgBouncer>>
  let db: Database

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-tenants-')
    chmodSync(dir, 0o711)
    database = await startPostgres15(dir, { logs: false, roles: ['fairlead_work'] })
    const owner = database.url('owner')
    pool = await startPgBouncer(dir, database, { users: ['fairlead_work'], connections })
    db = await openDatabase({ databaseUrl: pool.url('fairlead_work'), databaseOwnerUrl: owner, dataDir: dir })
  })
  after(async () => {
    await db?.close()
    await pool?.stop()
    await database?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const make = async (name: string) => {
    const organization = randomUUID()
    await db.tx({ organization }, async (_sql, orm) => {
      await orm.insert(organizations).values({ organizationId: organization, name })
      await orm.insert(environments).values({ organizationId: organization, id: randomUUID(), name: 'default' })
    })
    return organization
  }

  it('keep statements prepared where the database itself answers, and nowhere behind the pooler', async () => {
    const prepared = (on: Database) =>
      on.tx({}, async (sql) => {
        await sql`SELECT ${'asked with a value'}::text`
        return (await sql`SELECT 1 FROM pg_prepared_statements`).length
      })
    const direct = await openDatabase({ databaseUrl: database.url('fairlead_work'), databaseOwnerUrl: database.url('owner'), dataDir: dir })
    try {
      assert.notEqual(await prepared(direct), 0)
      assert.equal(await prepared(db), 0)
    } finally {
      await direct.close()
    }
  })

  it('carry nothing over on a connection: a thousand transactions of fifty, every third one failing, and none sees another’s [security 111]', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => make(`o${n}`)))
    let mixed = 0
    await Promise.all(
      Array.from({ length: 1000 }, async (_, n) => {
        const organization = all[n % all.length]!
        const work = db.tx({ organization }, async (_sql, orm) => {
          await orm.insert(teams).values({ organizationId: organization, id: randomUUID(), name: `t${n}` })
          const seen = [
            await orm.select().from(organizations),
            await orm.select().from(environments),
            await orm.select().from(teams),
          ].flat()
          if (seen.some(({ organizationId }) => organizationId !== organization)) mixed++
          if (n % 3 === 0) throw new Undone(undefined)
        })
        await work.catch((error: unknown) => assert.ok(error instanceof Undone, String(error)))
        // What no organization was set for shows nothing, on whichever connection.
        if ((await db.tx({}, (_sql, orm) => orm.select().from(teams))).length > 0) mixed++
      }),
    )
    assert.equal(mixed, 0)
  })

  it(
    'notice nothing of one another: the same answers and the same errors, whatever another one holds [security 110]',
    { timeout: 240_000 },
    async () => {
      const [mine, theirs] = [await make('mine'), await make('theirs')]
      const ids = Array.from({ length: 4 }, () => randomUUID())
      const names = ['a', 'b', 'A']
      const [home] = await db.tx({ organization: mine }, (_sql, orm) => orm.select().from(environments))
      const [away] = await db.tx({ organization: theirs }, (_sql, orm) => orm.select().from(environments))
      const act = actsOn(mine, home!.id)
      const furnish = actsOn(theirs, away!.id)
      const acts = fc.record({ what: fc.constantFrom(...Object.keys(act)), id: fc.constantFrom(...ids), name: fc.constantFrom(...names) })

      /** What comes of it; nothing of it stays. */
      const look = async ({ what, id, name }: { readonly what: string; readonly id: string; readonly name: string }) => {
        try {
          await db.tx({ organization: mine }, async (_sql, orm) => {
            throw new Undone(await act[what]!(orm, id, name))
          })
        } catch (error) {
          return error instanceof Undone ? JSON.stringify(error.found) : codeOf(error)
        }
        return assert.fail('it is always undone')
      }
      let conflicts = 0
      await fc.assert(
        fc.asyncProperty(acts, acts, async (asked, done) => {
          const before = await look(asked)
          await db.tx({ organization: theirs }, (_sql, orm) => furnish[done.what]!(orm, done.id, done.name)).catch(() => conflicts++)
          assert.equal(await look(asked), before)
        }),
        { numRuns: 2000 },
      )
      assert.ok(conflicts > 100, 'the other one was furnished with much')
    },
  )
})

type Act = (orm: Orm, id: string, name: string) => Promise<unknown>

/** What an organization does with ids and names that another one may have as well. */
function actsOn(organizationId: string, environmentId: string): Readonly<Record<string, Act>> {
  const host = (id: string, name: string) => ({ organizationId, id, environmentId, publicKey: Buffer.from(name), name })
  const counted = async (rows: Promise<readonly unknown[]>) => (await rows).length
  return {
    addTeam: (orm, id, name) => counted(orm.insert(teams).values({ organizationId, id, name }).returning()),
    addHost: (orm, id, name) => counted(orm.insert(hosts).values(host(id, name)).returning()),
    addEnvironment: (orm, id, name) => counted(orm.insert(environments).values({ organizationId, id, name }).returning()),
    renameTeam: (orm, id, name) => counted(orm.update(teams).set({ name }).where(eq(teams.id, id)).returning()),
    dropTeam: (orm, id) => counted(orm.delete(teams).where(eq(teams.id, id)).returning()),
    dropHost: (orm, id) => counted(orm.delete(hosts).where(eq(hosts.id, id)).returning()),
    readTeams: (orm) => orm.select().from(teams),
    readHosts: (orm) => orm.select().from(hosts),
    // A host in somebody else's environment: the key is of both.
    strayHost: (orm, id, name) =>
      counted(
        orm
          .insert(hosts)
          .values({ ...host(id, name), environmentId: id })
          .returning(),
      ),
    countAll: (orm) => orm.$count(environments),
  }
}
