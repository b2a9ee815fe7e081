import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { codeOf, type FairleadError } from '@fairlead/protocol/errors.ts'
import { nobody } from '../base/access.ts'
import type { Secret } from '../base/secret.ts'
import { accounts, memberships } from '../base/tables.ts'
import { openTestPeople, owner, type TestPeople } from '../identities/test-people.ts'
import { hashPassword } from './passwords.ts'

const password = 'nine lamps along a quay'
const people = 1000
const emailOf = (n: number) => `p${n}@harbour.example`

describe('an outsider who knows a thousand e-mail addresses', () => {
  let world: TestPeople
  const answers = new Map<string, number>()
  /** Browsers that their owners signed in from before. */
  const browsers = new Map<number, Secret>()
  before(async () => {
    world = await openTestPeople()
    const { organization } = await world.reset()
    const passwordHash = await hashPassword(password)
    const ids = Array.from({ length: people }, () => randomUUID())
    await world.db.tx({ organization: organization.id }, async (_sql, orm) => {
      await orm.insert(accounts).values(ids.map((id, n) => ({ id, email: emailOf(n), name: `P${n}`, passwordHash })))
      await orm.insert(memberships).values(ids.map((accountId) => ({ organizationId: organization.id, accountId })))
    })
    for (const n of [0, 250, 500, 999]) {
      const { jar } = await signIn(n, `203.0.113.${n % 250}`)
      browsers.set(n, jar.device!)
    }
  })
  after(() => world.close())

  async function signIn(n: number, ip: string, { given = password, device = undefined as Secret | undefined } = {}) {
    const visit = world.visit(nobody(ip, 'test', 't'))
    visit.jar.device = device
    await world.now.logins.handlers.signIn({ email: n < 0 ? owner.email : emailOf(n), password: given }, visit.context)
    return visit
  }
  const codeFor = (asked: Promise<unknown>) =>
    asked.then(
      () => 'in',
      (error: unknown) => codeOf(error),
    )
  const guess = async (n: number, ip: string) => {
    const code = await codeFor(signIn(n, ip, { given: 'a wrong one, again' }))
    answers.set(code, (answers.get(code) ?? 0) + 1)
  }

  it('keeps none of their owners out, while a hundred guesses wait at every moment and after them [security 13 94]', async () => {
    // From five addresses, each e-mail twice: most guesses find the queue full, as those of a real flood do.
    let next = 0
    const most = people * 2
    const attackers = Array.from({ length: 100 }, async () => {
      while (next < most) {
        const turn = next++
        await guess(turn % people, `198.51.100.${turn % 5}`)
        if (turn % 200 === 0) await new Promise(setImmediate)
      }
    })
    const during: string[] = []
    while (next < most) for (const [n, device] of browsers) during.push(await codeFor(signIn(n, '198.51.100.7', { device })))
    await Promise.all(attackers)
    assert.ok(during.length >= 4, String(during.length))
    assert.deepEqual([...new Set(during)], ['in'])
    assert.deepEqual([...answers.keys()].sort(), ['rate_limited', 'unauthenticated'])
    assert.equal(
      [...answers.values()].reduce((sum, count) => sum + count, 0),
      most,
    )
    // From their own addresses, in browsers that nobody knows, at once.
    for (const n of [1, 333, 777]) assert.equal(await codeFor(signIn(n, `192.0.2.${n % 200}`)), 'in')
    assert.equal(await codeFor(signIn(-1, '192.0.2.1', { given: owner.password })), 'in')
  })

  it('has each of them wait a minute at most, who comes from an address of the attack in a new browser [security 94]', async () => {
    const ip = '198.51.100.200'
    for (let tries = 0; tries < 40; tries++) {
      const error = await signIn(5, ip, { given: 'a wrong one, again' }).catch((cause: unknown) => cause as FairleadError)
      world.clock.nowMs += Number((error as FairleadError).details?.['retryAfterSeconds'] ?? 0) * 1000
    }
    await guess(5, ip)
    assert.equal(await codeFor(signIn(5, ip)), 'rate_limited')
    world.clock.nowMs += 60_000
    assert.equal(await codeFor(signIn(5, ip)), 'in')
  })

  it('grows what the hub keeps of it to 20,000 entries and no further [security 13 94]', async () => {
    assert.ok(world.now.logins.delays.kept >= 1000)
    for (let n = 0; n < 50_000; n++)
      try {
        world.now.logins.delays.begin(`nobody${n}@elsewhere.example`, '198.51.100.1')
      } catch {
        // Too soon: counted already.
      }
    assert.equal(world.now.logins.delays.kept, 20_000)
  })
})
