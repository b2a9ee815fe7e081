import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { openTestDatabase } from '../base/testdb.ts'
import { createRatchet, type Ratchet } from './ratchet.ts'

const organization = randomUUID()
const environment = randomUUID()
const stale = { stale: true }

describe('the generations of a host', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let ratchet: Ratchet
  let transactions = 0
  let id = ''

  before(async () => {
    test = await openTestDatabase()
    await test.db.tx({ organization }, async (sql) => {
      await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
      await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${environment}, 'default')`
    })
    ratchet = createRatchet({
      ...test.db,
      tx(shown, run) {
        transactions++
        return test.db.tx(shown, run)
      },
    })
  })
  after(() => test.close())
  beforeEach(async () => (id = await addHost()))

  async function addHost(): Promise<string> {
    const host = randomUUID()
    await test.db.tx(
      { organization },
      (sql) => sql`INSERT INTO hosts (organization_id, id, environment_id, public_key, name)
        VALUES (${organization}, ${host}, ${environment}, ${Buffer.from(host)}, ${host})`,
    )
    return host
  }
  async function next(shown: string, host = id): Promise<string> {
    const turn = await ratchet.turn({ organization, id: host, shown })
    assert.equal(turn.stale, false)
    return turn.stale ? '' : turn.next
  }
  const turn = (shown: string | undefined) => ratchet.turn({ organization, id, shown })

  it('differ each time: a count that rises, and random bytes', async () => {
    const all = [await next('')]
    for (let n = 0; n < 5; n++) all.push(await next(all.at(-1)!))
    assert.deepEqual(
      all.map((one) => one.split('.')[0]),
      ['1', '2', '3', '4', '5', '6'],
    )
    assert.equal(new Set(all.map((one) => one.split('.')[1])).size, 6)
    for (const one of all) assert.match(one, /^\d+\.[0-9a-f]{32}$/)
  })

  it('are good as the one that was kept and the one that was handed out last, and no others [security 36]', async () => {
    const first = await next('')
    const second = await next(first)
    await ratchet.kept({ organization, id, shown: first, generation: second })
    assert.deepEqual(await turn(first), stale)
    assert.deepEqual(await turn(''), stale)
    assert.deepEqual(await turn(`2.${'0'.repeat(32)}`), stale)
    const third = await next(second)
    assert.deepEqual(await turn(first), stale)
    // Not confirmed: it may be on the disk or not.
    const again = await next(second)
    assert.deepEqual(await turn(third), stale)
    await next(again)
    assert.deepEqual(await turn(second), stale)
  })

  it('that were not handed out last are confirmed by nobody', async () => {
    const first = await next('')
    const second = await next(first)
    await ratchet.kept({ organization, id, shown: '', generation: first })
    // Late words change nothing: the second may never have reached the disk.
    await next(first)
    assert.deepEqual(await turn(second), stale)
  })

  // An agent gave a try up and came again; the hub was slow, and turned the first try after the second. The host was quarantined.
  it('are good as the one that was kept, though a try that was given up is handed another meanwhile', async () => {
    const first = await next('')
    await ratchet.kept({ organization, id, shown: '', generation: first })
    const second = await next(first)
    const late = await next(first)
    await ratchet.kept({ organization, id, shown: first, generation: second })
    const third = await next(second)
    assert.deepEqual(await turn(late), stale)
    assert.deepEqual(await turn(first), stale)
    await ratchet.kept({ organization, id, shown: second, generation: third })
    assert.deepEqual(await turn(second), stale)
  })

  it('are not asked of an agent that never kept one, and are of one that did', async () => {
    assert.deepEqual(await turn(undefined), { stale: false, next: '' })
    const first = await next('')
    assert.deepEqual(await turn(undefined), { stale: false, next: '' })
    await ratchet.kept({ organization, id, shown: '', generation: first })
    assert.deepEqual(await turn(undefined), stale)
  })

  it('may be ahead of a hub that was set back by a backup', async () => {
    const first = await next('')
    const ahead = await next(`70.${'a'.repeat(32)}`)
    assert.equal(ahead.split('.')[0], '71')
    assert.deepEqual(await turn(first), stale)
    await next(ahead)
  })

  it('are handed to one of two that show the same at the same moment', async () => {
    const first = await next('')
    await ratchet.kept({ organization, id, shown: '', generation: first })
    const [one, other] = await Promise.all([next(first), next(first)])
    assert.notEqual(one, other)
    // What was handed out last counts: the first of the two can only show what it came with.
    assert.deepEqual(await turn(one), stale)
  })

  it('cost a fleet that returns at once a few transactions', async () => {
    const hosts = await Promise.all(Array.from({ length: 60 }, addHost))
    transactions = 0
    const given = await Promise.all(hosts.map((host) => next('', host)))
    await Promise.all(hosts.map((host, n) => ratchet.kept({ organization, id: host, shown: '', generation: given[n]! })))
    assert.ok(transactions <= 4, `${transactions} transactions`)
    for (const [n, host] of hosts.entries()) assert.deepEqual(await ratchet.turn({ organization, id: host, shown: '' }), stale, given[n])
  })

  it('give way to a quarantine, which says whether it is the first', async () => {
    assert.equal(await ratchet.quarantine({ organization, id }), true)
    assert.equal(await ratchet.quarantine({ organization, id }), false)
  })
})
