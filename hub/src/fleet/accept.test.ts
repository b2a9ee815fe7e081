import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Welcome } from '@fairlead/protocol/hello.ts'
import { initiate } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { parseJoin, toBase64Url } from '@fairlead/protocol/join.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { decodeValue, encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { pair } from '@fairlead/protocol/wire/pair.ts'
import { openSession, type Session } from '@fairlead/protocol/wire/session.ts'
import { openAudits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openEnrolment, type Enrolment } from '../enrolment/enrolment.ts'
import { openHostBook } from '../hosts/book.ts'
import { createAccept, type Accept, smearOf } from './accept.ts'
import { openFleet, type Fleet } from './fleet.ts'
import { createRatchet } from './ratchet.ts'

const suite = nodeSuite(crypto)
const organization = crypto.randomUUID()

// Agents at the hub's door: real handshakes over a simulated link, a real database behind.
describe('the door for agents', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let fleet: Fleet
  let accept: Accept
  let enrolment: Enrolment
  let enrolledHosts: number | undefined
  /** Holds those who are on their way in. */
  let gate: Promise<void> | undefined
  let lookUps = 0
  const hub = makeIdentity()
  const keys = {
    current: { identity: hub, number: 1 },
    said: new Uint8Array(0),
    told: { hub: toBase64Url(hub.publicKey), number: 1 },
  }
  const invite = async (input: object = {}) =>
    parseJoin((await enrolment.invite(organization, { ttlSeconds: 900, tags: [], ...input })).join)

  before(async () => {
    test = await openTestDatabase()
    const { db } = test
    await db.tx({ organization }, async (sql) => {
      await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one')`
      await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${crypto.randomUUID()}, 'default')`
    })
    fleet = openFleet()
    enrolment = openEnrolment({
      db,
      hubKey: () => hub.publicKey,
      publicUrl: undefined,
      httpsPort: () => 8443,
      script: { sha256: async () => '' },
      placeOf: () => Promise.reject(new Error('nobody asks')),
    })
    const book = openHostBook(db)
    const enrolled = async (of: string) => {
      await gate
      return enrolledHosts ?? (await book.hosts(of)).size
    }
    const counted: Database = {
      ...db,
      tx(shown, run) {
        if (shown.hostKeys !== undefined) lookUps++
        return db.tx(shown, run)
      },
    }
    const deps = {
      db: counted,
      audits: openAudits(db),
      fleet,
      keys,
      onPinned: () => undefined,
      log: () => undefined,
      enrolled,
      ratchet: createRatchet(db),
    }
    accept = createAccept({
      ...deps,
      now: () => 0,
      onStep: enrolment.progress.step,
      onRefused: enrolment.progress.refused,
      onHost: book.reload,
    })
  })
  after(async () => {
    fleet.closeAll()
    await test.close()
  })

  const audited = async (host: string) => {
    const rows = await test.db.tx({ organization }, (sql) => sql<{ body: string }[]>`SELECT body FROM audit ORDER BY seq`)
    return rows
      .map(({ body }) => JSON.parse(body) as { verb: string; host: string })
      .flatMap((row) => (row.host === host ? [row.verb] : []))
  }

  /** Comes to the door. Rejects with the close code and what the hub said. */
  async function knock(
    identity: Identity,
    { join, ip = '192.0.2.1', ...hello }: KnockOptions = {},
    { left: near, right: far } = pair(),
  ): Promise<{ welcome: Welcome; session: Session; mute: () => void }> {
    accept(far, undefined, ip)
    const said = {
      v: [1, 1],
      agent: '0',
      hostname: 'web',
      bootId: 'boot-1',
      os: '',
      arch: '',
      features: [],
      clockMs: Date.now(),
      ...(join === undefined ? {} : { join: { tokenId: join.tokenId, secret: toBase64Url(join.secret) } }),
      ...hello,
    }
    const secured = await initiate(near, { suite, clock: systemClock, identity, hubKey: hub.publicKey, payload: encodeValue(said) })
    return new Promise((resolve, reject) => {
      secured.transport.onClose = (code, reason) => reject(new Error(`${code} ${reason}`))
      secured.transport.onMessage = (message) => {
        const welcome = Welcome.parse(decodeValue(message as Uint8Array))
        const session = openSession(secured.transport, {
          side: 'agent',
          codec: msgpackCodec,
          clock: systemClock,
          onOpen: (stream) => stream.reset('unsupported'),
        })
        resolve({ welcome, session, mute: () => (near.onMessage = () => undefined) })
      }
    })
  }

  it('lets one of fifty in who show one join string at the same moment [security 29]', async () => {
    const join = await invite()
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => knock(makeIdentity(), { join })))
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of tries) if (result.status === 'rejected') assert.match(String(result.reason), /4401 this line was used/)
    const [row] = await test.db.tx({ organization }, (sql) => sql`SELECT count(*)::int AS hosts FROM hosts`)
    assert.equal(row!['hosts'], 1)
  })

  // A welcome that was lost left a host that the hub knew and that knew no hub.
  it('lets the same key in again on the same join string, and no other', async () => {
    const join = await invite()
    const identity = makeIdentity()
    const first = await knock(identity, { join })
    first.session.close(1000, 'lost')
    const again = await knock(identity, { join })
    assert.equal(again.welcome.host, first.welcome.host)
    await assert.rejects(knock(makeIdentity(), { join }), /4401 this line was used/)
  })

  // The second host's refusal was shown as if the key of the first had not been stored.
  it('tells whoever watches a used line of another host that shows it, and says nothing else of the one that came in', async () => {
    const join = await invite()
    const identity = makeIdentity()
    await knock(identity, { join })
    const before = enrolment.progress.get(join.tokenId)
    assert.deepEqual([before.used, before.refused], [true, undefined])
    await assert.rejects(knock(makeIdentity(), { join, ip: '192.0.2.9' }), /was used by another host; each host needs its own/)
    const { refused, ...rest } = enrolment.progress.get(join.tokenId)
    assert.deepEqual([refused?.why, refused?.ip], ['used', '192.0.2.9'])
    assert.deepEqual(rest, before)
  })

  it('refuses a join string that is unknown, expired, canceled, or for another hostname', async () => {
    const unknown = { ...(await invite()), secret: crypto.randomBytes(32) }
    await assert.rejects(knock(makeIdentity(), { join: unknown }), /4401 this line is unknown to this hub; copy all of it again/)
    const expired = await invite()
    await test.db.tx({ organization }, (sql) => sql`UPDATE invitations SET expires_at = now() WHERE id = ${expired.tokenId}`)
    await assert.rejects(knock(makeIdentity(), { join: expired }), /4401 this line has expired; make another/)
    const canceled = await invite()
    await test.db.tx({ organization }, (sql) => sql`UPDATE invitations SET canceled_at = now() WHERE id = ${canceled.tokenId}`)
    await assert.rejects(knock(makeIdentity(), { join: canceled }), /4401 this line was canceled in the console; make another/)
    const bound = await invite({ hostname: 'db-1' })
    await assert.rejects(
      knock(makeIdentity(), { join: bound, hostname: 'db-2' }),
      /4401 this line is for a host of another name; make one for this host/,
    )
    await knock(makeIdentity(), { join: bound, hostname: 'db-1' })
  })

  // While the hub waited for the first to prove that it lives, the second was on its way in.
  it('refuses a host that was revoked while its handshake was under way [security 35]', async () => {
    const identity = makeIdentity()
    const { welcome, mute } = await knock(identity, { join: await invite() })
    mute()
    const second = knock(identity, { bootId: 'boot-2' })
    second.catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${welcome.host}`)
    fleet.expel(welcome.host, 4403, 'revoked')
    await assert.rejects(second, /4403 revoked/)
    assert.equal(fleet.find(welcome.host), undefined)
  })

  it('keeps no secret of a join string, only its digest, and of a host its public key only [security 29 33]', async () => {
    const join = await invite()
    const rows = JSON.stringify(await test.db.tx({ organization }, (sql) => sql`SELECT * FROM invitations, hosts`))
    assert.ok(!rows.includes(Buffer.from(join.secret).toString('hex')) && !rows.includes(toBase64Url(join.secret)))
    assert.ok(!rows.includes('PRIVATE'))
  })

  it('gives each host a name of its own, whatever they call themselves', async () => {
    const joins = await Promise.all(Array.from({ length: 5 }, () => invite()))
    await Promise.all(joins.map((join) => knock(makeIdentity(), { join, hostname: 'clone \u202e<b>' })))
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
    await assert.rejects(knock(makeIdentity()), /4401 this host is not enrolled here/)
    const identity = makeIdentity()
    const { welcome } = await knock(identity, { join: await invite() })
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${welcome.host}`)
    await assert.rejects(knock(identity), /4403 revoked/)
    await assert.rejects(knock(makeIdentity(), { v: [2, 3] }), /4406/)
    await assert.rejects(knock(makeIdentity(), { hostname: 'x'.repeat(129) }), /4401 the hello does not fit/)
  })

  // Each alone cost a transaction of four statements: a fleet that came back waited for the database.
  it('looks a fleet that returns at once up together, and refuses the stranger and the revoked one among it', async () => {
    const identities = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const identity = makeIdentity()
        const { welcome, session } = await knock(identity, { join: await invite() })
        session.close(1000, 'away')
        return { identity, id: welcome.host }
      }),
    )
    const revoked = identities.pop()!
    await test.db.tx({ organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${revoked.id}`)
    lookUps = 0
    const [strange, gone, ...back] = await Promise.allSettled(
      [{ identity: makeIdentity(), id: '' }, revoked, ...identities].map(async ({ identity, id }) => {
        assert.equal((await knock(identity)).welcome.host, id)
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
      const { welcome } = await knock(makeIdentity(), { join: await invite() })
      assert.equal(welcome.smearMs, smearOf(10_001, false))
    } finally {
      enrolledHosts = undefined
    }
  })

  it('quarantines both of two machines that hold one key: to be looked at, for good, until one is enrolled anew [security 36]', async () => {
    const identity = makeIdentity()
    const first = await knock(identity, { join: await invite(), bootId: 'a' })
    const id = first.welcome.host
    // Two more at once are one quarantine.
    const more = await Promise.allSettled(['b', 'b2'].map((bootId) => knock(identity, { bootId })))
    assert.match(String(more.map((one) => (one.status === 'rejected' ? one.reason : ''))), /4409 another machine is online/)
    fleet.find(id)?.session?.close(1000, 'gone')
    assert.equal(first.session.alive, false)
    const told = await audited(id)
    assert.deepEqual(told, ['host.enrol', 'host.quarantine'])
    // Either may be looked at; whoever comes second finds the first.
    await knock(identity, { bootId: 'a' })
    await assert.rejects(knock(identity, { bootId: 'b' }), /4409/)
    await assert.rejects(fleet.onHost(id).containers.stop({ id: 'web' }), { code: 'conflict', message: /is quarantined: a second copy/ })
    await assert.rejects(async () => {
      for await (const _ of fleet.onHost(id).containers.exec({ id: 'web', command: ['id'] })) assert.fail()
    }, /is quarantined/)
    await assert.rejects(async () => {
      for await (const _ of fleet.onHost(id).terminals.attach({ id: 'a'.repeat(16) })) assert.fail()
    }, /is quarantined/)
    // This one was asked: it is our agent here that answers nothing.
    await assert.rejects(fleet.onHost(id).containers.list({}), { code: 'unsupported' })
    assert.deepEqual(await audited(id), told)
    fleet.find(id)!.session!.close(1000, 'gone')
    await knock(identity, { bootId: 'c' })
    assert.equal(fleet.find(id)?.quarantined, true)
    const join = await invite()
    await assert.rejects(knock(identity, { join, bootId: 'd' }), /44(01 a second machine holds this key|09)/)
    fleet.find(id)!.session!.close(1000, 'gone')
    await assert.rejects(knock(identity, { join }), /4401 a second machine holds this key; a new one is needed/)
    const anew = await knock(makeIdentity(), { join })
    assert.notEqual(anew.welcome.host, id)
    assert.equal(fleet.find(anew.welcome.host)?.quarantined, false)
  })

  it('leaves a host in peace on which somebody pastes a line while it runs', async () => {
    const identity = makeIdentity()
    const { welcome, session } = await knock(identity, { join: await invite(), bootId: 'a' })
    await assert.rejects(knock(identity, { join: await invite(), bootId: 'enrolment' }), /4409/)
    assert.equal(session.alive, true)
    assert.equal(fleet.find(welcome.host)?.quarantined, false)
  })

  it('hands out a generation with each handshake, and quarantines whoever shows one that another went on from [security 36]', async () => {
    const identity = makeIdentity()
    const { welcome, session } = await knock(identity, { join: await invite() })
    const id = welcome.host
    session.close(1000, 'enrolled')
    const handshake = async (generation: string, bootId = 'boot-1') => {
      const { welcome, session } = await knock(identity, { generation, bootId })
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
    assert.equal(fleet.find(id)?.quarantined, false)
    fleet.find(id)!.session!.close(1000, 'gone')
    const copy = await handshake(third.given!, 'copy')
    assert.equal(copy.given, undefined)
    assert.equal(fleet.find(id)?.quarantined, true)
    assert.deepEqual(await audited(id), ['host.enrol', 'host.quarantine'])
  })

  // It was attached all the same, took the place of the link that the agent had by then, and was missed 25 seconds later.
  it('lets nobody in who left meanwhile', async () => {
    const identity = makeIdentity()
    await knock(identity, { join: await invite() }).then(({ session }) => session.close(1000, 'enrolled'))
    const held = Promise.withResolvers<void>()
    gate = held.promise
    const link = pair()
    const first = knock(identity, {}, link)
    await new Promise((resolve) => setTimeout(resolve, 200))
    link.cut()
    await assert.rejects(first)
    gate = undefined
    const second = await knock(identity)
    held.resolve()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(second.session.alive, true)
  })

  it('quarantines also the one that is on its way in when a copy shows itself [security 36]', async () => {
    const identity = makeIdentity()
    const first = await knock(identity, { join: await invite(), bootId: 'a' })
    const held = Promise.withResolvers<void>()
    gate = held.promise
    const again = knock(identity, { bootId: 'a' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    await assert.rejects(knock(identity, { bootId: 'copy' }), /4409/)
    gate = undefined
    held.resolve()
    await again
    assert.equal(fleet.find(first.welcome.host)?.quarantined, true)
  })

  // The line that enrolled a host is in the history of its shell, on the disk that was copied: with it no generation was asked for.
  it('asks for the generation of a key that enrols again, too [security 36]', async () => {
    const identity = makeIdentity()
    const join = await invite()
    const enrolled = await knock(identity, { join, generation: '' })
    const id = enrolled.welcome.host
    assert.equal(enrolled.welcome.generation, undefined)
    const leave = () => fleet.find(id)!.session!.close(1000, 'gone')
    const login = async (shown: string) => {
      const { welcome, session } = await knock(identity, { generation: shown })
      await session.open('link.kept', { generation: welcome.generation }).answered()
      leave()
      return welcome.generation!
    }
    leave()
    const first = await login('')
    const second = await login(first)
    // Whoever repairs the host itself shows what is on its disk.
    assert.equal((await knock(identity, { join, generation: second, bootId: 'repair' })).welcome.host, id)
    leave()
    await assert.rejects(knock(identity, { join, bootId: 'copy' }), /4401 .*a new key is needed/)
    assert.equal(fleet.find(id)?.quarantined, false)
    const third = await login(second)
    await assert.rejects(knock(identity, { join, generation: second, bootId: 'copy' }), /4401 .*a new key is needed/)
    assert.deepEqual(await audited(id), ['host.enrol', 'host.quarantine'])
    assert.equal((await knock(identity, { generation: third })).welcome.generation, undefined)
  })

  it('stops listening to an address whose tries fail, and goes on listening to all others', async () => {
    const results = await Promise.allSettled(Array.from({ length: 199 }, () => knock(makeIdentity(), { ip: '192.0.2.66' })))
    assert.ok(results.every(({ status }) => status === 'rejected'))
    await knock(makeIdentity(), { ip: '192.0.2.66' }).catch(() => undefined)
    await assert.rejects(
      (async () => {
        for (let n = 0; n < 30; n++)
          await knock(makeIdentity(), { ip: '192.0.2.66' }).catch((error: Error) => assert.ok(!/4429/.test(error.message), error))
      })(),
      /4429/,
    )
    await knock(makeIdentity(), { join: await invite(), ip: '192.0.2.67' })
  })
})

interface KnockOptions {
  readonly join?: { readonly tokenId: string; readonly secret: Uint8Array }
  readonly ip?: string
  readonly hostname?: string
  readonly bootId?: string
  readonly generation?: string
  readonly v?: readonly [number, number]
}

function makeIdentity(): Identity {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
  return { privateKey, publicKey: rawPublicKey(publicKey) }
}

describe('the smear of a fleet', () => {
  it('leaves a hub on two cores the time to take each host in at the first try', () => {
    assert.equal(smearOf(10, false), 5000)
    assert.equal(smearOf(10_000, false), 15_000)
    assert.equal(smearOf(10_000, true), 30_000)
    assert.equal(smearOf(3335, false), 5003, 'whole ms, as the welcome has them')
  })
})
