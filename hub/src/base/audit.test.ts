import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { openTrailKey, trailKeyColumn, type TrailKey } from '../audit/trail-key.ts'
import { verifyTable } from '../audit/verify.ts'
import { openAudits, type AuditEntry, type Audits } from './audit.ts'
import { openTestDatabase } from './testdb.ts'
import { openTestSeal } from './testseal.ts'

describe('the audit trail', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let sealed: Awaited<ReturnType<typeof openTestSeal>>
  let audits: Audits
  let key: TrailKey
  before(async () => {
    test = await openTestDatabase()
    sealed = await openTestSeal(test.db, [trailKeyColumn])
    audits = openAudits(test.db)
    key = await openTrailKey(test.db, sealed.seal)
  })
  after(async () => {
    await sealed?.close()
    await test.close()
  })
  const verify = async (organization: string) => {
    const { rows, ok, brokenAt } = await verifyTable(test.db, key, organization)
    return ok ? { rows, ok } : { ok, brokenAt }
  }

  const entry = (organization: string, target: string): AuditEntry => {
    const nothing = { host: '', hostName: '', code: '', ip: '', userAgent: '', trace: '' }
    return { ...nothing, organization, verb: 'host.update', outcome: 'ok', actor: 'a', actorName: 'A', target }
  }

  async function filled(rows: number): Promise<string> {
    const organization = randomUUID()
    await test.db.tx({ organization }, (sql) => sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`)
    await Promise.all(Array.from({ length: rows }, (_, index) => audits.write(entry(organization, `t${index}`))))
    return organization
  }

  it('is one chain whoever writes at once, also from two hubs [security 135]', async () => {
    const organization = await filled(0)
    const other = openAudits(test.db)
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? audits : other).write(entry(organization, `t${index}`))),
    )
    assert.deepEqual(await verify(organization), { rows: 1000, ok: true })
    const rows = await test.db.tx({ organization }, (sql) => sql<{ target: string }[]>`SELECT body::json->>'target' AS target FROM audit`)
    assert.equal(new Set(rows.map(({ target }) => target)).size, 1000)
  })

  it('cannot be changed or shortened by the role that the hub works as [security 135]', async () => {
    const organization = await filled(3)
    const denied = (error: { code?: string }) => error.code === '42501'
    await assert.rejects(
      test.db.tx({ organization }, (sql) => sql`UPDATE audit SET body = '{}'`),
      denied,
    )
    await assert.rejects(
      test.db.tx({ organization }, (sql) => sql`DELETE FROM audit`),
      denied,
    )
    await assert.rejects(
      test.db.tx({ organization }, (sql) => sql`TRUNCATE audit`),
      denied,
    )
    assert.deepEqual(await verify(organization), { rows: 3, ok: true })
  })

  // Whoever owns the database can write what they like; the chain tells where it stops being true.
  const forgeries: readonly (readonly [string, number, (organization: string) => Promise<unknown>])[] = [
    [
      'an edited row',
      5,
      (id) => asOwner((sql) => sql`UPDATE audit SET body = replace(body, '"t4"', '"t9"') WHERE organization_id = ${id} AND seq = 5`),
    ],
    ['a row that was taken out', 4, (id) => asOwner((sql) => sql`DELETE FROM audit WHERE organization_id = ${id} AND seq = 4`)],
    [
      'a row that was put in',
      11,
      (id) =>
        asOwner(
          (sql) => sql`INSERT INTO audit SELECT organization_id, 11, at, body, hash FROM audit WHERE organization_id = ${id} AND seq = 10`,
        ),
    ],
    [
      'two rows that changed places',
      2,
      (id) =>
        asOwner(
          (sql) => sql`UPDATE audit SET body = other.body, hash = other.hash FROM audit AS other
            WHERE audit.organization_id = ${id} AND other.organization_id = ${id} AND audit.seq IN (2, 3) AND other.seq = 5 - audit.seq`,
        ),
    ],
  ]
  const asOwner = (run: Parameters<typeof test.db.owner>[0]) =>
    test.db.owner(async (sql) => {
      await sql`ALTER TABLE audit NO FORCE ROW LEVEL SECURITY`
      await run(sql)
      await sql`ALTER TABLE audit FORCE ROW LEVEL SECURITY`
    })
  for (const [title, brokenAt, forge] of forgeries)
    it(`tells where ${title} broke it [security 135]`, async () => {
      const organization = await filled(10)
      await forge(organization)
      assert.deepEqual(await verify(organization), { ok: false, brokenAt })
    })
})
