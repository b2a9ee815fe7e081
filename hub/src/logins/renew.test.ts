import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { until } from '../../../e2e/fleet/until.ts'
import { nobody, type Caller } from '../base/access.ts'
import { eq } from '../base/drizzle.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { makeOrganization, makeOwner } from './accounts.ts'
import { usualLives } from './held.ts'
import { createRenewal } from './renew.ts'
import { logins } from './tables.ts'
import { visitOf } from './test-visit.ts'

const owner = { code: '', name: 'Odile', email: 'odile@harbour.example', password: 'seven gulls over slate', organization: 'Slateport' }

describe('a login that goes from one organization to another', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  before(async () => {
    test = await openTestDatabase()
  })
  after(() => test.close())

  it('is not on its way while all others of its account are ended [security 83]', async () => {
    // Once it was taken out of the one before it was put into the other: whoever stole a login kept it by going to and fro.
    const { db } = test
    const { account, organization: from } = await makeOwner(db, { ...owner, language: 'en' })
    const to = await makeOrganization(db, account, 'Second')
    const tokenHash = digestOf(secretOf('stolen'))
    const life = { expiresAt: new Date(Date.now() + 3_600_000), idleMinutes: 60, grace: false, ip: '', userAgent: '' }
    const row = { organizationId: from, tokenHash, accountId: account, factor: 'password' as const, ...life }
    await db.tx({ organization: from }, (_sql, orm) => orm.insert(logins).values(row))

    let ending: Promise<unknown> | undefined
    let ended = false
    const waits = () => db.owner(async (sql) => (await sql`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`).length > 0)
    const renewal = createRenewal(
      db,
      (login) => login,
      // Asked in the middle of the way.
      async (orm) => {
        ending ??= renewal.endSome(account, { but: 'ff' }).then(() => (ended = true))
        await until(async () => ended || (await waits()))
        return usualLives(orm)
      },
    )
    const caller: Caller = { ...nobody('192.0.2.1', 'test', 't'), account, organization: from, login: tokenHash.toString('hex') }
    await renewal.enter(caller, to, visitOf(caller).context)
    await ending
    for (const organization of [from, to]) {
      const left = await db.tx({ organization }, (_sql, orm) => orm.select().from(logins).where(eq(logins.accountId, account)))
      assert.equal(left.length, 0)
    }
  })
})
