import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

describe('a service account', () => {
  let hub: HubProcess
  let owner: Person
  let base: string

  before(async () => {
    hub = await startHub({})
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
  })
  after(() => hub?.stop())

  const make = async (name: string, role?: string) => {
    const made = await ok(api(owner, 'POST', '/accounts/services', { name }))
    const id = String(made['id'])
    if (role !== undefined) await ok(grant(id, role))
    return { id, made }
  }
  const grant = (id: string, role: string, more: object = {}) =>
    api(owner, 'POST', '/grants', { holder: { kind: 'account', id }, role, reach: { on: 'organization' }, ...more })
  const tokenOf = async (id: string, scopes: readonly string[]) =>
    String((await ok(api(owner, 'POST', `/accounts/${id}/tokens`, { name: 'nightly', scopes })))['token'])
  const use = (token: string, method: string, path: string, body?: unknown) =>
    createPerson(base).ask(method, `/api/v1${path}`, {
      headers: { Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
    })
  const join = async (email: string, role: string) => {
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email, role }))
    const person = createPerson(base)
    const secret = String(link).split('#')[1]
    await ok(api(person, 'POST', '/accounts/accept', { secret, name: 'Other', password: 'nine lamps along a quay' }))
    return person
  }

  it('may nothing until it is given a role, and then what its token says of that [security 102]', async () => {
    const { id, made } = await make('Deploy')
    assert.deepEqual([made['kind'], made['email'], made['name']], ['service', '', 'Deploy'])
    const token = await tokenOf(id, ['hosts:read'])
    assert.equal((await use(token, 'GET', '/hosts')).status, 403)
    await ok(grant(id, 'operator'))
    assert.equal((await use(token, 'GET', '/hosts')).status, 200)
    assert.equal((await use(token, 'GET', '/find?text=x')).status, 403, 'not in its scopes')
    assert.equal((await use(token, 'POST', '/tokens', { name: 'more', scopes: ['hosts:read'] })).status, 403)
  })

  it('is told apart in lists, in why it may, among tokens, and in the trail', async () => {
    const { id } = await make('Backup', 'viewer')
    const token = await tokenOf(id, ['hosts:read'])
    await use(token, 'GET', '/audit')
    const list = async (path: string) => JSON.parse((await api(owner, 'GET', path)).text)
    const account = (await list('/accounts')).find((one: { id: string }) => one.id === id)
    assert.deepEqual([account.kind, account.roles], ['service', ['viewer']])
    assert.equal((await list(`/grants?account=${id}`))[0].holder.service, true)
    assert.equal((await list(`/grants/explain?account=${id}`)).account.kind, 'service')
    assert.equal(
      (await list('/organization/tokens')).find((one: { account: { id: string } }) => one.account.id === id).account.kind,
      'service',
    )
    const { rows } = await list('/audit?filter=Backup&limit=20')
    const refused = rows.find((row: { verb: string }) => row.verb === 'access.refused')
    assert.deepEqual([refused.actorKind, refused.actorName], ['service', 'Backup (nightly)'])
    const made = rows.find((row: { verb: string }) => row.verb === 'token.create')
    assert.deepEqual([made.actorName, made.targetName, made.actorKind], ['Owner', 'Backup: nightly', undefined])
  })

  it('never signs in, is not invited, and owns nothing [security 102]', async () => {
    const { id } = await make('Silent', 'admin')
    for (const email of [`service:${id}`, '', id, 'Silent'])
      for (const password of ['-', '', 'four unrelated words'])
        assert.notEqual((await api(createPerson(base), 'POST', '/logins', { email, password })).status, 200)
    assert.equal((await api(owner, 'POST', '/accounts/invitations', { email: `service:${id}`, role: 'viewer' })).status, 400)
    const { status, text } = await grant(id, 'owner')
    assert.equal(status, 400)
    assert.match(text, /An owner is a person/)
  })

  it('gets no token of what its maker may not, everywhere and whatever it is given later [security 4 102]', async () => {
    const { id } = await make('Wide', 'admin')
    const admin = await join('admin@example.test', 'admin')
    const create = (by: Person, scopes: readonly string[], account = id) =>
      api(by, 'POST', `/accounts/${account}/tokens`, { name: 'x', scopes })
    assert.equal((await create(admin, ['hosts:read'])).status, 200)
    assert.match(
      (await create(admin, ['hosts:read', 'organization:manage'])).text,
      /You have not the permission organization:manage everywhere/,
    )
    // Denied somewhere is not everywhere.
    const { id: place } = JSON.parse((await api(owner, 'GET', '/environments')).text)[0] as { id: string }
    const me = JSON.parse((await api(admin, 'GET', '/me')).text) as { account: string }
    await ok(grant(me.account, 'viewer', { effect: 'deny', reach: { on: 'environment', target: place } }))
    assert.equal((await create(admin, ['hosts:read'])).status, 403)
    assert.equal((await create(admin, ['roles:read'])).status, 200)
    // A person's tokens are their own business, and so is whoever is elsewhere.
    assert.equal((await create(owner, ['hosts:read'], me.account)).status, 404)
    assert.equal((await create(owner, ['hosts:read'], 'nobody')).status, 404)
    const operator = await join('operator@example.test', 'operator')
    assert.equal((await create(operator, ['hosts:read'])).status, 403)
  })

  it('is gone with its tokens when it is removed', async () => {
    const { id } = await make('Gone', 'viewer')
    const token = await tokenOf(id, ['hosts:read'])
    assert.equal((await use(token, 'GET', '/hosts')).status, 200)
    await ok(api(owner, 'DELETE', `/accounts/${id}`))
    assert.equal((await use(token, 'GET', '/hosts')).status, 401)
    await make('Gone')
    assert.equal((await api(owner, 'POST', '/accounts/services', { name: 'gone' })).status, 409)
    assert.equal((await api(owner, 'POST', '/accounts/services', { name: ' ' })).status, 400)
  })
})
