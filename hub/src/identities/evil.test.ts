import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { accounts } from '../base/tables.ts'
import { createDiscovery } from './oidc/discover.ts'
import { openEvilProvider, type EvilProvider, type Mood } from './test-evil-provider.ts'
import { openTestPeople, origin, owner, type TestPeople } from './test-people.ts'

const canary = 'canary-hunter2'

// A provider of the organization's own that lies, and somebody in the middle who mixes, repeats and steals what it says.
describe('a provider that is hostile, or is spoken for by somebody who is', () => {
  let world: TestPeople
  let evil: EvilProvider
  let other: EvilProvider
  let me: Me
  const ids = { evil: '', other: '' }

  before(async () => {
    world = await openTestPeople({ allow: ['127.0.0.1'] })
    evil = await openEvilProvider('fairlead', canary)
    other = await openEvilProvider('fairlead', canary)
  })
  after(async () => {
    evil?.close()
    other?.close()
    await world.close()
  })
  beforeEach(async () => {
    me = await world.reset()
    for (const [name, provider] of Object.entries({ evil, other })) {
      Object.assign(provider, { mood: {}, nonce: '' })
      provider.asked.length = 0
      ids[name as 'evil'] = await make(name, provider.issuer)
    }
  })

  async function make(name: string, issuer: string): Promise<string> {
    const boss = await world.signedIn(owner)
    const { handlers } = world.now.identities
    const settings = { kind: 'oidc', issuer, clientId: 'fairlead', scopes: 'openid', groupsClaim: 'groups' } as const
    const given = { name, settings, secret: canary, enabled: true, justInTime: true } as const
    const { id } = await handlers.create(given, world.visit(boss).context)
    await handlers.addRule({ id, group: 'ops', role: 'viewer', reach: { on: 'organization' } }, world.visit(boss).context)
    return id
  }
  /** A browser on its way to the provider. */
  async function leave(id = ids.evil) {
    const at = world.visit()
    const { url } = await world.now.identities.handlers.begin(
      { id, organization: me.organization.id, origin, to: '/hosts?x=1' },
      at.context,
    )
    const asked = new URL(url).searchParams
    const by = id === ids.other ? other : evil
    by.nonce = asked.get('nonce')!
    return { ...at, state: asked.get('state')!, asked, iss: by.issuer, provider: id }
  }
  type Left = Awaited<ReturnType<typeof leave>>
  const back = async (
    { state, iss, provider, jar }: Left,
    more: Readonly<Record<string, string>> = {},
    where: { provider?: string; token?: string } = {},
  ) => {
    const search = `?${new URLSearchParams({ code: 'c', state, iss, ...more }).toString()}`
    const at = world.visit()
    const { to } = await world.now.identities.finish({ provider, search, token: jar.away, ...where }, at.context)
    return { to, cookie: at.jar.token }
  }
  const countAccounts = async () => (await world.db.tx({}, (_sql, orm) => orm.select().from(accounts))).length
  /** Nobody is in, nobody was made, and nothing of what was said is repeated. */
  async function refuses(mood: Mood, reason = /signin-reason=(failed|unreachable)/, more: Readonly<Record<string, string>> = {}) {
    const before = await countAccounts()
    const left = await leave()
    evil.mood = mood
    const { to, cookie } = await back(left, more)
    evil.mood = {}
    assert.match(to, reason, JSON.stringify(mood))
    assert.equal(to.includes(canary), false)
    assert.deepEqual([cookie, await countAccounts()], ['', before], JSON.stringify(mood))
  }

  it('lets somebody in when all is as it should be, with PKCE, state and nonce of that sign-in alone [security 100]', async () => {
    const [left, next] = [await leave(), await leave()]
    for (const name of ['state', 'nonce', 'code_challenge'] as const) assert.notEqual(left.asked.get(name), next.asked.get(name), name)
    assert.deepEqual([left.asked.get('code_challenge_method'), left.asked.get('response_type')], ['S256', 'code'])
    assert.equal(left.asked.get('redirect_uri'), `${origin}/auth/oidc/${ids.evil}/callback`)
    evil.nonce = left.asked.get('nonce')!
    const { to, cookie } = await back(left)
    assert.equal(to, '/hosts?x=1')
    const caller = (await world.callerOf(cookie))!
    assert.deepEqual([caller.name, caller.through?.id, caller.proof?.factor], ['Ines', ids.evil, 'provider'])
    const { body } = evil.asked.find(({ path }) => path === '/token')!
    assert.ok(body.get('code_verifier'))
    assert.equal(body.get('redirect_uri'), left.asked.get('redirect_uri'))
  })

  it('has no answer taken twice, by another browser, without a cookie, with another state, or at another provider’s address [security 100]', async () => {
    const left = await leave()
    assert.match((await back(left, {}, { token: 'x'.repeat(43) })).to, /reason=late/)
    const again = await leave()
    assert.ok((await back(again)).cookie)
    for (const more of [{}, { state: 'x'.repeat(43) }, { state: '' }]) assert.match((await back(again, more)).to, /reason=late/)
    const bare = await leave()
    assert.match(
      (
        await world.now.identities.finish(
          { provider: bare.provider, search: `?code=c&state=${bare.state}`, token: undefined },
          bare.context,
        )
      ).to,
      /late/,
    )
    // Mixed up: what one was asked is answered at the address of the other, and is not tried there either.
    const mixed = await leave()
    other.asked.length = 0
    const { to, cookie } = await back(mixed, {}, { provider: ids.other })
    assert.match(to, /reason=failed/)
    assert.deepEqual([cookie, other.asked.filter(({ path }) => path === '/token').length], ['', 0])
    // The state of one browser with the cookie of another.
    const [mine, theirs] = [await leave(), await leave()]
    assert.match((await back({ ...theirs, jar: mine.jar })).to, /reason=late/)
  })

  it('is not believed when the answer names another issuer, or none where it said that it would [security 100]', async () => {
    await refuses({}, /failed/, { iss: other.issuer })
    await refuses({}, /failed/, { iss: `${evil.issuer}/` })
    const left = await leave()
    const search = `?${new URLSearchParams({ code: 'c', state: left.state }).toString()}`
    const at = world.visit()
    assert.match((await world.now.identities.finish({ provider: left.provider, search, token: left.jar.away }, at.context)).to, /failed/)
    assert.equal(at.jar.token, '')
  })

  it('is not believed with the code or the nonce of another sign-in [security 100]', async () => {
    const stolen = await leave()
    const mine = await leave()
    // A provider that does not look at the verifier: the nonce in the token is still the one of whoever began.
    evil.nonce = stolen.asked.get('nonce')!
    const { to, cookie } = await back(mine)
    assert.match(to, /failed/)
    assert.equal(cookie, '')
    await refuses({ claims: { nonce: undefined } })
    await refuses({ claims: { nonce: '' } })
  })

  it('is not believed unsigned, signed with a shared secret or the public key, or by a key of nobody’s [security 100]', async () => {
    for (const alg of ['none', 'HS256', 'HS256-secret', 'other-key'] as const) {
      await refuses({ alg })
      // Not even where it says of itself that it signs so.
      const algs = { id_token_signing_alg_values_supported: ['none', 'HS256', 'RS256'] }
      evil.mood = { discovery: algs, alg }
      const id = await make(`lax ${alg}`, evil.issuer)
      const left = await leave(id)
      const { to, cookie } = await back(left)
      evil.mood = {}
      assert.match(to, /failed/, alg)
      assert.equal(cookie, '')
    }
    evil.mood = { discovery: { id_token_signing_alg_values_supported: ['none', 'HS256'] } }
    await assert.rejects(make('only shared', evil.issuer).then(leave), (error) => codeOf(error) === 'bad_upstream')
  })

  it('is not believed of another audience, another issuer, another time, or about nobody [security 100]', async () => {
    const now = Math.floor(Date.now() / 1000)
    const lies = [
      { aud: 'other' },
      { aud: ['fairlead', 'other'], azp: 'other' },
      { aud: undefined },
      { iss: other.issuer },
      { iss: `${evil.issuer}/` },
    ]
    for (const claims of [
      ...lies,
      { exp: now - 3600 },
      { exp: undefined },
      { iat: undefined },
      { nbf: now + 3600 },
      { sub: undefined },
      { sub: '' },
      { sub: 7 },
    ])
      await refuses({ claims })
    await refuses({ claims: { groups: undefined }, userinfo: { sub: 'somebody-else', groups: ['ops'] } })
  })

  it('makes nobody of an e-mail, verified or not, and none of its people another provider’s with the same name [security 100]', async () => {
    const left = await leave()
    evil.mood = { claims: { sub: me.account, email: owner.email, email_verified: true, preferred_username: owner.email } }
    const caller = (await world.callerOf((await back(left)).cookie))!
    assert.notEqual(caller.account, me.account)
    evil.mood = {}
    const first = (await world.callerOf((await back(await leave())).cookie))!
    const second = (await world.callerOf((await back(await leave(ids.other))).cookie))!
    assert.notEqual(first.account, second.account)
  })

  it('is found by its own name to the letter, but for the slash of no path; and never by a way around that [security 100]', async () => {
    const open = createDiscovery(world.now.deps)
    const refused = async (issuer: string, mood: Mood = {}) => {
      evil.mood = mood
      const id = await make(`found ${Math.random()}`, issuer)
      await assert.rejects(leave(id), (error) => codeOf(error) === 'bad_upstream', issuer)
      evil.mood = {}
    }
    assert.ok(open)
    await refused(`${evil.issuer}/tenant`)
    await refused(`${evil.issuer}/tenant`, { discovery: { issuer: `${evil.issuer}/tenant/` } })
    await refused(`${evil.issuer}/tenant/`, { discovery: { issuer: `${evil.issuer}/tenant` } })
    await refused(evil.issuer, { discovery: { issuer: other.issuer } })
    await refused(evil.issuer, { discovery: { issuer: undefined } })
    await refused(`${evil.issuer}/.well-known/openid-configuration`)
    for (const field of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'])
      for (const value of ['javascript:alert(1)', 'data:text/html,x', undefined, 7, '/relative'])
        await refused(evil.issuer, { discovery: { [field]: value } })
    const slash = await make('slash', `${evil.issuer}/`)
    assert.ok((await back(await leave(slash))).cookie)
  })

  it('is asked through the guard alone: no redirect, nothing huge, nothing slow, nowhere that is closed [security 100 119]', async () => {
    const refused = async (instead: NonNullable<Mood['instead']>) => {
      evil.mood = { instead }
      const id = await make(`guarded ${Math.random()}`, evil.issuer)
      await assert.rejects(leave(id), (error) => ['bad_upstream', 'invalid_input'].includes(codeOf(error)))
      evil.mood = {}
    }
    const found = (path: string) => path.endsWith('openid-configuration')
    await refused((path, response) => found(path) && Boolean(response.writeHead(302, { Location: `${other.issuer}${path}` }).end()))
    await refused((path, response) => found(path) && Boolean(response.writeHead(200).end(`{"issuer":"${'x'.repeat(300_000)}"}`)))
    await refused((path, response) => found(path) && Boolean(response.writeHead(200).end('<html>')))
    const large = 'y'.repeat(300_000)
    for (const at of ['/token', '/jwks'])
      await refuses({
        instead: (path, response) =>
          path === at && Boolean(response.writeHead(200, { 'Content-Type': 'application/json' }).end(`{"x":"${large}"}`)),
      })
    await refuses({
      instead: (path, response) => path === '/token' && Boolean(response.writeHead(307, { Location: `${other.issuer}/token` }).end()),
    })
    assert.deepEqual(
      other.asked.filter(({ path }) => path !== '/.well-known/openid-configuration'),
      [],
    )
    // What it names itself is judged like its own address: here is somebody, and is not asked.
    let asked = 0
    const inside = createServer((_request, response) => {
      asked++
      response.end('{}')
    }).listen(0, '127.0.0.2')
    await once(inside, 'listening')
    const closed = `http://127.0.0.2:${(inside.address() as AddressInfo).port}/x`
    for (const field of ['token_endpoint', 'jwks_uri', 'userinfo_endpoint']) {
      evil.mood = { discovery: { [field]: closed }, claims: { groups: undefined } }
      const { to, cookie } = await back(await leave(await make(`inside ${field}`, evil.issuer)))
      assert.match(to, /failed|unreachable/)
      assert.equal(cookie, '')
    }
    inside.close()
    assert.equal(asked, 0)
  })

  it('has what it says of errors repeated nowhere, and nobody is led to another site [security 100]', async () => {
    await refuses({}, /reason=refused$/, { error: 'access_denied', error_description: canary, error_uri: `https://evil.example/${canary}` })
    await refuses({}, /reason=failed$/, { error: canary })
    await refuses({
      instead: (path, response) =>
        path === '/token' &&
        Boolean(
          response.writeHead(400, { 'Content-Type': 'application/json' }).end(`{"error":"${canary}","error_description":"${canary}"}`),
        ),
    })
    const { handlers } = world.now.identities
    const asked = { id: ids.evil, organization: me.organization.id, to: '/' }
    for (const wrong of ['https://evil.example', 'http://localhost:8081', 'http://127.0.0.1:8080'])
      await assert.rejects(
        handlers.begin({ ...asked, origin: wrong }, world.visit().context),
        (error) => codeOf(error) === 'invalid_input',
        wrong,
      )
  })

  it('is asked for one discovery however many begin at once', async () => {
    evil.asked.length = 0
    await Promise.all(Array.from({ length: 20 }, () => leave()))
    assert.equal(evil.asked.filter(({ path }) => path.includes('well-known')).length, 1)
  })

  it('is said to be closed, unreachable, or wrong, step by step, by a test [security 100]', async () => {
    const boss = await world.signedIn(owner)
    const test = async (mood: Mood) => {
      evil.mood = mood
      const { steps } = await world.now.identities.handlers.test({ id: ids.evil }, world.visit(boss).context)
      evil.mood = {}
      return Object.fromEntries(steps.map(({ step, state, why }) => [step, why === '' ? state : `${state} ${why}`]))
    }
    const deny = (error: string) =>
      ({
        instead: (path: string, response: { writeHead: Function }) =>
          path === '/token' && Boolean(response.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }))),
      }) as Mood
    const fine = { discovery: 'ok', issuer: 'ok', endpoints: 'ok', algorithms: 'ok', pkce: 'ok', keys: 'ok', callback: 'warn callback' }
    assert.deepEqual(await test(deny('invalid_grant')), { ...fine, client: 'ok' })
    assert.deepEqual(await test(deny('invalid_client')), { ...fine, client: 'failed client' })
    assert.equal((await test({ discovery: { issuer: other.issuer } }))['issuer'], 'failed issuer')
    assert.equal(
      (await test({ instead: (path, response) => path.includes('well-known') && Boolean(response.writeHead(404).end()) }))['discovery'],
      'failed unreachable',
    )
    assert.equal(
      (await test({ instead: (path, response) => path === '/jwks' && Boolean(response.writeHead(200).end('{"keys":[]}')) }))['keys'],
      'failed keys',
    )
  })
})
