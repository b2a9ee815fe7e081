import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { HostFacts } from '@fairlead/protocol/features/hosts.ts'
import type { Database } from '../base/db.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { createSightings } from './sightings.ts'

const factsOf = (hostname: string) => ({ hostname }) as HostFacts

describe('hosts that were seen', () => {
  const organization = randomUUID()
  const other = randomUUID()
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let transactions = 0
  let db: Database

  before(async () => {
    test = await openTestDatabase()
    db = {
      ...test.db,
      tx(...call) {
        transactions++
        return test.db.tx(...call)
      },
    }
    for (const id of [organization, other])
      await test.db.tx({ organization: id }, async (sql) => {
        await sql`INSERT INTO organizations (organization_id, name) VALUES (${id}, ${id})`
        await sql`INSERT INTO environments (organization_id, id, name) VALUES (${id}, ${id}, 'default')`
      })
  })
  after(() => test.close())

  async function enrol(of = organization): Promise<string> {
    const id = randomUUID()
    await test.db.tx(
      { organization: of },
      (sql) => sql`INSERT INTO hosts (organization_id, id, environment_id, public_key, name, last_loss)
        VALUES (${of}, ${id}, ${of}, ${randomBytes(32)}, ${id}, 'before')`,
    )
    return id
  }
  const stored = async (id: string, of = organization) =>
    (await test.db.tx({ organization: of }, (sql) => sql`SELECT facts, last_loss, last_seen_at FROM hosts WHERE id = ${id}`))[0]!

  it('stores a fleet that comes at once in few transactions, each host with its own, and leaves what was not told', async () => {
    const saw = createSightings(db)
    const ids = await Promise.all(Array.from({ length: 50 }, () => enrol()))
    const foreign = await enrol(other)
    transactions = 0
    await Promise.all([
      ...ids.map((id) => saw({ organization, id, facts: factsOf(id) })),
      saw({ organization: other, id: foreign, lastLoss: 'x'.repeat(600) }),
      saw({ organization, id: ids[1]!, lastLoss: 'cut' }),
    ])
    assert.ok(transactions <= 3, `${transactions} transactions`)
    for (const id of ids) {
      const { facts, last_loss: loss, last_seen_at: seen } = await stored(id)
      assert.deepEqual(facts, factsOf(id))
      assert.equal(loss, id === ids[1] ? 'cut' : 'before')
      assert.ok(Math.abs(Date.now() - (seen as Date).getTime()) < 60_000)
    }
    assert.equal((await stored(foreign, other))['last_loss'].length, 500)
  })

  it('refuses what no database takes to the one host that says it, and stores the others', async () => {
    const saw = createSightings(db)
    const [first, bad, good] = [await enrol(), await enrol(), await enrol()]
    const results = await Promise.allSettled([
      saw({ organization, id: first, facts: factsOf('first') }),
      saw({ organization, id: bad, facts: factsOf('nul \0') }),
      saw({ organization, id: good, facts: factsOf('good') }),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual((await stored(good))['facts'], factsOf('good'))
    assert.equal((await stored(bad))['facts'], null)
  })

  // A single host made a transaction of its own of each of the others, up to 500 at once.
  it('are stored together, whatever one of them says of itself', async () => {
    const saw = createSightings(db)
    const ids = await Promise.all(Array.from({ length: 30 }, () => enrol()))
    for (const hostname of ['nul \0', 'half \ud83d', '\\\0', 'half \udc00 a pair']) {
      transactions = 0
      const [bad, ...good] = await Promise.allSettled(
        ids.map((id, n) => saw({ organization, id, facts: factsOf(n === 0 ? hostname : 'a \\u0000 in letters, and 😀') })),
      )
      assert.equal(bad!.status, 'rejected')
      assert.ok(good.every(({ status }) => status === 'fulfilled'))
      assert.ok(transactions <= 2, `${transactions} transactions`)
    }
  })

  it('writes no host of another organization', async () => {
    const foreign = await enrol(other)
    await createSightings(db)({ organization, id: foreign, lastLoss: 'stolen' })
    assert.equal((await stored(foreign, other))['last_loss'], 'before')
  })

  it('tries one by one what the data of some host made fail, and nothing while the database is away', async () => {
    for (const [code, most] of [
      ['22003', 5],
      ['CONNECT_TIMEOUT', 2],
    ] as const) {
      const ids = [await enrol(), await enrol(), await enrol(), await enrol()]
      let asked = 0
      const failing: Database = {
        ...test.db,
        // The first goes alone; the three that come meanwhile go together.
        tx: (...call) => (++asked === 2 ? Promise.reject(Object.assign(new Error(code), { code })) : test.db.tx(...call)),
      }
      const saw = createSightings(failing)
      const results = await Promise.allSettled(ids.map((id) => saw({ organization, id, facts: factsOf(id) })))
      assert.equal(asked, most, code)
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, code === '22003' ? 4 : 1)
    }
  })
})
