import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

describe('a token of the API', () => {
  let hub: HubProcess
  let owner: Person
  let base: string

  before(async () => {
    hub = await startHub({})
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
  })
  after(() => hub?.stop())

  const make = async (by: Person, scopes: readonly string[], more: object = {}) => {
    const made = await ok(api(by, 'POST', '/tokens', { name: 'nightly', scopes, ...more }))
    return { id: String(made['id']), token: String(made['token']) }
  }
  /** A script: no cookie, no Origin of a page. */
  const use = (token: string, method: string, path: string, body?: unknown) =>
    createPerson(base).ask(method, `/api/v1${path}`, {
      headers: { Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
    })

  it('is told in the list of its account as it is made [security 104]', async () => {
    await make(owner, ['hosts:read'])
    const notices = JSON.parse((await api(owner, 'GET', '/factors/notices')).text) as { kind: string; ip: string }[]
    assert.deepEqual({ kind: notices[0]?.kind, ip: notices[0]?.ip }, { kind: 'token_made', ip: '127.0.0.1' })
  })

  it('may what its scopes say and nothing else, and says once what it is [security 102]', async () => {
    const { id, token } = await make(owner, ['hosts:read'])
    assert.equal((await use(token, 'GET', '/hosts')).status, 200)
    assert.equal((await use(token, 'GET', '/audit')).status, 403)
    assert.equal((await use(token, 'GET', '/me')).status, 200)
    const listed = await api(owner, 'GET', '/tokens')
    assert.doesNotMatch(listed.text, new RegExp(token.slice(-52, -9)))
    const [own] = JSON.parse(listed.text) as { id: string; lastUsedMs: number; lastUsedIp: string; begins: string }[]
    assert.ok(own!.lastUsedMs > Date.now() - 60_000)
    assert.deepEqual([own!.id, own!.lastUsedIp, own!.begins], [id, '127.0.0.1', `fl_pat_${id}_`])
    // In the trail stands who, and by what.
    await use(token, 'GET', '/audit')
    const { rows } = await ok(api(owner, 'GET', '/audit?filter=nightly&limit=5'))
    assert.ok(
      (rows as { actorName: string; verb: string }[]).some((row) => row.actorName === 'Owner (nightly)' && row.verb === 'access.refused'),
    )
  })

  it('makes, removes and changes no login, token or account of its own, whatever its scopes [security 102]', async () => {
    const { permissions } = await ok(api(owner, 'GET', '/me'))
    const { token, id } = await make(owner, permissions as string[])
    assert.equal((await use(token, 'POST', '/tokens', { name: 'more', scopes: ['hosts:read'] })).status, 403)
    assert.equal((await use(token, 'DELETE', `/tokens/${id}`)).status, 403)
    assert.equal((await use(token, 'PATCH', '/me', { language: 'fr' })).status, 403)
    assert.equal((await use(token, 'DELETE', '/logins/current')).status, 403)
    assert.equal((await use(token, 'GET', '/roles')).status, 200)
  })

  it('loses at once what its account loses, and ends with it [security 102]', async () => {
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'script@example.test', role: 'auditor' }))
    const person = createPerson(base)
    const secret = String(link).split('#')[1]
    const { account } = await ok(api(person, 'POST', '/accounts/accept', { secret, name: 'Script', password: 'nine lamps along a quay' }))
    const { token } = await make(person, ['audit:read', 'hosts:read', 'roles:manage'])
    assert.equal((await use(token, 'GET', '/audit')).status, 200)
    assert.equal((await use(token, 'POST', '/roles', { name: 'Mine', permissions: [] })).status, 403, 'its account may not')
    const [grant] = JSON.parse((await api(owner, 'GET', `/grants?account=${String(account)}`)).text) as { id: string }[]
    await ok(api(owner, 'DELETE', `/grants/${grant!.id}`))
    assert.equal((await use(token, 'GET', '/audit')).status, 403)
    await ok(api(owner, 'DELETE', `/accounts/${String(account)}`))
    assert.equal((await use(token, 'GET', '/me')).status, 401)
  })

  it('is refused alike when it is unknown, mistyped, removed or used from elsewhere; a cookie beside it does not help [security 4]', async () => {
    const { id, token } = await make(owner, ['hosts:read'])
    const elsewhere = await make(owner, ['hosts:read'], { addresses: ['192.0.2.0/24'] })
    const near = await make(owner, ['hosts:read'], { addresses: ['127.0.0.0/8'] })
    assert.equal((await use(near.token, 'GET', '/hosts')).status, 200)
    assert.equal((await use(token, 'GET', '/hosts')).status, 200)
    await ok(api(owner, 'DELETE', `/organization/tokens/${id}`))
    const unknown = `${token.slice(0, 20)}x${token.slice(21)}`
    const answers = [await use(token, 'GET', '/hosts'), await use(elsewhere.token, 'GET', '/hosts'), await use(unknown, 'GET', '/hosts')]
    answers.push(await owner.ask('GET', '/api/v1/hosts', { headers: { Authorization: 'Bearer nonsense' } }))
    for (const { status, text } of answers) {
      assert.equal(status, 401)
      assert.match(text, /unknown, was removed, has expired, or may not be used from here/)
    }
    assert.equal((await api(owner, 'GET', '/hosts')).status, 200)
    assert.equal((await api(owner, 'DELETE', `/tokens/${id}`)).status, 404)
  })

  it('ends what is open by it when it is removed [security 84]', async () => {
    const { id, token } = await make(owner, ['hosts:read'])
    const headers = { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' }
    const stream = createPerson(base).ask('GET', '/api/v1/hosts/watch', { headers })
    await new Promise((resolve) => setTimeout(resolve, 500))
    const began = performance.now()
    await ok(api(owner, 'DELETE', `/tokens/${id}`))
    assert.match((await stream).text, /event: error/)
    assert.ok(performance.now() - began < 1000)
  })

  it('is refused with the field that is wrong', async () => {
    for (const [body, field] of [
      [{ name: 'x', scopes: ['hosts:fly'] }, 'scopes'],
      [{ name: 'x', scopes: ['hosts:read'], addresses: ['somewhere'] }, 'addresses'],
      [{ name: 'x', scopes: ['hosts:read'], days: 366 }, 'days'],
      [{ name: ' ', scopes: ['hosts:read'] }, 'name'],
      [{ name: 'x', scopes: [] }, 'scopes'],
    ] as const) {
      const { status, body: said } = await api(owner, 'POST', '/tokens', body)
      assert.equal(status, 400)
      assert.equal((said['error'] as { details: { field: string } }).details.field, field)
    }
  })
})
