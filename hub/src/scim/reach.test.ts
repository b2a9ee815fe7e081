import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { connectDirectory, type Directory } from './test-directory.ts'

describe('a directory that provisions', () => {
  let hub: HubProcess
  let owner: Person
  let base: string
  let directory: Directory
  before(async () => {
    hub = await startHub({})
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    directory = await connectDirectory(base, owner)
  })
  after(() => hub?.stop())

  const list = async <T>(by: Person, path: string) => JSON.parse((await api(by, 'GET', path)).text) as T[]
  const make = async (userName: string) => String((await directory.ask('POST', '/Users', { userName })).body['id'])
  const join = async (email: string, role: string) => {
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email, role }))
    const person = createPerson(base)
    const me = await ok(
      api(person, 'POST', '/accounts/accept', { secret: String(link).split('#')[1], name: 'Local', password: 'nine lamps along a quay' }),
    )
    return { person, id: String(me['account']) }
  }
  const grant = (id: string, role: string, kind = 'account') =>
    ok(api(owner, 'POST', '/grants', { holder: { kind, id }, role, reach: { on: 'organization' } }))

  it('sees, changes and removes nobody whom it did not make, owners least of all [security 3]', async () => {
    const { account } = (await ok(api(owner, 'GET', '/me'))) as { account: string }
    const local = await join('local@example.test', 'viewer')
    const team = String((await ok(api(owner, 'POST', '/teams', { name: 'By hand' })))['id'])
    const other = await connectDirectory(base, owner, 'Other directory')
    const theirs = String((await other.ask('POST', '/Users', { userName: 'theirs' })).body['id'])
    const theirGroup = String((await other.ask('POST', '/Groups', { displayName: 'Theirs' })).body['id'])
    for (const id of [account, local.id, theirs, directory.account]) {
      for (const [method, body] of [
        ['GET'],
        ['PUT', { userName: 'x' }],
        ['PATCH', { Operations: [{ op: 'replace', path: 'active', value: false }] }],
        ['DELETE'],
      ] as const)
        assert.equal((await directory.ask(method, `/Users/${id}`, body)).status, 404, `${method} ${id}`)
      const own = String((await directory.ask('POST', '/Groups', { displayName: `Own ${id}`.slice(0, 60) })).body['id'])
      assert.equal((await directory.patch(`/Groups/${own}`, { op: 'add', path: 'members', value: [{ value: id }] })).status, 400)
    }
    for (const id of [team, theirGroup])
      for (const [method, body] of [['GET'], ['PUT', { displayName: 'x' }], ['PATCH', { Operations: [] }], ['DELETE']] as const)
        assert.equal((await directory.ask(method, `/Groups/${id}`, body)).status, 404, `${method} ${id}`)
    assert.equal((await directory.ask('GET', '/Users')).body['totalResults'], 0)
    assert.equal((await directory.ask('POST', '/Groups', { displayName: 'By hand' })).status, 409)
    assert.equal((await api(owner, 'GET', '/me')).status, 200)
    assert.equal((await api(local.person, 'GET', '/me')).status, 200)
  })

  it('takes nobody’s e-mail: whoever it says to have one is found by nothing, and its owner gets in as before [security 100]', async () => {
    const made = await directory.ask('POST', '/Users', {
      userName: 'owner@example.test',
      emails: [{ value: 'owner@example.test', primary: true }],
      password: 'four words by the directory',
    })
    assert.equal(made.status, 201)
    const signIn = (email: string, password: string) => api(createPerson(base), 'POST', '/logins', { email, password })
    assert.notEqual((await signIn('owner@example.test', 'four words by the directory')).status, 200)
    assert.notEqual((await signIn(`scim:${String(made.body['id'])}`, '-')).status, 200)
    assert.equal((await signIn('owner@example.test', 'four unrelated words')).status, 200)
    // Nor of whoever comes later.
    await directory.ask('POST', '/Users', { userName: 'later@example.test', emails: [{ value: 'later@example.test' }] })
    await join('later@example.test', 'viewer')
    await directory.ask('DELETE', `/Users/${String(made.body['id'])}`)
  })

  it('does nothing else with its token, and nobody else comes in here [security 3 102]', async () => {
    const use = (path: string, method = 'GET', body?: object) =>
      createPerson(base).ask(method, path, {
        headers: { Authorization: `Bearer ${directory.token}` },
        ...(body === undefined ? {} : { body }),
      })
    for (const path of ['/accounts', '/teams', '/hosts', '/audit', '/roles', '/tokens', '/organization/tokens'])
      assert.equal((await use(`/api/v1${path}`)).status, 403, path)
    assert.equal((await use('/api/v1/accounts/services', 'POST', { name: 'more' })).status, 403)
    assert.equal((await use('/api/v1/scim/v2/Users')).status, 404)
    // A person, even one who may everything: neither with the cookie nor with a token of their own.
    assert.equal((await owner.ask('GET', '/scim/v2/Users')).status, 401)
    const { token } = await ok(api(owner, 'POST', '/tokens', { name: 'own', scopes: ['scim:provision', 'hosts:read'] }))
    const own = await createPerson(base).ask('GET', '/scim/v2/Users', { headers: { Authorization: `Bearer ${String(token)}` } })
    assert.equal(own.status, 403)
    assert.equal((await createPerson(base).ask('GET', '/scim/v2/Users')).status, 401)
    const elsewhere = { Authorization: `Bearer ${directory.token}`, Origin: 'https://elsewhere.example' }
    assert.equal((await createPerson(base).ask('GET', '/scim/v2/Users', { headers: elsewhere })).status, 403)
    // Without its role the token is good for nothing.
    const bare = await connectDirectory(base, owner, 'Bare')
    const [given] = await list<{ id: string }>(owner, `/grants?account=${bare.account}`)
    await ok(api(owner, 'DELETE', `/grants/${given!.id}`))
    assert.equal((await bare.ask('GET', '/Users')).status, 403)
    const refused = await bare.ask('POST', '/Users', { userName: 'x' })
    assert.deepEqual([refused.status, refused.body['status']], [403, '403'])
  })

  it('gives by its groups what Fairlead gave the team, and a change of members is a change of rights at once', async () => {
    const user = await make('member@example.test')
    const group = String((await directory.ask('POST', '/Groups', { displayName: 'Watchers', members: [{ value: user }] })).body['id'])
    const may = async () =>
      ((await ok(api(owner, 'GET', `/grants/explain?account=${user}`)))['permissions'] as { name: string; allowed: boolean }[]).find(
        ({ name }) => name === 'hosts:read',
      )!.allowed
    assert.equal(await may(), false)
    await grant(group, 'viewer', 'team')
    assert.equal(await may(), true)
    // Whom somebody added by hand stays, and the directory does not see them.
    const local = await join('byhand@example.test', 'auditor')
    await ok(api(owner, 'PUT', `/teams/${group}/members/${local.id}`))
    await directory.ask('PUT', `/Groups/${group}`, { displayName: 'Watchers', members: [] })
    assert.equal(await may(), false)
    const team = (await list<{ id: string; members: { id: string }[] }>(owner, '/teams')).find(({ id }) => id === group)
    assert.deepEqual(
      team!.members.map(({ id }) => id),
      [local.id],
    )
    assert.deepEqual((await directory.ask('GET', `/Groups/${group}`)).body['members'], [])
  })

  it('puts nobody into a team that has what its own account was not given, in whatever way it asks, and takes them out all the same [security 3]', async () => {
    const [first, next] = [await make('first@example.test'), await make('next@example.test')]
    const members = [{ value: first }]
    const group = String((await directory.ask('POST', '/Groups', { displayName: 'Crew', members })).body['id'])
    await grant(group, 'operator', 'team')
    const asked = [
      () => directory.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: next }] }),
      () => directory.patch(`/Groups/${group}`, { op: 'replace', value: { members: [{ value: first }, { value: next }] } }),
      () => directory.ask('PUT', `/Groups/${group}`, { displayName: 'Crew', members: [{ value: next }] }),
    ]
    const inTeam = async () =>
      (await list<{ id: string; members: { id: string }[] }>(owner, '/teams')).find(({ id }) => id === group)!.members.map(({ id }) => id)
    for (const ask of asked) {
      const { status, body } = await ask()
      assert.deepEqual(
        [status, body['schemas'], body['status']],
        [403, ['urn:ietf:params:scim:api:messages:2.0:Error'], '403'],
        JSON.stringify(body),
      )
      assert.match(String(body['detail']), /^The team Crew has roles that this service account has not.*Give the account the same roles/)
      assert.deepEqual(await inTeam(), [first])
    }
    // What changes nobody's rights goes on: names, and who leaves.
    assert.equal((await directory.patch(`/Groups/${group}`, { op: 'replace', path: 'displayName', value: 'Deck' })).status, 200)
    // Elsewhere is not there.
    const { id: environment } = await ok(api(owner, 'POST', '/environments', { name: 'aft' }))
    const part = { holder: { kind: 'account', id: directory.account }, role: 'operator', reach: { on: 'environment', target: environment } }
    const { id: narrow } = await ok(api(owner, 'POST', '/grants', part))
    assert.equal((await asked[0]!()).status, 403)
    await ok(api(owner, 'DELETE', `/grants/${String(narrow)}`))
    assert.equal((await directory.patch(`/Groups/${group}`, { op: 'remove', path: 'members', value: members })).status, 200)
    assert.deepEqual(await inTeam(), [])
    // With the same role it hands it out, though its token may nothing but provision.
    await grant(directory.account, 'operator')
    assert.equal((await asked[0]!()).status, 200)
    assert.deepEqual(await inTeam(), [next])
    const elsewhere = await createPerson(base).ask('GET', '/api/v1/hosts', { headers: { Authorization: `Bearer ${directory.token}` } })
    assert.equal(elsewhere.status, 403)
  })

  it('takes all rights of whom it lets go; the account keeps its roles, and has them again later', async () => {
    const user = await make('leaver@example.test')
    await grant(user, 'viewer')
    const may = async () =>
      ((await ok(api(owner, 'GET', `/grants/explain?account=${user}`)))['permissions'] as { allowed: boolean }[]).some(
        ({ allowed }) => allowed,
      )
    assert.equal(await may(), true)
    await directory.patch(`/Users/${user}`, { op: 'replace', path: 'active', value: false })
    assert.equal(await may(), false)
    const kept = (await list<{ id: string; roles: string[]; active: boolean }>(owner, '/accounts')).find(({ id }) => id === user)
    assert.deepEqual([kept!.roles, kept!.active], [['viewer'], false])
    await directory.patch(`/Users/${user}`, { op: 'replace', path: 'active', value: true })
    assert.equal(await may(), true)
  })

  it('leaves a row in the trail for each change, by the name of the service, and its token nowhere [security 134]', async () => {
    const user = await make('trail@example.test')
    await directory.patch(`/Users/${user}`, { op: 'replace', path: 'displayName', value: 'Trail' })
    await directory.ask('DELETE', `/Users/${user}`)
    const { rows } = (await ok(api(owner, 'GET', '/audit?filter=trail%40example.test&limit=10'))) as { rows: Record<string, string>[] }
    assert.deepEqual(
      rows.map((row) => [row['verb'], row['outcome'], row['actorName'], row['actorKind'], row['targetName']]).reverse(),
      ['create', 'update', 'delete'].map((verb) => [`scim.user-${verb}`, 'ok', 'Directory (SCIM)', 'service', 'trail@example.test']),
    )
    const secret = directory.token.slice(-52, -9)
    assert.ok(!hub.output.includes(secret))
    assert.ok(!(await api(owner, 'GET', '/audit?limit=500')).text.includes(secret))
  })

  it('makes no last owner: one who stands on a directory does not count', async () => {
    const user = await make('heir@example.test')
    await grant(user, 'owner')
    const { account } = (await ok(api(owner, 'GET', '/me'))) as { account: string }
    // With another owner who may come in, it goes.
    assert.equal((await directory.patch(`/Users/${user}`, { op: 'replace', path: 'active', value: false })).body['active'], false)
    // And that other one then is the last: whoever may not come in does not count, nor who stands on a directory that may be gone tomorrow.
    const own = (await list<{ id: string; role: { id: string } }>(owner, `/grants?account=${account}`)).find(
      ({ role }) => role.id === 'owner',
    )
    assert.equal((await api(owner, 'DELETE', `/grants/${own!.id}`)).status, 409)
    await directory.patch(`/Users/${user}`, { op: 'replace', path: 'active', value: true })
    assert.equal((await api(owner, 'DELETE', `/grants/${own!.id}`)).status, 409)
  })
})
