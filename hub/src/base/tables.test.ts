import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import type * as Core from 'drizzle-orm/pg-core'
import { codeOf } from '@fairlead/protocol/errors.ts'
import * as accountTables from '../accounts/tables.ts'
import * as approvalTables from '../approvals/tables.ts'
import * as factorTables from '../factors/tables.ts'
import * as identityTables from '../identities/tables.ts'
import * as loginTables from '../logins/tables.ts'
import * as roleTables from '../roles/tables.ts'
import * as ruleTables from '../rules/tables.ts'
import * as scimTables from '../scim/tables.ts'
import * as secretTables from '../secrets/tables.ts'
import * as tokenTables from '../tokens/tables.ts'
import * as updateTables from '../updates/tables.ts'
import { eq } from './drizzle.ts'
import * as baseTables from './tables.ts'
import { openTestDatabase } from './testdb.ts'

const { getTableConfig } = createRequire(import.meta.url)('drizzle-orm/pg-core') as typeof Core

describe('the typed tables', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  before(async () => void (test = await openTestDatabase()))
  after(() => test.close())

  it('are those that the migrations made: every column with its type, and whether it may be empty', async () => {
    for (const table of Object.values({
      ...accountTables,
      ...approvalTables,
      ...baseTables,
      ...factorTables,
      ...identityTables,
      ...loginTables,
      ...roleTables,
      ...ruleTables,
      ...scimTables,
      ...secretTables,
      ...tokenTables,
      ...updateTables,
    })) {
      const { name, columns } = getTableConfig(table)
      const real = await test.db.owner(
        (sql) => sql<{ name: string; type: string; not_null: boolean }[]>`
          SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null
          FROM pg_attribute WHERE attrelid = ${name}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      )
      assert.deepEqual(
        columns.map((column) => ({ name: column.name, type: column.getSQLType(), not_null: column.notNull })),
        real.map(({ type, ...rest }) => ({ ...rest, type })),
        name,
      )
    }
  })

  it('give and take every kind of value unchanged, and see one organization only [security 107]', async () => {
    const { organizations, environments, hosts } = baseTables
    const [here, elsewhere, environment, id] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    const at = new Date('2026-02-03T04:05:06.789Z')
    const facts = { hostname: `O'Hara "x" \\`, engine: { up: false } } as never
    const host = {
      organizationId: here,
      id,
      environmentId: environment,
      publicKey: Buffer.from([0, 255, 39]),
      name: "'; --",
      facts,
      hubKey: 2 ** 41,
    }
    await test.db.tx({ organization: here }, async (_sql, orm) => {
      await orm.insert(organizations).values({ organizationId: here, name: 'here' })
      await orm.insert(environments).values({ organizationId: here, id: environment, name: 'default' })
      await orm.insert(hosts).values({ ...host, tags: ['a,b', '"c"', '{}', ''], lastSeenAt: at })
    })
    const [row] = await test.db.tx({ organization: here }, (_sql, orm) => orm.select().from(hosts))
    assert.deepEqual(
      { ...row, enrolledAt: null },
      { ...host, tags: ['a,b', '"c"', '{}', ''], lastSeenAt: at, enrolledAt: null, lastLoss: '', revokedAt: null, quarantinedAt: null },
    )
    assert.deepEqual(await test.db.tx({ organization: elsewhere }, (_sql, orm) => orm.select().from(hosts)), [])
    assert.deepEqual(await test.db.tx({}, (_sql, orm) => orm.select().from(hosts)), [])
  })

  it('say what went wrong by the same codes', async () => {
    const organizationId = randomUUID()
    const twice = test.db.tx({ organization: organizationId }, async (_sql, orm) => {
      for (let i = 0; i < 2; i++) await orm.insert(baseTables.organizations).values({ organizationId, name: 'twice' })
    })
    await assert.rejects(twice, (error) => codeOf(error) === 'conflict')
    const wrong = test.db.tx({}, (_sql, orm) => orm.select().from(baseTables.hosts).where(eq(baseTables.hosts.id, 'a canary')))
    await assert.rejects(wrong, (error: Error) => !error.message.includes('Failed query') && !String(error.stack).includes('params'))
  })
})
