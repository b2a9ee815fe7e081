import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import type { Me, SecondStep } from '@fairlead/protocol/features/logins.ts'
import { authorize, type Caller } from '../base/access.ts'
import { eq } from '../base/drizzle.ts'
import { accounts, identityProviders, memberships, organizations } from '../base/tables.ts'
import { codeOf as totpCode, stepOf } from '../factors/codes.ts'
import { createAuthenticator } from '../factors/test-authenticator.ts'
import { grants } from '../roles/tables.ts'
import { tie } from './own.ts'
import { about, openTestPeople, origin, owner, settings, type TestPeople } from './test-people.ts'

describe('people whom a provider knows', () => {
  let world: TestPeople
  let me: Me
  let boss: Caller

  before(async () => void (world = await openTestPeople()))
  after(() => world.close())
  beforeEach(async () => {
    me = await world.reset()
    boss = await world.signedIn(owner)
  })

  const whole = { on: 'organization' } as const
  const make = async (by = boss, more: object = {}) =>
    world.now.identities.handlers.create(
      {
        name: `Provider ${randomUUID().slice(0, 8)}`,
        settings,
        enabled: true,
        justInTime: true,
        ...more,
      },
      world.visit(by).context,
    )
  const rule = (provider: string, group: string, role: string, by = boss) =>
    world.now.identities.handlers.addRule({ id: provider, group, role, reach: whole }, world.visit(by).context)
  const refusal = (asked: Promise<unknown>) =>
    asked.then(
      () => assert.fail('let in'),
      (error: Error) => error,
    )
  const roleNames = async (account: string, organization = me.organization.id) =>
    (await world.now.roles.grantsOf(organization))
      .filter(({ holder }) => holder.id === account)
      .map(({ role }) => role.name)
      .sort()
  const all = async <T>(rows: Promise<readonly T[]>) => (await rows).length
  const countAccounts = () => all(world.db.tx({}, (_sql, orm) => orm.select().from(accounts)))
  /** Comes through, and is asked with that login. */
  async function come(provider: string, subject: string, groups: string[] = [], more: object = {}) {
    const at = world.visit()
    const arrived = { organization: me.organization.id, provider, subject, name: 'Ines Roy', groups, ...more }
    const answer = (await world.now.identities.arrive(arrived, at.context)) as Me
    return { answer, token: at.jar.token, caller: (await world.callerOf(at.jar.token))! }
  }

  it('get an account with the roles that the rules give, the same one next time, and lose what they are in no group for', async () => {
    const { id } = await make()
    await rule(id, 'ops', 'operator')
    await rule(id, 'audit', 'auditor')
    const { answer } = await come(id, 'i 1', ['ops', 'audit', 'other'])
    assert.deepEqual(await roleNames(answer.account), ['auditor', 'operator'])
    await world.db.tx({ organization: me.organization.id }, (_sql, orm) =>
      world.now.roles.give(orm, { organization: me.organization.id, account: answer.account, role: 'viewer', reach: whole }),
    )
    await world.db.tx({ organization: me.organization.id }, (_sql, orm) =>
      world.now.roles.give(orm, { organization: me.organization.id, account: answer.account, role: 'auditor', reach: whole }),
    )
    const again = await come(id, 'i 1', ['ops'], { name: 'Ines Martin' })
    assert.deepEqual([again.answer.account, again.answer.name, again.answer.email], [answer.account, 'Ines Martin', ''])
    // What was given by hand stays, though the rules gave the same.
    assert.deepEqual(await roleNames(answer.account), ['auditor', 'operator', 'viewer'])
    assert.notEqual((await come(id, 'i 2', ['ops'])).answer.account, answer.account)
  })

  it('who are in no group with a role have no account; who had one and lost the last of it are let out [security 100]', async () => {
    const { id } = await make()
    const before = await countAccounts()
    const error = await refusal(come(id, 'i 1', ['ops']))
    assert.deepEqual([codeOf(error), await countAccounts()], ['forbidden', before])
    await rule(id, 'ops', 'viewer')
    const { token } = await come(id, 'i 1', ['ops'])
    assert.ok(await world.callerOf(token))
    assert.equal(codeOf(await refusal(come(id, 'i 1', ['none']))), 'forbidden')
    assert.equal(await world.callerOf(token), undefined)
    const strict = await make(boss, { justInTime: false })
    await rule(strict.id, '*', 'viewer')
    assert.match((await refusal(come(strict.id, 'i 9', ['ops']))).message, /no account here yet/)
  })

  it('become nobody by an e-mail: it finds no account, and the account of theirs is found by none [security 100]', async () => {
    const { id } = await make()
    await rule(id, '*', 'viewer')
    const { answer } = await come(id, 'i 1', [], { email: owner.email, name: owner.name })
    assert.notEqual(answer.account, me.account)
    await come(id, 'i 2', [], { email: 'new@harbour.example' })
    const [row] = await world.db.tx({}, (_sql, orm) => orm.select().from(accounts).where(eq(accounts.id, answer.account)))
    assert.deepEqual([row?.email, row?.passwordHash], [null, null])
    for (const email of ['new@harbour.example', '', 'null', answer.account])
      assert.equal(
        codeOf(await refusal(world.now.logins.handlers.signIn({ email, password: '' }, world.visit().context))),
        'unauthenticated',
      )
    // The e-mail is free for whoever it belongs to.
    const person = { name: 'New', password: owner.password, language: 'en' } as const
    assert.notEqual((await world.now.logins.personOf('new@harbour.example', person, about.ip)).made, undefined)
    assert.equal((await world.signedIn(owner)).account, me.account)
  })

  it('of another organization’s provider are people of that organization alone [security 4 100]', async () => {
    const theirs = await world.now.logins.makeOrganization(boss.account, 'Elsewhere')
    const there = await world.now.logins.enter(theirs, world.visit(boss).context).then(() => world.signedIn(owner, theirs))
    const { id } = await make(there)
    await rule(id, '*', 'admin', there)
    const at = world.visit()
    const arrived = { organization: theirs, provider: id, subject: 'i 1', name: owner.name, email: owner.email, groups: [] }
    const answer = (await world.now.identities.arrive(arrived, at.context)) as Me
    assert.equal(answer.organization.id, theirs)
    const of = await world.db.tx({ account: answer.account }, (_sql, orm) =>
      orm.select().from(memberships).where(eq(memberships.accountId, answer.account)),
    )
    assert.deepEqual(
      of.map(({ organizationId }) => organizationId),
      [theirs],
    )
    // Its id said to be of the first organization is nobody's there.
    assert.equal(
      codeOf(await refusal(world.now.identities.arrive({ ...arrived, organization: me.organization.id }, world.visit().context))),
      'unauthenticated',
    )
    assert.deepEqual((await world.now.identities.handlers.offered({}, world.visit().context)).providers, [])
    assert.deepEqual(
      (await world.now.identities.handlers.offered({ organization: theirs }, world.visit().context)).providers.map((one) => one.id),
      [id],
    )
    assert.deepEqual(await world.now.identities.handlers.list({}, world.visit(boss).context), [])
  })

  it('stay in the organization, run nothing of the hub, and get at nothing that holds a person’s own account [security 82 100]', async () => {
    const theirs = await world.now.logins.makeOrganization(boss.account, 'Elsewhere')
    const { id } = await make()
    await rule(id, '*', 'viewer')
    await tie(world.now.deps, { organization: me.organization.id, provider: id, subject: 'i 1', name: 'Odile', groups: [] }, boss)
    const { answer, caller } = await come(id, 'i 1')
    assert.deepEqual([answer.account, answer.provider?.own], [me.account, false])
    assert.equal(boss.rights.somewhere('hub:organizations'), true)
    assert.equal(caller.rights.somewhere('hub:organizations'), false)
    assert.equal(caller.rights.somewhere('accounts:manage'), true)
    assert.deepEqual(
      answer.permissions.filter((one) => one.startsWith('hub:')),
      [],
    )
    assert.deepEqual(
      (await world.now.organizations.list({}, world.visit(caller).context)).map((one) => one.id),
      [me.organization.id],
    )
    const closed = [
      'organizations.enter',
      'factors.addPasskey',
      'factors.beginPasskey',
      'factors.addTotp',
      'factors.removeTotp',
      'factors.removePasskey',
    ]
    closed.push(
      'factors.setPassword',
      'factors.drawCodes',
      'logins.list',
      'logins.end',
      'logins.endOthers',
      'tokens.create',
      'identities.link',
      'identities.unlink',
    )
    const ask = (name: string, who: Caller) => {
      const [feature = '', method = ''] = name.split('.')
      authorize(name, (hubFeatures as never)[feature][method], who, {})
    }
    // As if the second factor were there that the organization asks of who manages it: nothing else may be in the way.
    const { mustEnrol: asked, ...proof } = boss.proof!
    assert.equal(asked, true)
    for (const name of closed) {
      assert.throws(
        () => ask(name, caller),
        (error) => codeOf(error) === 'forbidden',
        name,
      )
      assert.doesNotThrow(() => ask(name, { ...boss, proof }), name)
    }
    const own = await come(id, 'i 2')
    assert.equal(own.answer.provider?.own, true)
    for (const name of ['organizations.enter', 'identities.link']) assert.throws(() => ask(name, own.caller), name)
    assert.doesNotThrow(() => ask('factors.addTotp', own.caller))
    assert.ok(theirs)
  })

  it('are tied to an account that there was by its person alone, and each to one account [security 100]', async () => {
    const { id } = await make()
    await rule(id, '*', 'viewer')
    const arrived = { organization: me.organization.id, provider: id, subject: 'i 1', name: 'Odile', groups: [] }
    const stranger = await come(id, 'i 9')
    assert.equal(codeOf(await refusal(tie(world.now.deps, arrived, stranger.caller))), 'forbidden')
    assert.equal(codeOf(await refusal(tie(world.now.deps, { ...arrived, subject: 'i 9' }, boss))), 'conflict')
    await tie(world.now.deps, arrived, boss)
    assert.equal(codeOf(await refusal(tie(world.now.deps, arrived, boss))), 'conflict')
    const { token, answer } = await come(id, 'i 1')
    assert.deepEqual(await roleNames(me.account), ['owner', 'viewer'])
    const [link] = await world.now.identities.handlers.mine({}, world.visit(boss).context)
    await world.now.identities.handlers.unlink({ id: link!.id }, world.visit(boss).context)
    assert.equal(await world.callerOf(token), undefined)
    assert.deepEqual([answer.account, await roleNames(me.account)], [me.account, ['owner']])
    assert.notEqual((await come(id, 'i 1')).answer.account, me.account)
    const [own] = await world.now.identities.handlers.mine({}, world.visit(stranger.caller).context)
    assert.equal(
      codeOf(await refusal(world.now.identities.handlers.unlink({ id: own!.id }, world.visit(stranger.caller).context))),
      'not_found',
    )
  })

  it('get by a rule no more than who wrote it has; an owner by rule takes an owner [security 112]', async () => {
    const admin = await world.person('admin')
    const { id } = await make(admin)
    assert.equal(codeOf(await refusal(rule(id, 'ops', 'owner', admin))), 'forbidden')
    await rule(id, 'ops', 'operator', admin)
    await rule(id, 'chiefs', 'owner')
    // Whose rules give more than they have, that provider is not theirs to change; nor through whom somebody with more comes.
    const change = (by: Caller, fields: object) => world.now.identities.handlers.update({ id, ...fields }, world.visit(by).context)
    assert.equal(codeOf(await refusal(change(admin, { name: 'mine' }))), 'forbidden')
    const [found] = await world.now.identities.handlers.list({}, world.visit(boss).context)
    await world.now.identities.handlers.removeRule(
      { id, rule: found!.rules.find(({ group }) => group === 'chiefs')!.id },
      world.visit(boss).context,
    )
    await change(admin, { name: 'mine' })
    await tie(world.now.deps, { organization: me.organization.id, provider: id, subject: 'i 1', name: 'Odile', groups: [] }, boss)
    assert.equal(codeOf(await refusal(change(admin, { name: 'again' }))), 'forbidden')
    assert.equal(codeOf(await refusal(world.now.identities.handlers.remove({ id }, world.visit(admin).context))), 'forbidden')
  })

  it('as owners by a rule do not keep the last real owner from being the last, and the rule’s grant is taken back by the rule alone', async () => {
    const { id } = await make()
    await rule(id, '*', 'owner')
    const { answer } = await come(id, 'i 1')
    assert.deepEqual(await roleNames(answer.account), ['owner'])
    const listed = await world.now.roles.grantsOf(me.organization.id)
    const of = (account: string) => listed.find(({ holder }) => holder.id === account)!
    const revoke = (grant: string) => world.now.roles.handlers.revoke({ id: grant }, world.visit(boss).context)
    assert.match((await refusal(revoke(of(me.account).id))).message, /last owner/)
    assert.match((await refusal(revoke(of(answer.account).id))).message, /rules/)
    assert.ok(of(answer.account).provider)
  })

  it('are out at once when the provider is closed or removed, with all that its rules gave [security 84]', async () => {
    const { id } = await make()
    await rule(id, '*', 'viewer')
    const { token, answer, caller } = await come(id, 'i 1')
    const other = await world.signedIn(owner)
    world.ends.length = 0
    await world.now.identities.handlers.update({ id, enabled: false }, world.visit(boss).context)
    assert.deepEqual(world.ends, [caller.login])
    assert.equal(await world.callerOf(token), undefined)
    assert.equal(
      (await world.now.roles.rightsOf({ organization: me.organization.id, account: answer.account })).somewhere('hosts:read'),
      false,
    )
    const before = await countAccounts()
    assert.equal(codeOf(await refusal(come(id, 'i new'))), 'unauthenticated')
    assert.equal(await countAccounts(), before)
    assert.equal(codeOf(await refusal(come(id, 'i 1'))), 'unauthenticated')
    await world.now.identities.handlers.update({ id, enabled: true }, world.visit(boss).context)
    const again = await come(id, 'i 1')
    assert.equal(again.answer.account, answer.account)
    await world.now.identities.handlers.remove({ id }, world.visit(boss).context)
    assert.equal(await world.callerOf(again.token), undefined)
    assert.deepEqual(await roleNames(answer.account), [])
    assert.equal((await world.callerOf(other.cookie))?.account, me.account)
  })

  it('find a login closed though nobody told: what is read of it says so', async () => {
    const { id } = await make()
    await rule(id, '*', 'viewer')
    const at = world.visit()
    await world.now.identities.arrive({ organization: me.organization.id, provider: id, subject: 'i 1', name: 'I', groups: [] }, at.context)
    await world.db.tx({ organization: me.organization.id }, (_sql, orm) =>
      orm.update(identityProviders).set({ enabled: false }).where(eq(identityProviders.id, id)),
    )
    assert.equal(await world.callerOf(at.jar.token), undefined)
  })

  it('show a second factor here, or have shown it there, as the provider is set; a passkey alone is no way in for them [security 99]', async () => {
    const { id } = await make()
    await rule(id, '*', 'viewer')
    await world.db.tx({ organization: me.organization.id }, (_sql, orm) => orm.update(organizations).set({ secondFactor: 'everyone' }))
    const { caller, answer } = await come(id, 'i 1')
    assert.deepEqual([answer.mustEnrol, caller.proof?.mustEnrol, caller.proof?.accepts], [true, true, ['provider']])
    const { context } = world.visit(caller)
    const { step, secret } = await world.now.own.beginTotp({}, context)
    const key = world.now.factors.tickets.look<Uint8Array>(step, 'totp', caller.login)!.data
    await world.now.own.addTotp({ step, code: totpCode(key, stepOf(world.clock.wallMs)) }, context)
    assert.ok(secret)
    const at = world.visit()
    const arrived = { organization: me.organization.id, provider: id, subject: 'i 1', name: 'I', groups: [] }
    const asked = (await world.now.identities.arrive(arrived, at.context)) as SecondStep
    assert.deepEqual([asked.accepts, at.jar.token], [['totp', 'recovery'], ''])
    world.clock.wallMs += 60_000
    const given = { factor: 'totp', code: totpCode(key, stepOf(world.clock.wallMs)) } as const
    await world.now.logins.handlers.finish({ step: asked.step, given }, at.context)
    const through = (await world.callerOf(at.jar.token))!
    assert.deepEqual([through.through?.id, through.proof?.factor, through.proof?.mustEnrol], [id, 'totp', undefined])
    const device = createAuthenticator()
    const passkey = device.make(await world.now.own.beginPasskey({}, world.visit(through).context), { origin })
    await world.now.own.addPasskey({ name: 'key', answer: passkey }, world.visit(through).context)
    const signed = device.sign(await world.now.logins.handlers.challenge({}, world.visit().context), { origin })
    assert.equal(
      codeOf(await refusal(world.now.logins.handlers.signInWithPasskey({ answer: signed }, world.visit().context))),
      'unauthenticated',
    )

    await world.now.identities.handlers.setSecondFactor({ id, secondFactor: 'provider' }, world.visit(boss).context)
    const there = await come(id, 'i 2')
    assert.deepEqual([there.answer.mustEnrol, there.caller.proof?.mustEnrol], [undefined, undefined])
    // A step that was waiting when the provider was closed opens nothing.
    await world.now.identities.handlers.setSecondFactor({ id, secondFactor: 'here' }, world.visit(boss).context)
    const waiting = (await world.now.identities.arrive(arrived, world.visit().context)) as SecondStep
    await world.now.identities.handlers.update({ id, enabled: false }, world.visit(boss).context)
    world.clock.wallMs += 60_000
    const late = { factor: 'totp', code: totpCode(key, stepOf(world.clock.wallMs)) } as const
    assert.equal(
      codeOf(await refusal(world.now.logins.handlers.finish({ step: waiting.step, given: late }, world.visit().context))),
      'unauthenticated',
    )
  })

  it('come by a secret that is sealed, shown to nobody, and goes to no address that it was not given for [security 127]', async () => {
    const canary = 'canary-hunter2'
    const { id, hasSecret, ...rest } = await make(boss, { secret: canary })
    assert.deepEqual([hasSecret, JSON.stringify(rest).includes(canary)], [true, false])
    const [row] = await world.db.tx({ organization: me.organization.id }, (_sql, orm) => orm.select().from(identityProviders))
    assert.equal(Buffer.from(row!.secret!).includes(canary), false)
    const move = { ...settings, issuer: 'https://evil.example' }
    const change = (fields: object) => world.now.identities.handlers.update({ id, ...fields }, world.visit(boss).context)
    assert.match((await refusal(change({ settings: move }))).message, /secret anew/)
    await world.now.identities.handlers.setSecondFactor({ id, secondFactor: 'provider' }, world.visit(boss).context)
    const other = await change({ settings: { ...settings, clientId: 'other' } })
    assert.deepEqual([other.hasSecret, other.secondFactor], [true, 'provider'])
    // Who was trusted to ask for a second factor was the one that was there.
    const moved = await change({ settings: move, secret: 'another' })
    assert.deepEqual([moved.hasSecret, moved.secondFactor], [true, 'here'])
    assert.equal((await change({ secret: '' })).hasSecret, false)
  })

  it('visiting for the first time ten times at once are one account', async () => {
    const { id } = await make()
    await rule(id, '*', 'viewer')
    const came = await Promise.all(Array.from({ length: 10 }, () => come(id, 'i 1')))
    assert.equal(new Set(came.map(({ answer }) => answer.account)).size, 1)
    assert.equal(await all(world.db.tx({ organization: me.organization.id }, (_sql, orm) => orm.select().from(grants))), 2)
  })
})
