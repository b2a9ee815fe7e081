import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { LdapSettings } from '@fairlead/protocol/features/ldap.ts'
import { need } from '../../../../e2e/need.ts'
import { nobody } from '../../base/access.ts'
import { openTestPeople, owner, type TestPeople } from '../test-people.ts'
import { base, people, reader, settingsOf, startSlapd } from './test-slapd.ts'

describe('signing in by a directory', need('slapd'), () => {
  let slapd: Awaited<ReturnType<typeof startSlapd>>
  let test: TestPeople
  let organization = ''
  let provider = ''
  before(async () => {
    slapd = await startSlapd()
    test = await openTestPeople({ allow: ['127.0.0.0/8', '::1/128'] })
  })
  after(async () => {
    await test?.close()
    await slapd?.close()
  })

  const settings = (more: Partial<LdapSettings> = {}) => settingsOf(slapd, more)
  const asOwner = async () => test.visit(await test.signedIn(owner)).context
  const handlers = () => test.now.identities.handlers
  const create = async (more: Partial<LdapSettings> = {}, enabled = true) => {
    const fields = {
      name: 'Directory',
      settings: settings(more),
      justInTime: true,
      secondFactor: 'here',
      provisioned: false,
      enabled,
    } as const
    return (await handlers().create({ ...fields, secret: reader.password }, await asOwner())).id
  }
  const rule = async (group: string, role: string) =>
    handlers().addRule({ id: provider, group, role, reach: { on: 'organization' } }, await asOwner())

  beforeEach(async () => {
    organization = (await test.reset()).organization.id
    provider = await create()
    await rule(`CN=Admins, OU=groups,${base.toUpperCase()}`, 'viewer')
  })

  const signIn = async (name: string, password: string, ip?: string, id = provider, of = organization) => {
    const { jar, context } = ip === undefined ? test.visit() : test.visit(nobody(ip, 'test', 't'))
    const answer = await handlers().signIn({ id, organization: of, name, password }, context)
    return { answer, caller: await test.callerOf(jar.token) }
  }
  const refused = (work: Promise<unknown>, code: string, what?: RegExp) =>
    assert.rejects(work, (error: Error) => {
      assert.equal(codeOf(error), code, error.message)
      if (what !== undefined) assert.match(error.message, what)
      return true
    })

  it('lets in whom a rule gives a role, each time as the same account, in this organization alone [security 101]', async () => {
    const first = await signIn('alice', people.alice)
    const again = await signIn(' Alice', people.alice)
    assert.ok(first.caller !== undefined && 'account' in first.answer)
    assert.deepEqual([first.answer.name, first.answer.email, first.caller.organization], ['Alice Doe', '', organization])
    assert.equal(again.caller?.account, first.caller.account)
    assert.ok(first.caller.rights.somewhere('hosts:read') && !first.caller.rights.somewhere('audit:read'))
    await refused(signIn('bob', people.bob), 'forbidden', /none of your groups has a role here/)
  })

  it('lets in nobody with a wrong password, no password, or a name that two have, and says the same of all [security 101]', async () => {
    for (const [name, password] of [
      ['alice', 'wrong'],
      ['alice', ''],
      ['', ''],
      ['nobody', people.alice],
      ['*', people.alice],
      ['twin', 'one of the two twins'],
    ] as const)
      await refused(signIn(name, password), 'unauthenticated', /^Name or password is wrong\.$/)
  })

  it('gets slower for guesses at one person from one source, however the name is spelt [security 101]', async () => {
    const id = provider
    await handlers().update({ id, settings: settings({ nameAttributes: ['uid', 'mail'] }) }, await asOwner())
    // Two names of one person, each in several spellings.
    const spellings = ['alice', 'alice@example.test', 'ALICE ', 'Alice@Example.test', ' alice', 'ALICE@example.test', '\uFF41lice', 'aLICE']
    for (const name of spellings) assert.ok((await signIn(name, people.alice)).caller !== undefined, name)
    let late = 0
    for (const name of spellings) {
      try {
        await signIn(name, 'wrong', '192.0.2.99')
      } catch (error) {
        if (codeOf(error) === 'rate_limited') late++
      }
    }
    assert.equal(late, spellings.length - 5)
    await refused(signIn('alice', people.alice, '192.0.2.99'), 'rate_limited')
    assert.ok((await signIn('alice', people.alice, '192.0.2.98')).caller !== undefined)
  })

  it('is closed alike for a provider that is off, of elsewhere, of another kind or absent', async () => {
    const off = (
      await handlers().create(
        { name: 'Off', settings: settings(), justInTime: true, secondFactor: 'here', provisioned: false, enabled: false, secret: 'x' },
        await asOwner(),
      )
    ).id
    for (const [id, of] of [
      [off, organization],
      [provider, '00000000-0000-4000-8000-000000000000'],
      ['00000000-0000-4000-8000-000000000000', organization],
      [provider, 'nonsense'],
      ['nonsense', organization],
    ] as const)
      await refused(signIn('alice', people.alice, undefined, id, of), 'unauthenticated', /Nobody signs in through this provider now/)
  })

  it('says no more to strangers than that a directory does not answer, and its owner gets in by password meanwhile [security 101]', async () => {
    provider = await (async () => {
      const { id } = await handlers().create(
        {
          name: 'Down',
          settings: settings({ port: 1 }),
          justInTime: true,
          secondFactor: 'here',
          provisioned: false,
          enabled: true,
          secret: 'x',
        },
        await asOwner(),
      )
      return id
    })()
    await refused(signIn('alice', people.alice), 'bad_upstream', /^Down does not answer as it should/)
    assert.ok((await test.signedIn(owner)).account !== '')
  })

  it('is tested step by step for who manages it; the secret is in no answer', async () => {
    const steps = async (name?: string, id = provider) =>
      (await handlers().test({ id, ...(name === undefined ? {} : { name }) }, await asOwner())).steps
    assert.deepEqual(
      (await steps('alice')).map(({ step, state }) => `${step} ${state}`),
      ['connect', 'tls', 'bind', 'search', 'user', 'groups'].map((step) => `${step} ok`),
    )
    const [last] = (await steps('nobody')).slice(-1)
    assert.deepEqual([last!.step, last!.state, last!.why], ['user', 'failed', 'ldap'])
    const all = JSON.stringify([await steps('alice'), await handlers().list({}, await asOwner())])
    assert.ok(!all.includes(reader.password))
  })

  it('goes nowhere that the guard keeps closed [security 119]', async () => {
    const closed = await openTestPeople()
    try {
      const me = await closed.reset()
      const context = closed.visit(await closed.signedIn(owner)).context
      const made = {
        name: 'Inside',
        settings: settings(),
        justInTime: true,
        secondFactor: 'here',
        provisioned: false,
        enabled: true,
        secret: 'x',
      } as const
      const { id } = await closed.now.identities.handlers.create(made, context)
      const { steps } = await closed.now.identities.handlers.test({ id }, context)
      assert.deepEqual([steps.length, steps[0]!.state], [1, 'failed'])
      assert.match(steps[0]!.detail ?? '', /FAIRLEAD_OUTBOUND_ALLOW/)
      const { context: stranger } = closed.visit()
      const entered = closed.now.identities.handlers.signIn(
        { id, organization: me.organization.id, name: 'alice', password: people.alice },
        stranger,
      )
      await refused(entered, 'bad_upstream', /^Inside does not answer/)
    } finally {
      await closed.close()
    }
  })

  it('takes a filter that is none, a group that is none, and a secret for elsewhere back to who gave it', async () => {
    await refused(create({ userFilter: '(a' }), 'invalid_input', /no LDAP filter/)
    await refused(create({ ca: 'nonsense' }), 'invalid_input', /PEM/)
    await refused(rule('admins', 'viewer'), 'invalid_input', /named whole/)
    for (const more of [{ host: 'elsewhere.example' }, { security: 'plain' }, { ca: '' }, { bindDn: 'cn=other,dc=x' }] as const)
      await refused(handlers().update({ id: provider, settings: settings(more) }, await asOwner()), 'invalid_input', /give its secret anew/)
    await handlers().update({ id: provider, settings: settings({ userFilter: '(uid=bob)' }) }, await asOwner())
    await refused(signIn('alice', people.alice), 'unauthenticated')
  })
})
