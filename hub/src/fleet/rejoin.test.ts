import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { openTestDatabase } from '../base/testdb.ts'
import { tellCutOff } from './cut-offs.ts'
import { makeIdentity, openDoor, type Door } from './test-door.ts'

const organization = randomUUID()

// Two hubs before one database: each with its own links, and a listener of its own.
describe('a host that is enrolled anew', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let door: Door
  let other: Door
  before(async () => {
    test = await openTestDatabase()
    await test.db.tx({ organization }, async (sql) => {
      await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
      await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${randomUUID()}, 'default')`
    })
    const hub = makeIdentity()
    door = openDoor(test.db, organization, hub)
    other = openDoor(test.db, organization, hub)
  })
  after(async () => {
    await door.close()
    await other.close()
    await test.close()
  })

  const rowOf = async (id: string) => {
    const [row] = await test.db.tx({ organization }, (sql) => sql`SELECT * FROM hosts WHERE id = ${id}`)
    return row!
  }
  const audited = async (host: string) => {
    const rows = await test.db.tx({ organization }, (sql) => sql<{ body: string }[]>`SELECT body FROM audit ORDER BY seq`)
    return rows
      .map(({ body }) => JSON.parse(body) as { verb: string; host: string })
      .flatMap((row) => (row.host === host ? [row.verb] : []))
  }
  async function enrol(hostname = 'web') {
    const identity = makeIdentity()
    const { welcome, session } = await door.knock(identity, { join: await door.invite({ tags: ['blue'] }), hostname })
    session.close(1000, 'enrolled')
    return { identity, id: welcome.host }
  }

  it('stays who it is under its new key, and the one of before is cut off and refused from that moment on [security 37]', async () => {
    const { identity: old, id } = await enrol('keeper')
    const before = await rowOf(id)
    const online = await door.knock(old)
    const join = await door.invite({ rejoins: id })
    const fresh = makeIdentity()
    const anew = await door.knock(fresh, { join, hostname: 'another-name', bootId: 'boot-2', host: id })
    assert.equal(anew.welcome.host, id)
    assert.match(await online.ended, /^4403 revoked: this host was enrolled anew/)
    anew.session.close(1000, 'enrolled')
    await assert.rejects(door.knock(old), /4403 revoked: this host was enrolled anew, under another key/)
    assert.equal((await door.knock(fresh)).welcome.host, id)
    const { public_key: key, last_seen_at: _seen, hub_key: _hubKey, ...kept } = await rowOf(id)
    const { public_key: _key, last_seen_at: _before, hub_key: _, ...was } = before
    assert.deepEqual(kept, was)
    assert.deepEqual(Buffer.from(key as Buffer), Buffer.from(fresh.publicKey))
    assert.deepEqual(await audited(id), ['host.enrol', 'host.rejoin'])
    // Not even a line of its own brings an old key back.
    await assert.rejects(door.knock(old, { join: await door.invite() }), /4401 this key was revoked here/)
    await assert.rejects(door.knock(old, { join: await door.invite({ rejoins: id }) }), /4401 .*a new one is needed/)
    assert.equal((await door.knock(fresh)).welcome.host, id)
  })

  it('is one machine of two that show the line at once, and of none afterwards [security 37]', async () => {
    const { id } = await enrol('raced')
    const join = await door.invite({ rejoins: id })
    const keys = Array.from({ length: 10 }, makeIdentity)
    const tries = await Promise.allSettled(keys.map((identity) => door.knock(identity, { join })))
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const one of tries) if (one.status === 'rejected') assert.match(String(one.reason), /4401 this line was used/)
    await assert.rejects(door.knock(makeIdentity(), { join }), /4401 this line was used/)
    assert.deepEqual(await audited(id), ['host.enrol', 'host.rejoin'])
    // Its welcome was lost: the same key is let in again.
    const winner = keys[tries.findIndex(({ status }) => status === 'fulfilled')]!
    const again = await door.knock(winner, { join })
    assert.equal(again.welcome.host, id)
    assert.deepEqual(await audited(id), ['host.enrol', 'host.rejoin'])
  })

  it('is not a machine that is another host, whatever key that shows, and the line stays good [security 37]', async () => {
    const { id } = await enrol('wanted')
    const stranger = await enrol('stranger')
    const join = await door.invite({ rejoins: id })
    await assert.rejects(door.knock(stranger.identity, { join }), /4401 this line is for another host; make one in the console/)
    await assert.rejects(door.knock(makeIdentity(), { join, host: stranger.id }), /4401 this line is for another host/)
    assert.equal(door.enrolment.progress.get(join.tokenId).refused?.why, 'host')
    assert.equal((await door.knock(makeIdentity(), { join, host: id })).welcome.host, id)
    assert.equal((await door.knock(stranger.identity)).welcome.host, stranger.id)
  })

  it('needs a key of its own: with the one that it has, the line is not spent', async () => {
    const { identity, id } = await enrol('same')
    const join = await door.invite({ rejoins: id })
    await assert.rejects(door.knock(identity, { join }), /4401 this line replaces the key of this host; a new one is needed/)
    assert.equal(door.enrolment.progress.get(join.tokenId).refused, undefined)
    assert.equal((await door.knock(makeIdentity(), { join, host: id })).welcome.host, id)
  })

  it('was removed meanwhile, and stays so', async () => {
    const { id } = await enrol('gone')
    const join = await door.invite({ rejoins: id })
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${id}`)
    await assert.rejects(door.knock(makeIdentity(), { join }), /4401 the host that this line is for was removed/)
  })

  it('is out of quarantine: one of two was chosen, and its copy is cut off [security 36 37]', async () => {
    const { identity, id } = await enrol('twin')
    const first = await door.knock(identity, { bootId: 'a', generation: '' })
    await first.session.open('link.kept', { generation: first.welcome.generation }).answered()
    await assert.rejects(door.knock(identity, { bootId: 'b' }), /4409/)
    assert.equal(door.fleet.find(id)?.quarantined, true)
    await first.ended
    const copy = await door.knock(identity, { bootId: 'b' })
    const fresh = makeIdentity()
    const chosen = await door.knock(fresh, { join: await door.invite({ rejoins: id }), bootId: 'a', host: id })
    assert.match(await copy.ended, /^4403/)
    chosen.session.close(1000, 'enrolled')
    const { welcome, session } = await door.knock(fresh, { bootId: 'c', generation: '' })
    assert.equal(door.fleet.find(id)?.quarantined, false)
    assert.match(welcome.generation ?? '', /^1\./)
    assert.equal((await rowOf(id))['quarantined_at'], null)
    await assert.rejects(door.knock(identity, { bootId: 'b' }), /4403/)
    assert.equal(session.alive, true)
  })

  it('or removed by one hub is cut off by every other one on the database [security 35 37]', async () => {
    const { identity, id } = await enrol('elsewhere')
    const there = await other.knock(identity)
    const fresh = makeIdentity()
    const anew = await door.knock(fresh, { join: await door.invite({ rejoins: id }), host: id })
    assert.match(await there.ended, /^4403 revoked: this host was enrolled anew/)
    anew.session.close(1000, 'enrolled')
    // The notice of its own change finds the new key here, and leaves it alone.
    const here = await other.knock(fresh)
    await test.db.tx({ organization }, async (sql) => {
      await sql`UPDATE hosts SET revoked_at = now() WHERE id = ${id}`
      await tellCutOff(sql, { what: 'removed', organization, host: id })
    })
    assert.equal(await here.ended, '4403 revoked')
    await assert.rejects(other.knock(fresh), /4403 revoked/)
  })

  it('or removed while a hub did not hear the others is cut off when it does again [security 35]', async () => {
    const one = await enrol('deaf-1')
    const two = await enrol('deaf-2')
    const links = [await other.knock(one.identity), await other.knock(two.identity)]
    // As by a version that says nothing of it.
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${one.id}`)
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET public_key = ${makeIdentity().publicKey} WHERE id = ${two.id}`)
    await test.db.owner((sql) => sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fairlead_work'`)
    assert.deepEqual(await Promise.all(links.map(({ ended }) => ended)), [
      '4403 revoked',
      '4403 revoked: this host was enrolled anew, under another key',
    ])
  })

  it('is said by nobody whose change was undone', async () => {
    const { identity, id } = await enrol('undone')
    const { session, ended } = await other.knock(identity)
    const undone = test.db.tx({ organization }, async (sql) => {
      await tellCutOff(sql, { what: 'removed', organization, host: id })
      throw new Error('undone')
    })
    await assert.rejects(undone)
    // Behind it in the queue of the same database.
    const marker = await enrol('marker')
    const marked = await other.knock(marker.identity)
    await test.db.tx({ organization }, (sql) => tellCutOff(sql, { what: 'removed', organization, host: marker.id }))
    await marked.ended
    assert.equal(session.alive, true)
    session.close(1000, 'over')
    await ended
  })
})
