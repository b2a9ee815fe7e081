import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, type Answer, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { connectDirectory, core, enterprise, type Directory } from './test-directory.ts'

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

interface Listed {
  readonly totalResults: number
  readonly startIndex: number
  readonly itemsPerPage: number
  readonly Resources: readonly Record<string, unknown>[]
}
const listed = async (path: string): Promise<Listed> => {
  const { status, body, text } = await directory.ask('GET', path)
  assert.equal(status, 200, text)
  assert.deepEqual(body['schemas'], ['urn:ietf:params:scim:api:messages:2.0:ListResponse'])
  return body as unknown as Listed
}
const query = (filter: string) => `?filter=${encodeURIComponent(filter)}`
const fails = ({ status, body, headers }: Answer, wanted: number, scimType?: string) => {
  assert.deepEqual(
    [status, body['schemas'], body['status'], body['scimType']],
    [wanted, ['urn:ietf:params:scim:api:messages:2.0:Error'], String(wanted), scimType],
    JSON.stringify(body),
  )
  assert.match(String(headers['content-type']), /^application\/scim\+json/)
  assert.ok(String(body['detail']).length > 10)
}
const account = async (id: unknown) =>
  (JSON.parse((await api(owner, 'GET', '/accounts')).text) as Record<string, unknown>[]).find((one) => one['id'] === id)
const team = async (id: unknown) =>
  (
    JSON.parse((await api(owner, 'GET', '/teams')).text) as { id: string; members: { id: string }[]; name: string; provisioned: boolean }[]
  ).find((one) => one.id === id)
const make = async (userName: string, more: object = {}) => {
  const made = await directory.ask('POST', '/Users', { schemas: [core.user], userName, ...more })
  assert.equal(made.status, 201, made.text)
  return made.body as Record<string, unknown> & { readonly id: string }
}

