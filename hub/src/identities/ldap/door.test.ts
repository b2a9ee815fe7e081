import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { LdapSettings } from '@fairlead/protocol/features/ldap.ts'
import { need } from '../../../../e2e/need.ts'
import { nobody } from '../../base/access.ts'
import { openTestPeople, owner, type TestPeople } from '../test-people.ts'
import { most } from './door.ts'
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
  const wrong = 'Name or password is wrong.'
  const late = 'Too many wrong tries; try again in 1 s.'
  const answerOf = (name: string, password: string, ip: string, id?: string) =>
    signIn(name, password, ip, id).then(
      () => 'in',
      (error: Error) => error.message,
    )
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

  it('gets slower for guesses at one name from one source, however it is spelt [security 94 101]', async () => {
    const spellings = ['alice', 'ALICE ', ' alice', '\uFF41lice', 'aLICE', 'Alice', 'alice  ', 'ALice']
    for (const name of spellings) assert.ok((await signIn(name, people.alice)).caller !== undefined, name)
    const answers: string[] = []
    for (const name of spellings) answers.push(await answerOf(name, 'wrong', '192.0.2.99'))
    assert.deepEqual(answers, [...Array<string>(5).fill(wrong), ...Array<string>(3).fill(late)])
    assert.equal(await answerOf('alice', people.alice, '192.0.2.99'), late)
    assert.ok((await signIn('alice', people.alice, '192.0.2.98')).caller !== undefined)
  })

  it('says by no answer that two names are one person, and tries no password of theirs meanwhile [security 93 94 101]', async () => {
    await handlers().update({ id: provider, settings: settings({ nameAttributes: ['uid', 'mail', 'cn'] }) }, await asOwner())
    const ip = '192.0.2.97'
    /** Five tries by each of two names, then one by a third. */
    const guess = async (names: readonly string[], last: string, password = 'wrong') => {
      const answers: string[] = []
      for (const name of names) for (let i = 0; i < 5; i++) answers.push(await answerOf(name, 'wrong', ip))
      return [...answers, await answerOf(last, password, ip)]
    }
    const ofOne = await guess(['alice', 'alice@example.test'], 'Alice Doe', people.alice)
    const ofMany = await guess(['bob', 'nobody'], 'somebody else')
    assert.deepEqual(ofOne, ofMany)
    assert.deepEqual(new Set(ofOne), new Set([wrong]))
    // It was her password: no guess by a third name is worth anything now, and waiting mends it.
    test.clock.nowMs += 1000
    assert.ok((await signIn('Alice Doe', people.alice, ip)).caller !== undefined)
  })

  it('lets in whoever waits as long as they are told to, every time [security 94]', async () => {
    const told = (answer: string) => Number(/try again in (\d+) s/.exec(answer)?.[1] ?? 0)
    // Until it is as slow as it gets, and one try later: nothing that is not told may be slower than what is.
    for (const [ip, most] of [
      ['192.0.2.96', 31],
      ['192.0.2.93', 33],
    ] as const) {
      for (let tries = 0; tries < most; tries++) test.clock.nowMs += told(await answerOf('alice', 'wrong', ip)) * 1000
      const seconds = told(await answerOf('alice', people.alice, ip))
      assert.equal(seconds, 60)
      test.clock.nowMs += seconds * 1000
      assert.ok((await signIn('alice', people.alice, ip)).caller !== undefined)
    }
  })

  it('waits for no more than eight sign-ins of one address, which keep those of another one out of nothing [security 13 94]', async () => {
    const taken = new Set<Socket>()
    const silent = createServer((socket) => void taken.add(socket))
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    try {
      const { port } = silent.address() as AddressInfo
      const made = { name: 'Silent', settings: settings({ port }), justInTime: true, enabled: true, secret: 'x' }
      const { id } = await handlers().create(made, await asOwner())
      const answers: string[] = []
      const refused = Promise.withResolvers<void>()
      const full = () => answers.filter((answer) => answer.startsWith('This address has 8 open sign-ins already'))
      const tries = Array.from({ length: most.address + 4 }, async (_, n) => {
        answers.push(await answerOf(`somebody ${n}`, 'x', '192.0.2.95', id))
        if (full().length === 4) refused.resolve()
      })
      const other = answerOf('alice', 'x', '192.0.2.94', id)
      await refused.promise
      assert.equal(answers.length, 4)
      for (const socket of taken) socket.destroy()
      silent.on('connection', (socket: Socket) => socket.destroy())
      await Promise.all(tries)
      for (const answer of [...answers.slice(4), await other]) assert.match(answer, /^Silent does not answer/)
    } finally {
      for (const socket of taken) socket.destroy()
      silent.close()
    }
  })

  it('is closed alike for a provider that is off, of elsewhere, of another kind or absent', async () => {
    const off = (
      await handlers().create({ name: 'Off', settings: settings(), justInTime: true, enabled: false, secret: 'x' }, await asOwner())
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
