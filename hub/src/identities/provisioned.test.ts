import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import type { Caller } from '../base/access.ts'
import { and, eq } from '../base/drizzle.ts'
import { foldName } from '../base/names.ts'
import { accounts, memberships } from '../base/tables.ts'
import { scimUsers } from '../scim/tables.ts'
import { openTestPeople, owner, settings, type TestPeople } from './test-people.ts'

const whole = { on: 'organization' } as const

describe('people whom a directory provisioned', () => {
  let world: TestPeople
  let me: Me
  let boss: Caller
  let directory: string

  before(async () => void (world = await openTestPeople()))
  after(() => world.close())
  beforeEach(async () => {
    me = await world.reset()
    boss = await world.signedIn(owner)
    directory = await connect()
  })

  const make = (more: object = {}, by = boss) =>
    world.now.identities.handlers.create(
      {
        name: `Provider ${randomUUID().slice(0, 8)}`,
        settings,
        enabled: true,
        justInTime: false,
        provisioner: directory,
        ...more,
      },
      world.visit(by).context,
    )
  const come = (provider: string, subject: string, called: { ids: string[]; userName?: string }) =>
    world.now.identities.arrive(
      { organization: me.organization.id, provider, subject, name: 'Ines Roy', groups: [], called },
      world.visit().context,
    ) as Promise<Me>
  const refusal = (asked: Promise<unknown>) =>
    asked.then(
      () => assert.fail('let in'),
      (error: Error) => codeOf(error),
    )

  /** A service account. */
  async function connect(organization = me.organization.id): Promise<string> {
    const id = randomUUID()
    await world.db.tx({ organization }, async (_sql, orm) => {
      await orm.insert(accounts).values({ id, email: null, passwordHash: null, name: 'Directory', kind: 'service' })
      await orm.insert(memberships).values({ organizationId: organization, accountId: id })
    })
    return id
  }

  /** As a directory makes them; with a role that was given by hand. */
  async function provision(
    userName: string,
    externalId: string | null,
    role = 'viewer',
    organization = me.organization.id,
    provisioner = directory,
  ): Promise<string> {
    const id = randomUUID()
    const named = { userName, nameKey: foldName(userName) }
    await world.db.tx({ organization }, async (_sql, orm) => {
      await orm.insert(accounts).values({ id, email: null, passwordHash: null, name: userName })
      await orm.insert(memberships).values({ organizationId: organization, accountId: id })
      await orm.insert(scimUsers).values({ ...named, organizationId: organization, accountId: id, provisioner, externalId, document: {} })
      await world.now.roles.give(orm, { organization, account: id, role, reach: whole })
    })
    return id
  }

  it('sign in to the account that was made for them, by its id or its name, and to no other one ever after', async () => {
    const [ines, jo] = [await provision('Ines@harbour.example', 'ext-1'), await provision('jo@harbour.example', null)]
    const { id } = await make()
    assert.equal((await come(id, 'i 1', { ids: ['ext-1'] })).account, ines)
    assert.equal((await come(id, 'i 2', { ids: ['none'], userName: 'JO@harbour.example' })).account, jo)
    // By the subject alone from then on, whatever is said of names.
    assert.equal((await come(id, 'i 1', { ids: ['ext-2'], userName: 'jo@harbour.example' })).account, ines)
    // Another subject with a name that is taken is somebody else.
    assert.equal(await refusal(come(id, 'i 3', { ids: ['ext-1'] })), 'conflict')
    assert.equal(await refusal(come(id, 'i 5', { ids: [], userName: 'ines@harbour.example' })), 'forbidden')
    assert.equal(await refusal(come(id, 'i 4', { ids: [], userName: 'nobody@harbour.example' })), 'forbidden')
  })

  it('are let out with what their directory takes back, through the provider too', async () => {
    const ines = await provision('ines', 'ext-1')
    const { id } = await make()
    await come(id, 'i 1', { ids: ['ext-1'] })
    await world.db.tx({ organization: me.organization.id }, (_sql, orm) =>
      orm
        .update(memberships)
        .set({ active: false })
        .where(and(eq(memberships.organizationId, me.organization.id), eq(memberships.accountId, ines))),
    )
    assert.equal(await refusal(come(id, 'i 1', { ids: ['ext-1'] })), 'unauthenticated')
  })

  it('are nobody’s who could be two, nor another organization’s, nor where the provider is not set so [security 100]', async () => {
    const theirs = await world.now.logins.makeOrganization(boss.account, 'Elsewhere')
    await provision('ines', 'ext-1')
    await provision('jo', null)
    await provision('kim', 'ext-3', 'viewer', theirs, await connect(theirs))
    const { id } = await make()
    assert.equal(await refusal(come(id, 'i 1', { ids: ['ext-1'], userName: 'jo' })), 'conflict')
    assert.equal(await refusal(come(id, 'i 2', { ids: ['ext-3'], userName: 'kim' })), 'forbidden')
    const plain = await make({ provisioner: '' })
    assert.equal(await refusal(come(plain.id, 'i 1', { ids: ['ext-1'] })), 'forbidden')
  })

  it('are those of one directory: what another one made, under the same id and name, no provider of the first leads to [security 100]', async () => {
    const other = await connect()
    const theirs = await provision('ines', 'ext-1', 'viewer', me.organization.id, other)
    const jo = await provision('jo', null, 'viewer', me.organization.id, other)
    const [mine, its] = [await make(), await make({ provisioner: other })]
    assert.equal(await refusal(come(mine.id, 'i 1', { ids: ['ext-1'] })), 'forbidden')
    assert.equal(await refusal(come(mine.id, 'i 2', { ids: [], userName: 'jo' })), 'forbidden')
    // Both have somebody of that id: each leads to its own.
    const ines = await provision('ines', 'ext-1')
    assert.equal((await come(mine.id, 'i 1', { ids: ['ext-1'] })).account, ines)
    assert.equal((await come(its.id, 'i 1', { ids: ['ext-1'] })).account, theirs)
    assert.equal((await come(its.id, 'i 2', { ids: [], userName: 'JO' })).account, jo)
  })

  it('are led to by what is a service account of the organization, and by nobody’s once it is removed', async () => {
    const theirs = await connect(await world.now.logins.makeOrganization(boss.account, 'Elsewhere'))
    for (const provisioner of [theirs, boss.account, 'nonsense', randomUUID()])
      assert.equal(await refusal(make({ provisioner })), 'invalid_input', provisioner)
    await provision('ines', 'ext-1')
    const { id } = await make()
    await world.db.tx({ organization: me.organization.id }, (_sql, orm) =>
      orm.delete(memberships).where(eq(memberships.accountId, directory)),
    )
    const [row] = await world.now.identities.handlers.list({}, world.visit(boss).context)
    assert.deepEqual([row!.id, row!.provisioner], [id, ''])
    assert.equal(await refusal(come(id, 'i 1', { ids: ['ext-1'] })), 'forbidden')
  })

  it('are handed to no provider by whoever has less than they have [security 100]', async () => {
    await provision('ines', 'ext-1', 'owner')
    const admin = await world.person('admin')
    assert.equal(await refusal(make({}, admin)), 'forbidden')
    const { id } = await make({ provisioner: '' }, admin)
    assert.equal(
      await refusal(world.now.identities.handlers.update({ id, provisioner: directory }, world.visit(admin).context)),
      'forbidden',
    )
    const mine = await make()
    assert.equal(await refusal(world.now.identities.handlers.update({ id: mine.id, settings }, world.visit(admin).context)), 'forbidden')
  })
})