describe('what Entra ID asks over SCIM', () => {
  it('tries the connection, finds nobody, makes somebody, reads, changes, deactivates by a text, brings back and deletes them', async () => {
    assert.equal((await listed(`/Users${query('userName eq "nobody-of-that-name"')}`)).totalResults, 0)
    const sent = {
      schemas: [core.user, enterprise],
      externalId: '0a21f0f2-0000-4f8e-bf98-000000000001',
      userName: 'Ada@contoso.example',
      active: true,
      emails: [{ primary: true, type: 'work', value: 'Ada@contoso.example' }],
      meta: { resourceType: 'User' },
      name: { formatted: 'Ada Byron', familyName: 'Byron', givenName: 'Ada' },
      roles: [],
    }
    const made = await directory.ask('POST', '/Users', sent)
    assert.equal(made.status, 201, made.text)
    const { id, meta } = made.body as { id: string; meta: { location: string; resourceType: string } }
    assert.match(String(made.headers['location']), new RegExp(`/scim/v2/Users/${id}$`))
    assert.equal(meta.location, made.headers['location'])
    for (const key of ['externalId', 'userName', 'active', 'emails', 'name'] as const) assert.deepEqual(made.body[key], sent[key], key)
    assert.deepEqual((await directory.ask('GET', `/Users/${id}`)).body, made.body)
    for (const filter of [
      'userName eq "ADA@contoso.example"',
      `externalId eq "${sent.externalId}"`,
      'emails[type eq "work"].value eq "ada@contoso.example"',
      `id eq "${id}"`,
    ])
      assert.equal((await listed(`/Users${query(filter)}`)).Resources[0]?.['id'], id, filter)

    const changed = await directory.patch(
      `/Users/${id}`,
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'byron@contoso.example' },
      { op: 'Replace', path: 'name.familyName', value: 'Lovelace' },
      { op: 'Add', path: `${enterprise}:department`, value: 'Engines' },
      { op: 'Add', path: 'nickName', value: 'Countess' },
      { op: 'Add', path: 'roles[primary eq "True"].value', value: 'anything' },
    )
    assert.equal(changed.status, 200, changed.text)
    assert.deepEqual(changed.body['emails'], [{ primary: true, type: 'work', value: 'byron@contoso.example' }])
    assert.deepEqual(changed.body['name'], { formatted: 'Ada Byron', familyName: 'Lovelace', givenName: 'Ada' })
    assert.deepEqual([changed.body[enterprise], changed.body['nickName']], [{ department: 'Engines' }, 'Countess'])
    // With its flag for the standard: several attributes in one value, some of them paths.
    const several = await directory.patch(`/Users/${id}`, {
      op: 'replace',
      value: { displayName: 'Ada L.', 'name.givenName': 'Augusta', [`${enterprise}:employeeNumber`]: '7' },
    })
    assert.deepEqual([several.body['displayName'], (several.body['name'] as { givenName: string }).givenName], ['Ada L.', 'Augusta'])
    assert.deepEqual(several.body[enterprise], { department: 'Engines', employeeNumber: '7' })
    const kept = await account(id)
    assert.deepEqual(
      [kept?.['name'], kept?.['email'], kept?.['provisioned'], kept?.['active']],
      ['Ada L.', 'byron@contoso.example', true, true],
    )

    assert.equal((await directory.patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' })).body['active'], false)
    assert.equal((await account(id))?.['active'], false)
    assert.equal((await listed(`/Users${query('userName eq "ada@contoso.example"')}`)).Resources[0]?.['active'], false)
    assert.equal((await directory.patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'True' })).body['active'], true)
    const gone = await directory.ask('DELETE', `/Users/${id}`)
    assert.deepEqual([gone.status, gone.text], [204, ''])
    fails(await directory.ask('GET', `/Users/${id}`), 404)
    assert.equal(await account(id), undefined)
  })

  it('makes a group, fills and empties it in both of its ways, renames and deletes it', async () => {
    const [one, two] = [await make('g1@contoso.example'), await make('g2@contoso.example')]
    const made = await directory.ask('POST', '/Groups', {
      schemas: [core.group],
      externalId: '8aa1a0c0',
      displayName: 'Engineers',
      members: [],
    })
    assert.equal(made.status, 201, made.text)
    const id = String(made.body['id'])
    const filled = await directory.patch(`/Groups/${id}`, {
      op: 'Add',
      path: 'members',
      value: [{ $ref: null, value: one.id }, { value: two.id }],
    })
    assert.equal(filled.status, 200, filled.text)
    assert.deepEqual((await team(id))?.members.map((member) => member.id).sort(), [one.id, two.id].sort())
    const found = await listed(`/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "engineers"')}`)
    assert.deepEqual([found.totalResults, found.Resources[0]?.['id'], 'members' in found.Resources[0]!], [1, id, false])
    assert.equal((await listed(`/Groups${query(`id eq "${id}" and members eq "${one.id}"`)}`)).totalResults, 1)
    await directory.patch(`/Groups/${id}`, { op: 'Remove', path: 'members', value: [{ $ref: null, value: one.id }] })
    assert.deepEqual(
      (await team(id))?.members.map((member) => member.id),
      [two.id],
    )
    assert.equal((await listed(`/Groups${query(`id eq "${id}" and members eq "${one.id}"`)}`)).totalResults, 0)
    await directory.patch(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${two.id}"]` })
    assert.deepEqual((await team(id))?.members, [])
    await directory.patch(`/Groups/${id}`, { op: 'Replace', path: 'displayName', value: 'Makers' })
    assert.deepEqual([(await team(id))?.name, (await team(id))?.provisioned], ['Makers', true])
    assert.equal((await directory.ask('DELETE', `/Groups/${id}`)).status, 204)
    fails(await directory.ask('GET', `/Groups/${id}`), 404)
  })
})

