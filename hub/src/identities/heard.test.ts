import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import type { Caller } from '../base/access.ts'
import { secretOf } from '../base/secret.ts'
import { identities } from '../base/tables.ts'
import { openTokens, type Tokens } from '../tokens/tokens.ts'
import { about, openTestPeople, owner, settings, type TestPeople } from './test-people.ts'

const whole = { on: 'organization' } as const

describe('what a provider said of somebody', () => {
  let world: TestPeople
  let me: Me
  let boss: Caller
  let tokens: Tokens
  let provider: string

  before(async () => void (world = await openTestPeople()))
  after(() => world.close())
  beforeEach(async () => {
    me = await world.reset()
    boss = await world.signedIn(owner)
    const permissions = [...new Set(Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door.needs)))]
    tokens = openTokens({ db: world.db, permissions, notices: world.now.factors.notices, rightsOf: world.now.roles.rightsOf })
    const made = { name: 'Harbour', settings, enabled: true, justInTime: true }
    const { handlers } = world.now.identities
    provider = (await handlers.create(made, world.visit(boss).context)).id
    await handlers.addRule({ id: provider, group: 'ops', role: 'operator', reach: whole }, world.visit(boss).context)
  })

  const organization = () => me.organization.id
  const change = (fields: object) => world.now.identities.handlers.update({ id: provider, ...fields }, world.visit(boss).context)
  async function come(subject: string): Promise<Caller> {
    const at = world.visit()
    const arrived = { organization: organization(), provider, subject, name: 'Ines Roy', groups: ['ops'] }
    await world.now.identities.arrive(arrived, at.context)
    return (await world.callerOf(at.jar.token))!
  }
  async function tokenOf(caller: Caller): Promise<string> {
    const input = { name: 'nightly', scopes: ['containers:operate'], days: 90, addresses: [] }
    return (await tokens.handlers.create(input, world.visit(caller).context)).token
  }
  /** Whether its token gets in, and may what the rule gave. */
  async function use(token: string): Promise<boolean | undefined> {
    tokens.forget(organization())
    return (await tokens.findCaller(secretOf(token), about))?.rights.somewhere('containers:operate')
  }
  /** The provider was heard of nobody for so long. */
  const pass = (hours: number) =>
    world.db.tx(
      { organization: organization() },
      (sql) => sql`UPDATE identities SET used_at = now() - ${hours} * interval '1 hour' WHERE organization_id = ${organization()}`,
    )

  it('counts for a day: then no token acts for who stands on it, whatever was given by hand, until they come again [security 102]', async () => {
    const ines = await come('i 1')
    const token = await tokenOf(ines)
    await world.db.tx({ organization: organization() }, (_sql, orm) =>
      world.now.roles.give(orm, { organization: organization(), account: ines.account, role: 'viewer', reach: whole }),
    )
    assert.equal(await use(token), true)
    await pass(23.9)
    assert.equal(await use(token), true)
    await pass(24.1)
    assert.equal(await use(token), undefined)
    await come('i 1')
    assert.equal(await use(token), true)
  })

  it('counts for a day for who has a password too: then what its rules gave them is gone, and nothing else [security 102]', async () => {
    const jo = await world.person('auditor')
    const row = {
      organizationId: organization(),
      id: randomUUID(),
      providerId: provider,
      subject: 'j 1',
      accountId: jo.account,
      name: 'Jo',
    }
    await world.db.tx({ organization: organization() }, (_sql, orm) => orm.insert(identities).values({ ...row, linked: true }))
    await come('j 1')
    const token = await tokenOf(jo)
    const rights = () => world.now.roles.rightsOf({ organization: organization(), account: jo.account })
    assert.deepEqual([await use(token), (await rights()).somewhere('containers:operate')], [true, true])
    await pass(24.1)
    assert.deepEqual([await use(token), (await rights()).somewhere('containers:operate')], [false, false])
    assert.equal((await rights()).somewhere('audit:read'), true)
    await come('j 1')
    assert.deepEqual([await use(token), (await rights()).somewhere('containers:operate')], [true, true])
  })

  it('counts for as long as is set, and not at all while the provider is closed', async () => {
    const token = await tokenOf(await come('i 1'))
    await change({ heardHours: 720 })
    await pass(719)
    assert.equal(await use(token), true)
    await change({ heardHours: 1 })
    assert.equal(await use(token), undefined)
    await pass(0)
    assert.equal(await use(token), true)
    await change({ enabled: false })
    assert.equal(await use(token), undefined)
  })
})
