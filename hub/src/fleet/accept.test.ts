import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { toBase64Url } from '@fairlead/protocol/join.ts'
import { pair } from '@fairlead/protocol/wire/pair.ts'
import type { Database } from '../base/db.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { smearOf } from './accept.ts'
import { makeIdentity, openDoor, type Door } from './test-door.ts'

const organization = crypto.randomUUID()

// Agents at the hub's door: real handshakes over a simulated link, a real database behind.
describe('the door for agents', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let door: Door
  let enrolledHosts = 1
  /** Holds those who are on their way in, and says that one of them is there. */
  let gate: { readonly open: PromiseWithResolvers<void>; readonly reached: PromiseWithResolvers<void> } | undefined
  const closeGate = () => (gate = { open: Promise.withResolvers<void>(), reached: Promise.withResolvers<void>() })
  /** Somebody was let in, or was not. */
  let decided = Promise.withResolvers<void>()
  let lookUps = 0

  before(async () => {
    test = await openTestDatabase()
    const { db } = test
    await db.tx({ organization }, async (sql) => {
      await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
      await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${crypto.randomUUID()}, 'default')`
    })
    const counted: Database = {
      ...db,
      tx(shown, run) {
        if (shown.hostKeys !== undefined) lookUps++
        return db.tx(shown, run)
      },
    }
    door = openDoor(counted, organization, makeIdentity(), {
      now: () => 0,
      async enrolled() {
        gate?.reached.resolve()
        await gate?.open.promise
        return enrolledHosts
      },
      log: (_level, message) => void (/^(host online|agent not let in)$/.test(message) && decided.resolve()),
    })
  })
  after(async () => {
    await door.close()
    await test.close()
  })

  const audited = async (host: string) => {
    const rows = await test.db.tx({ organization }, (sql) => sql<{ body: string }[]>`SELECT body FROM audit ORDER BY seq`)
    return rows
      .map(({ body }) => JSON.parse(body) as { verb: string; host: string })
      .flatMap((row) => (row.host === host ? [row.verb] : []))
  }

  /** Resolves when the hub asks a host that is online whether it is still there: another one with its key is on the way in. */
  function asksWhetherItLives(host: string): Promise<void> {
    const session = door.fleet.find(host)!.session!
    const ping = session.ping.bind(session)
    return new Promise((asked) => {
      session.ping = () => {
        asked()
        return ping()
      }
    })
  }

  it('lets one of fifty in who show one join string at the same moment [security 29]', async () => {
    const join = await door.invite()
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => door.knock(makeIdentity(), { join })))
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of tries) if (result.status === 'rejected') assert.match(String(result.reason), /4401 this line was used/)
    const [row] = await test.db.tx({ organization }, (sql) => sql`SELECT count(*)::int AS hosts FROM hosts`)
    assert.equal(row!['hosts'], 1)
  })

  // A welcome that was lost left a host that the hub knew and that knew no hub.
  it('lets the same key in again on the same join string, and no other', async () => {
    const join = await door.invite()
    const identity = makeIdentity()
    const first = await door.knock(identity, { join })
    first.session.close(1000, 'lost')
    const again = await door.knock(identity, { join })
    assert.equal(again.welcome.host, first.welcome.host)
    await assert.rejects(door.knock(makeIdentity(), { join }), /4401 this line was used/)
  })

  // The second host's refusal was shown as if the key of the first had not been stored.
  it('tells whoever watches a used line of another host that shows it, and says nothing else of the one that came in', async () => {
    const join = await door.invite()
    const identity = makeIdentity()
    await door.knock(identity, { join })
    const before = door.enrolment.progress.get(join.tokenId)
    assert.deepEqual([before.used, before.refused], [true, undefined])
    await assert.rejects(door.knock(makeIdentity(), { join, ip: '192.0.2.9' }), /was used by another host; each host needs its own/)
    const { refused, ...rest } = door.enrolment.progress.get(join.tokenId)
    assert.deepEqual([refused?.why, refused?.ip], ['used', '192.0.2.9'])
    assert.deepEqual(rest, before)
  })

  it('refuses a join string that is unknown, expired, canceled, or for another hostname', async () => {
    const unknown = { ...(await door.invite()), secret: crypto.randomBytes(32) }
    await assert.rejects(door.knock(makeIdentity(), { join: unknown }), /4401 this line is unknown to this hub; copy all of it again/)
    const expired = await door.invite()
    await test.db.tx({ organization }, (sql) => sql`UPDATE invitations SET expires_at = now() WHERE id = ${expired.tokenId}`)
    await assert.rejects(door.knock(makeIdentity(), { join: expired }), /4401 this line has expired; make another/)
    const canceled = await door.invite()
    await test.db.tx({ organization }, (sql) => sql`UPDATE invitations SET canceled_at = now() WHERE id = ${canceled.tokenId}`)
    await assert.rejects(door.knock(makeIdentity(), { join: canceled }), /4401 this line was canceled in the console; make another/)
    const bound = await door.invite({ hostname: 'db-1' })
    await assert.rejects(
      door.knock(makeIdentity(), { join: bound, hostname: 'db-2' }),
      /4401 this line is for a host of another name; make one for this host/,
    )
    await door.knock(makeIdentity(), { join: bound, hostname: 'db-1' })
  })

  // While the hub waited for the first to prove that it lives, the second was on its way in.
  it('refuses a host that was revoked while its handshake was under way [security 35]', async () => {
    const identity = makeIdentity()
    const { welcome, mute } = await door.knock(identity, { join: await door.invite() })
    mute()
    const asked = asksWhetherItLives(welcome.host)
    const second = door.knock(identity, { bootId: 'boot-2' })
    second.catch(() => undefined)
    await asked
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${welcome.host}`)
    door.fleet.expel(welcome.host, 4403, 'revoked')
    await assert.rejects(second, /4403 revoked/)
    assert.equal(door.fleet.find(welcome.host), undefined)
  })

  it('keeps no secret of a join string, only its digest, and of a host its public key only [security 29 33]', async () => {
    const join = await door.invite()
    const rows = JSON.stringify(await test.db.tx({ organization }, (sql) => sql`SELECT * FROM invitations, hosts`))
    assert.ok(!rows.includes(Buffer.from(join.secret).toString('hex')) && !rows.includes(toBase64Url(join.secret)))
    assert.ok(!rows.includes('PRIVATE'))
  })

  it('gives each host a name of its own, whatever they call themselves', async () => {
    const joins = await Promise.all(Array.from({ length: 5 }, () => door.invite()))
    await Promise.all(joins.map((join) => door.knock(makeIdentity(), { join, hostname: 'clone \u202e<b>' })))
    const rows = await test.db.tx(
      { organization },
      (sql) => sql<{ name: string }[]>`SELECT name FROM hosts WHERE name LIKE 'clone%' ORDER BY name`,
    )
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['clone --b-', 'clone --b--2', 'clone --b--3', 'clone --b--4', 'clone --b--5'],
    )
  })

  it('refuses strangers, revoked hosts, wrong versions and hellos that do not fit, each by its code [security 35]', async () => {
    await assert.rejects(door.knock(makeIdentity()), /4401 this host is not enrolled here/)
    const identity = makeIdentity()
    const { welcome } = await door.knock(identity, { join: await door.invite() })
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${welcome.host}`)
    await assert.rejects(door.knock(identity), /4403 revoked/)
    await assert.rejects(door.knock(makeIdentity(), { versions: [2, 3] }), /4406/)
    await assert.rejects(door.knock(makeIdentity(), { hostname: 'x'.repeat(129) }), /4401 the hello does not fit/)
  })

  // Each alone cost a transaction of four statements: a fleet that came back waited for the database.
  it('looks a fleet that returns at once up together, and refuses the stranger and the revoked one among it', async () => {
    const identities = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const identity = makeIdentity()
        const { welcome, session } = await door.knock(identity, { join: await door.invite() })
        session.close(1000, 'away')
        return { identity, id: welcome.host }
      }),
    )
    const revoked = identities.pop()!
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${revoked.id}`)
    lookUps = 0
    const [strange, gone, ...back] = await Promise.allSettled(
      [{ identity: makeIdentity(), id: '' }, revoked, ...identities].map(async ({ identity, id }) => {
        assert.equal((await door.knock(identity)).welcome.host, id)
      }),
    )
    assert.match(String((strange as PromiseRejectedResult).reason), /4401 this host is not enrolled here/)
    assert.match(String((gone as PromiseRejectedResult).reason), /4403 revoked/)
    assert.deepEqual(new Set(back.map(({ status }) => status)), new Set(['fulfilled']))
    assert.ok(lookUps > 0 && lookUps < 15, `${lookUps} look-ups of 21 keys`)
  })

  // By those online it told the first to return after a restart of a small fleet: the next time they all came at once.
  it('tells each host how large the fleet is that may return with it, whoever of it is online [security 39]', async () => {
    enrolledHosts = 10_001
    try {
      const { welcome } = await door.knock(makeIdentity(), { join: await door.invite() })
      assert.equal(welcome.smearMs, smearOf(10_001, false))
    } finally {
      enrolledHosts = 1
    }
  })

  it('quarantines both of two machines that hold one key: to be looked at, for good, until one is enrolled anew [security 36]', async () => {
    const identity = makeIdentity()
    const first = await door.knock(identity, { join: await door.invite(), bootId: 'a' })
    const id = first.welcome.host
    // Two more at once are one quarantine.
    const more = await Promise.allSettled(['b', 'b2'].map((bootId) => door.knock(identity, { bootId })))
    assert.match(String(more.map((one) => (one.status === 'rejected' ? one.reason : ''))), /4409 another machine is online/)
    door.fleet.find(id)?.session?.close(1000, 'gone')
    assert.equal(first.session.alive, false)
    const told = await audited(id)
    assert.deepEqual(told, ['host.enrol', 'host.quarantine'])
    // Either may be looked at; whoever comes second finds the first.
    await door.knock(identity, { bootId: 'a' })
    await assert.rejects(door.knock(identity, { bootId: 'b' }), /4409/)
    await assert.rejects(door.fleet.onHost(id).containers.stop({ id: 'web' }), {
      code: 'conflict',
      message: /is quarantined: a second copy/,
    })
    await assert.rejects(async () => {
      for await (const _ of door.fleet.onHost(id).containers.exec({ id: 'web', command: ['id'] })) assert.fail()
    }, /is quarantined/)
    await assert.rejects(async () => {
      for await (const _ of door.fleet.onHost(id).terminals.attach({ id: 'a'.repeat(16) })) assert.fail()
    }, /is quarantined/)
    // This one was asked: it is our agent here that answers nothing.
    await assert.rejects(door.fleet.onHost(id).containers.list({}), { code: 'unsupported' })
    assert.deepEqual(await audited(id), told)
    door.fleet.find(id)!.session!.close(1000, 'gone')
    await door.knock(identity, { bootId: 'c' })
    assert.equal(door.fleet.find(id)?.quarantined, true)
    const join = await door.invite()
    await assert.rejects(door.knock(identity, { join, bootId: 'd' }), /44(01 a second machine holds this key|09)/)
    door.fleet.find(id)!.session!.close(1000, 'gone')
    await assert.rejects(door.knock(identity, { join }), /4401 a second machine holds this key; a new one is needed/)
    const anew = await door.knock(makeIdentity(), { join })
    assert.notEqual(anew.welcome.host, id)
    assert.equal(door.fleet.find(anew.welcome.host)?.quarantined, false)
  })

  it('leaves a host in peace on which somebody pastes a line while it runs', async () => {
    const identity = makeIdentity()
    const { welcome, session } = await door.knock(identity, { join: await door.invite(), bootId: 'a' })
    await assert.rejects(door.knock(identity, { join: await door.invite(), bootId: 'enrolment' }), /4409/)
    assert.equal(session.alive, true)
    assert.equal(door.fleet.find(welcome.host)?.quarantined, false)
  })

  it('hands out a generation with each handshake, and quarantines whoever shows one that another went on from [security 36]', async () => {
    const identity = makeIdentity()
    const { welcome, session } = await door.knock(identity, { join: await door.invite() })
    const id = welcome.host
    session.close(1000, 'enrolled')
    const handshake = async (generation: string, bootId = 'boot-1') => {
      const { welcome, session } = await door.knock(identity, { generation, bootId })
      return { given: welcome.generation, keep: () => session.open('link.kept', { generation: welcome.generation }).answered() }
    }
    const first = await handshake('')
    await first.keep()
    // The second was lost on its way to the disk: both it and the one before are good.
    const lost = await handshake(first.given!)
    const third = await handshake(first.given!)
    assert.equal(new Set([first.given, lost.given, third.given]).size, 3)
    await third.keep()
    const fourth = await handshake(third.given!)
    const fifth = await handshake(fourth.given!)
    await fifth.keep()
    assert.deepEqual(await audited(id), ['host.enrol'])
    // A try of the same process that was overtaken is no copy.
    await assert.rejects(handshake(first.given!), /1013 a later try of this agent/)
    assert.equal(door.fleet.find(id)?.quarantined, false)
    door.fleet.find(id)!.session!.close(1000, 'gone')
    const copy = await handshake(third.given!, 'copy')
    assert.equal(copy.given, undefined)
    assert.equal(door.fleet.find(id)?.quarantined, true)
    assert.deepEqual(await audited(id), ['host.enrol', 'host.quarantine'])
  })

  // It was attached all the same, took the place of the link that the agent had by then, and was missed 25 seconds later.
  it('lets nobody in who left meanwhile', async () => {
    const identity = makeIdentity()
    await door.knock(identity, { join: await door.invite() }).then(({ session }) => session.close(1000, 'enrolled'))
    const held = closeGate()
    const link = pair()
    const first = door.knock(identity, { link })
    await held.reached.promise
    link.cut()
    await assert.rejects(first)
    gate = undefined
    const second = await door.knock(identity)
    decided = Promise.withResolvers()
    held.open.resolve()
    await decided.promise
    assert.equal(second.session.alive, true)
  })

  it('quarantines also the one that is on its way in when a copy shows itself [security 36]', async () => {
    const identity = makeIdentity()
    const first = await door.knock(identity, { join: await door.invite(), bootId: 'a' })
    const held = closeGate()
    const again = door.knock(identity, { bootId: 'a' })
    await held.reached.promise
    await assert.rejects(door.knock(identity, { bootId: 'copy' }), /4409/)
    gate = undefined
    held.open.resolve()
    await again
    assert.equal(door.fleet.find(first.welcome.host)?.quarantined, true)
  })

  // The line that enrolled a host is in the history of its shell, on the disk that was copied: with it no generation was asked for.
  it('asks for the generation of a key that enrols again, too [security 36]', async () => {
    const identity = makeIdentity()
    const join = await door.invite()
    const enrolled = await door.knock(identity, { join, generation: '' })
    const id = enrolled.welcome.host
    assert.equal(enrolled.welcome.generation, undefined)
    const leave = () => door.fleet.find(id)!.session!.close(1000, 'gone')
    const login = async (shown: string) => {
      const { welcome, session } = await door.knock(identity, { generation: shown })
      await session.open('link.kept', { generation: welcome.generation }).answered()
      leave()
      return welcome.generation!
    }
    leave()
    const first = await login('')
    const second = await login(first)
    // Whoever repairs the host itself shows what is on its disk.
    assert.equal((await door.knock(identity, { join, generation: second, bootId: 'repair' })).welcome.host, id)
    leave()
    await assert.rejects(door.knock(identity, { join, bootId: 'copy' }), /4401 .*a new key is needed/)
    assert.equal(door.fleet.find(id)?.quarantined, false)
    const third = await login(second)
    await assert.rejects(door.knock(identity, { join, generation: second, bootId: 'copy' }), /4401 .*a new key is needed/)
    assert.deepEqual(await audited(id), ['host.enrol', 'host.quarantine'])
    assert.equal((await door.knock(identity, { generation: third })).welcome.generation, undefined)
  })

  it('stops listening to an address whose tries fail, and goes on listening to all others', async () => {
    const results = await Promise.allSettled(Array.from({ length: 199 }, () => door.knock(makeIdentity(), { ip: '192.0.2.66' })))
    assert.ok(results.every(({ status }) => status === 'rejected'))
    await door.knock(makeIdentity(), { ip: '192.0.2.66' }).catch(() => undefined)
    await assert.rejects(
      (async () => {
        for (let n = 0; n < 30; n++)
          await door.knock(makeIdentity(), { ip: '192.0.2.66' }).catch((error: Error) => assert.ok(!/4429/.test(error.message), error))
      })(),
      /4429/,
    )
    await door.knock(makeIdentity(), { join: await door.invite(), ip: '192.0.2.67' })
  })
})

describe('the smear of a fleet', () => {
  it('leaves a hub on two cores the time to take each host in at the first try', () => {
    assert.equal(smearOf(10, false), 5000)
    assert.equal(smearOf(10_000, false), 15_000)
    assert.equal(smearOf(10_000, true), 30_000)
    assert.equal(smearOf(3335, false), 5003, 'whole ms, as the welcome has them')
  })
})