describe('what Okta asks over SCIM', () => {
  it('looks for somebody, makes, replaces, deactivates without a path and brings them back by a replacement', async () => {
    assert.deepEqual(await listed(`/Users?filter=userName%20eq%20%22test.user%40okta.example%22&startIndex=1&count=100`), {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    })
    const sent = {
      schemas: [core.user],
      userName: 'test.user@okta.example',
      name: { givenName: 'Test', familyName: 'User' },
      emails: [{ primary: true, value: 'test.user@okta.example', type: 'work' }],
      displayName: 'Test User',
      locale: 'fr-FR',
      externalId: '00ujl29u0le5T6Aj10h7',
      groups: [],
      password: '1mz050nq',
      active: true,
    }
    const made = await directory.ask('POST', '/Users', sent, { 'Content-Type': 'application/json' })
    assert.equal(made.status, 201, made.text)
    assert.doesNotMatch(made.text, /1mz050nq/)
    const id = String(made.body['id'])
    fails(await directory.ask('POST', '/Users', sent), 409, 'uniqueness')
    const replaced = await directory.ask('PUT', `/Users/${id}`, {
      ...made.body,
      name: { givenName: 'Another', middleName: 'Excited', familyName: 'User' },
    })
    assert.deepEqual(replaced.body['name'], { givenName: 'Another', middleName: 'Excited', familyName: 'User' })
    const off = await directory.patch(`/Users/${id}`, { op: 'replace', value: { active: false } })
    assert.deepEqual([off.status, off.body['active']], [200, false])
    assert.equal((await directory.ask('PUT', `/Users/${id}`, { ...replaced.body, active: true })).body['active'], true)
  })

  it('pushes a group with its members, replaces them, and takes one away', async () => {
    const [one, two] = [await make('p1@okta.example'), await make('p2@okta.example')]
    const made = await directory.ask('POST', '/Groups', {
      schemas: [core.group],
      displayName: 'Pushed',
      members: [{ value: one.id, display: 'p1' }],
    })
    const id = String(made.body['id'])
    await directory.patch(`/Groups/${id}`, { op: 'replace', value: { id, displayName: 'Pushed again' } })
    assert.equal((await team(id))?.name, 'Pushed again')
    await directory.patch(
      `/Groups/${id}`,
      { op: 'remove', path: `members[value eq "${one.id}"]` },
      { op: 'add', path: 'members', value: [{ value: two.id, display: 'p2' }] },
    )
    assert.deepEqual(
      (await team(id))?.members.map((member) => member.id),
      [two.id],
    )
    await directory.patch(`/Groups/${id}`, { op: 'replace', path: 'members', value: [{ value: one.id }, { value: one.id }] })
    assert.deepEqual(
      (await team(id))?.members.map((member) => member.id),
      [one.id],
    )
    await directory.ask('PUT', `/Groups/${id}`, { schemas: [core.group], displayName: 'Pushed again', members: [] })
    assert.deepEqual((await team(id))?.members, [])
  })
})

