import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import type { Caller } from '../base/access.ts'
import { codeOf as totpCode, stepOf } from '../factors/codes.ts'
import { openRealProvider, signInThere, type RealProvider } from './test-real-provider.ts'
import { openTestPeople, origin, owner, type TestPeople } from './test-people.ts'

const secret = 'canary-hunter2-canary-hunter2-canary'

// A certified provider in this process, and people who go there and come back.
describe('signing in through an OpenID Connect provider', () => {
  let world: TestPeople
  let real: RealProvider
  let me: Me
  let boss: Caller
  let id = ''

  before(async () => {
    world = await openTestPeople({ allow: ['127.0.0.1'] })
    real = await openRealProvider('fairlead', secret, () => [`${origin}/auth/oidc/${id}/callback`])
  })
  after(async () => {
    real?.close()
    await world.close()
  })
  beforeEach(async () => {
    me = await world.reset()
    boss = await world.signedIn(owner)
    const settings = {
      kind: 'oidc',
      issuer: real.issuer,
      clientId: 'fairlead',
      scopes: 'openid profile email groups',
      groupsClaim: 'groups',
    } as const
    const given = { name: 'Harbour', settings, secret, enabled: true, justInTime: true } as const
    id = (await world.now.identities.handlers.create(given, world.visit(boss).context)).id
    await world.now.identities.handlers.addRule(
      { id, group: 'ops', role: 'operator', reach: { on: 'organization' } },
      world.visit(boss).context,
    )
    real.groups.clear()
    real.groups.set('ines', ['ops', 'night'])
  })

  /** There and back; `jar`: their cookies at the provider. */
  async function go(name: string, by?: Caller, jar = new Map<string, string>(), link = false) {
    const at = world.visit(by)
    const { handlers } = world.now.identities
    const wanted = { id, organization: me.organization.id, origin, to: '/hosts' }
    const { url } = await (link ? handlers.link(wanted, at.context) : handlers.begin(wanted, at.context))
    const back = await signInThere(url, name, jar)
    assert.equal(`${back.origin}${back.pathname}`, `${origin}/auth/oidc/${id}/callback`)
    const there = world.visit()
    const { to } = await world.now.identities.finish({ provider: id, search: back.search, token: at.jar.away }, there.context)
    return { to, cookie: there.jar.token, caller: await world.callerOf(there.jar.token) }
  }

  it('gives an account with the role of one’s group, and is told in the trail [security 100]', async () => {
    const { to, caller } = await go('ines')
    assert.deepEqual(
      [to, caller?.name, caller?.rights.somewhere('hosts:manage'), caller?.rights.somewhere('accounts:manage')],
      ['/hosts', 'ines of the harbour', true, false],
    )
    assert.equal((await go('ines')).caller?.account, caller?.account)
    const rows = await world.db.tx(
      { organization: me.organization.id },
      (sql) => sql<{ body: string }[]>`SELECT body FROM audit ORDER BY seq`,
    )
    const said = rows.map(({ body }) => JSON.parse(body) as { verb: string; factor?: string; targetName?: string })
    assert.ok(said.some(({ verb, targetName }) => verb === 'account.join' && targetName === 'ines of the harbour (Harbour)'))
    assert.ok(said.some(({ verb, factor, targetName }) => verb === 'login.create' && factor === 'provider' && targetName === 'Harbour'))
    assert.equal(
      rows.some(({ body }) => body.includes('canary')),
      false,
    )
  })

  it('lets nobody in whose groups have no role here, and says so', async () => {
    const { to, cookie } = await go('hugo')
    assert.deepEqual([to, cookie], ['/hosts#signin-reason=no-role', ''])
  })

  it('asks for the second factor that the account has here, and goes on with it', async () => {
    const { caller } = await go('ines')
    const { context } = world.visit(caller)
    const { step } = await world.now.own.beginTotp({}, context)
    const key = world.now.factors.tickets.look<Uint8Array>(step, 'totp', caller!.login)!.data
    await world.now.own.addTotp({ step, code: totpCode(key, stepOf(world.clock.wallMs)) }, context)
    const { to, cookie } = await go('ines')
    assert.equal(cookie, '')
    const told = new URLSearchParams(to.split('#')[1])
    assert.equal(told.get('signin-accepts'), 'totp,recovery')
    world.clock.wallMs += 60_000
    const at = world.visit()
    const given = { factor: 'totp', code: totpCode(key, stepOf(world.clock.wallMs)) } as const
    await world.now.logins.handlers.finish({ step: told.get('signin-step')!, given }, at.context)
    assert.equal((await world.callerOf(at.jar.token))?.through?.id, id)
  })

  it('links the account of whoever is signed in and proved it, asked again there; and signs them in by it from then on [security 100]', async () => {
    assert.ok((await go('ines')).caller)
    const { to, cookie } = await go('odile', boss, new Map(), true)
    assert.deepEqual([to, cookie], ['/hosts', ''])
    const [link] = await world.now.identities.handlers.mine({}, world.visit(boss).context)
    assert.deepEqual([link?.linked, link?.name], [true, 'odile of the harbour'])
    const through = await go('odile')
    assert.deepEqual([through.caller?.account, through.caller?.through?.own], [me.account, false])
    // What somebody else signs in by is not to be had.
    assert.match((await go('ines', boss, new Map(), true)).to, /reason=taken/)
  })

  it('links nothing once the login that asked for it has ended', async () => {
    const at = world.visit(boss)
    const { url } = await world.now.identities.handlers.link({ id, origin, to: '/account' }, at.context)
    const back = await signInThere(url, 'odile')
    await world.now.logins.endLogin(boss)
    const { to } = await world.now.identities.finish({ provider: id, search: back.search, token: at.jar.away }, world.visit().context)
    assert.match(to, /reason=closed/)
    const again = await world.signedIn(owner)
    assert.deepEqual(await world.now.identities.handlers.mine({}, world.visit(again).context), [])
  })

  it('proves anew who one is: the login before it ends, and the new one opens what wants a proof', async () => {
    const jar = new Map<string, string>()
    const first = await go('ines', undefined, jar)
    const again = await go('ines', first.caller, jar)
    assert.equal(again.caller?.account, first.caller?.account)
    assert.equal(await world.callerOf(first.cookie), undefined)
    assert.ok(again.caller!.proof!.untilMs > performance.now())
  })

  it('has a code good once: who repeats what the browser brought back gets nothing', async () => {
    const at = world.visit()
    const { url } = await world.now.identities.handlers.begin({ id, organization: me.organization.id, origin, to: '/' }, at.context)
    const back = await signInThere(url, 'ines')
    const finish = () => world.now.identities.finish({ provider: id, search: back.search, token: at.jar.away }, world.visit().context)
    const both = await Promise.all([finish(), finish(), finish()])
    assert.deepEqual(both.map(({ to }) => to).sort(), ['/', '/#signin-reason=late', '/#signin-reason=late'])
  })
  it('is tested with the client and its secret: a wrong one is said to be wrong', async () => {
    const test = async () => {
      const { steps } = await world.now.identities.handlers.test({ id }, world.visit(boss).context)
      return steps.find(({ step }) => step === 'client')
    }
    assert.equal((await test())?.state, 'ok')
    await world.now.identities.handlers.update({ id, secret: 'wrong' }, world.visit(boss).context)
    assert.deepEqual([(await test())?.state, (await test())?.why], ['failed', 'client'])
  })

  it('leaves the owner a way in of their own when the provider is away', async () => {
    const gone = await openRealProvider('fairlead', secret, () => [])
    const settings = { kind: 'oidc', issuer: gone.issuer, clientId: 'fairlead', scopes: 'openid', groupsClaim: 'groups' } as const
    gone.close()
    await world.now.identities.handlers.update({ id, settings, secret }, world.visit(boss).context)
    await assert.rejects(go('ines'), /cannot be reached/)
    assert.equal((await world.signedIn(owner)).account, me.account)
  })
})
