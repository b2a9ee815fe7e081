import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { openAudits, type Audits } from '../base/audit.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { serveRows } from './audit.ts'

describe('reading the trail', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let audits: Audits
  const organization = randomUUID()
  before(async () => {
    test = await openTestDatabase()
    audits = openAudits(test.db)
    await test.db.tx({ organization }, (sql) => sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`)
    const nothing = { host: '', hostName: '', code: '', ip: '', userAgent: '', trace: '', outcome: 'ok' as const, actor: 'a' }
    const who = { ...nothing, organization, actorName: 'Ada' }
    await audits.write({ ...who, verb: 'container.stop', target: 'c1', targetName: 'shop-web' })
    await audits.write({ ...who, verb: 'container.save_log', target: 'c1' })
    await audits.write({ ...who, verb: 'container.savexlog', target: 'c2' })
    await audits.write({ ...who, verb: 'host.update', target: 'container.stop' })
  })
  after(() => test?.close())

  const found = async (filter: string, verbs: string[] = []) => {
    const { list } = serveRows(test.db, audits)
    const { rows } = await list({ filter, verbs, limit: 100 }, { caller: { organization } } as never)
    return rows.map(({ seq }) => seq)
  }

  it('finds what a row says, the name of a thing included', async () => {
    assert.deepEqual(await found('SHOP-w'), [1])
    assert.deepEqual(await found('ada'), [4, 3, 2, 1])
  })

  it('finds rows of the verbs that the words stand for, and no others', async () => {
    assert.deepEqual(await found('enregistrer', ['container.save_log']), [2])
    assert.deepEqual(await found('arrêter', ['container.stop', 'host.update']), [4, 1])
    assert.deepEqual(await found('arrêter'), [])
  })

  it('finds rows by who did what, how it ended, where and when, and by nothing that merely says so', async () => {
    const { list } = serveRows(test.db, audits)
    const by = async (fits: object) =>
      (await list({ filter: '', verbs: [], limit: 100, ...fits }, { caller: { organization } } as never)).rows.map(({ seq }) => seq)
    assert.deepEqual(await by({ verb: 'container.stop' }), [1])
    assert.deepEqual(await by({ actor: 'a' }), [4, 3, 2, 1])
    assert.deepEqual(await by({ actor: 'b' }), [])
    assert.deepEqual(await by({ actor: 'a', verb: 'host.update', outcome: 'ok' }), [4])
    assert.deepEqual(await by({ outcome: 'refused' }), [])
    assert.deepEqual(await by({ actor: 'a","verb":"host.update' }), [])
    assert.deepEqual(await by({ host: '' }), [4, 3, 2, 1])
    assert.deepEqual(await by({ untilMs: Date.now() - 3_600_000 }), [])
    assert.deepEqual(await by({ sinceMs: Date.now() - 3_600_000 }), [4, 3, 2, 1])
  })
})