describe('SCIM', () => {
  it('says what it can do', async () => {
    const { body } = await directory.ask('GET', '/ServiceProviderConfig')
    assert.deepEqual(
      [body['patch'], body['etag'], body['bulk']],
      [{ supported: true }, { supported: true }, { supported: false, maxOperations: 0, maxPayloadSize: 0 }],
    )
    assert.deepEqual(
      (await listed('/ResourceTypes')).Resources.map((one) => one['endpoint']),
      ['/Users', '/Groups'],
    )
    assert.equal((await directory.ask('GET', '/ResourceTypes/User')).body['schema'], core.user)
    const schemas = await listed('/Schemas')
    assert.deepEqual(
      schemas.Resources.map((one) => one['id']),
      [core.user, enterprise, core.group],
    )
    assert.equal((await directory.ask('GET', `/Schemas/${core.group}`)).body['name'], 'Group')
    fails(await directory.ask('GET', '/Schemas/nothing'), 404)
    fails(await directory.ask('GET', '/Bulk'), 404)
    fails(await directory.ask('POST', '/Schemas', {}), 404)
  })

  it('answers pages in one order', async () => {
    for (let i = 0; i < 5; i++) await make(`page${i}@example.test`)
    const whole = await listed('/Users')
    const ids: unknown[] = []
    for (let startIndex = 1; startIndex <= whole.totalResults; startIndex += 2) {
      const page = await listed(`/Users?startIndex=${startIndex}&count=2`)
      assert.deepEqual([page.totalResults, page.startIndex, page.itemsPerPage], [whole.totalResults, startIndex, page.Resources.length])
      ids.push(...page.Resources.map((one) => one['id']))
    }
    assert.deepEqual(
      ids,
      whole.Resources.map((one) => one['id']),
    )
    assert.equal((await listed('/Users?count=0')).Resources.length, 0)
    assert.equal((await listed('/Users?startIndex=-3&count=1')).Resources[0]?.['id'], ids[0])
    assert.deepEqual(Object.keys((await listed('/Users?attributes=userName&count=1')).Resources[0]!).sort(), ['id', 'schemas', 'userName'])
    fails(await directory.ask('GET', '/Users?count=many'), 400, 'invalidValue')
  })

  it('changes nothing that somebody changed meanwhile', async () => {
    const { id } = await make('versions@example.test')
    const first = String((await directory.ask('GET', `/Users/${id}`)).headers['etag'])
    assert.equal(first, 'W/"1"')
    assert.equal((await directory.ask('GET', `/Users/${id}`, undefined, { 'If-None-Match': first })).status, 304)
    const change = (title: string, tag: string) =>
      directory.ask('PATCH', `/Users/${id}`, { Operations: [{ op: 'add', path: 'title', value: title }] }, { 'If-Match': tag })
    assert.equal((await change('One', first)).headers['etag'], 'W/"2"')
    fails(await change('Two', first), 412)
    assert.equal((await change('One', '*')).headers['etag'], 'W/"2"', 'nothing changed')
    fails(await directory.ask('DELETE', `/Users/${id}`, undefined, { 'If-Match': first }), 412)
    assert.equal((await directory.ask('DELETE', `/Users/${id}`, undefined, { 'If-Match': 'W/"2"' })).status, 204)
  })

  it('says what is wrong in its own form', async () => {
    const { id } = await make('wrong@example.test')
    const group = String((await directory.ask('POST', '/Groups', { displayName: 'Wrong' })).body['id'])
    fails(await directory.ask('POST', '/Users', { schemas: [core.user] }), 400, 'invalidValue')
    fails(await directory.ask('POST', '/Users', { userName: 'x', active: 'maybe' }), 400, 'invalidValue')
    fails(await directory.ask('POST', '/Users', { userName: 'x'.repeat(2000) }), 400, 'invalidValue')
    fails(await directory.ask('POST', '/Users', { userName: 'a\0b' }), 400, 'invalidValue')
    fails(await directory.ask('PATCH', `/Users/${id}`, {}), 400, 'invalidSyntax')
    fails(await directory.patch(`/Users/${id}`, { op: 'move', path: 'title' }), 400, 'invalidSyntax')
    fails(await directory.patch(`/Users/${id}`, { op: 'remove' }), 400, 'noTarget')
    fails(await directory.patch(`/Users/${id}`, { op: 'add', path: 'emails[', value: 'x' }), 400, 'invalidPath')
    fails(await directory.patch(`/Users/${id}`, { op: 'remove', path: 'userName' }), 400, 'invalidValue')
    fails(await directory.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: 'nobody' }] }), 400, 'invalidValue')
    fails(await directory.ask('POST', '/Groups', { displayName: 'wrong' }), 409, 'uniqueness')
    fails(await directory.ask('POST', '/Groups', { displayName: 'x'.repeat(65) }), 400, 'invalidValue')
    // Alike as people take them, whatever letters the database knows.
    await make('Éva@example.test')
    fails(await directory.ask('POST', '/Users', { userName: 'e\u0301VA@example.test' }), 409, 'uniqueness')
    assert.equal((await listed(`/Users${query('userName eq "éva@example.test"')}`)).totalResults, 1)
    await directory.ask('POST', '/Groups', { displayName: 'Équipe' })
    fails(await directory.ask('POST', '/Groups', { displayName: 'ÉQUIPE' }), 409, 'uniqueness')
    for (const filter of [
      'userName co "a"',
      'userName eq',
      'title eq "x"',
      'userName eq "a" or userName eq "b"',
      '(userName eq "a")',
      'userName eq "a" and ',
    ])
      fails(await directory.ask('GET', `/Users${query(filter)}`), 400, 'invalidFilter')
    const raw = (body: string, type: string) =>
      createPerson(base).ask('POST', '/scim/v2/Users', {
        headers: { Authorization: `Bearer ${directory.token}`, 'Content-Type': type },
        rawBody: body,
      })
    fails(await raw('{', 'application/scim+json'), 400, 'invalidSyntax')
    fails(await raw('[]', 'application/scim+json'), 400, 'invalidSyntax')
    fails(await raw('{"userName":"x"}', 'text/plain'), 400, 'invalidSyntax')
    fails(await raw(`{"userName":"${'x'.repeat(1_100_000)}"}`, 'application/scim+json'), 413)
    const polluted = await raw(
      '{"userName":"proto@example.test","__proto__":{"active":false},"constructor":{"x":1}}',
      'application/scim+json',
    )
    assert.deepEqual([polluted.status, polluted.body['active']], [201, true])
  })

  it('takes a filter as what it is, and no text for SQL', async () => {
    const before = (await listed('/Users?count=0')).totalResults
    for (const text of [`x' OR '1'='1`, `x\\" or \\"1`, '%', '_', `'; DROP TABLE scim_users; --`])
      for (const name of ['userName', 'externalId', 'id', 'displayName', 'emails.value'])
        assert.equal((await listed(`/Users${query(`${name} eq "${text}"`)}`)).totalResults, 0, text)
    assert.equal((await listed('/Users?count=0')).totalResults, before)
  })
})
