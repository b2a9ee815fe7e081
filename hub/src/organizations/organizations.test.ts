import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, ok, relax, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

describe('organizations', () => {
  let hub: HubProcess
  let owner: Person
  let base: string

  before(async () => {
    hub = await startHub({})
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
  })
  after(() => hub?.stop())

  const listOf = async (person: Person, path: string) => JSON.parse((await person.ask('GET', `/api/v1${path}`)).text) as { name: string }[]

  it('are made by who runs the hub, entered under another cookie, and see nothing of one another [security 82 113]', async () => {
    await ok(api(owner, 'POST', '/invitations', { tags: ['of-the-first'] }))
    await ok(api(owner, 'POST', '/teams', { name: 'First team' }))
    const { id } = await ok(api(owner, 'POST', '/organizations', { name: 'Second' }))
    assert.deepEqual(
      (await listOf(owner, '/organizations')).map(({ name }) => name),
      ['Example', 'Second'],
    )
    const before = owner.cookie
    const me = await ok(api(owner, 'POST', `/organizations/${String(id)}/enter`))
    assert.deepEqual(me['organization'], { id, name: 'Second' })
    assert.notEqual(owner.cookie, before)
    const old = createPerson(base)
    old.cookie = before
    assert.equal((await api(old, 'GET', '/me')).status, 401)
    await relax(owner)
    for (const path of ['/teams', '/invitations', '/hosts', '/secrets']) assert.deepEqual(await listOf(owner, path), [], path)
    const { rows } = await ok(api(owner, 'GET', '/audit'))
    assert.doesNotMatch(JSON.stringify(rows), /First team|of-the-first/)
    await ok(api(owner, 'PATCH', '/organization', { name: 'Other' }))
    assert.deepEqual(
      (await listOf(owner, '/organizations')).map(({ name }) => name),
      ['Example', 'Other'],
    )
  })

  it('are made by nobody else, an owner of one included, and entered by members only', async () => {
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'second@example.test', role: 'owner' }))
    const person = createPerson(base)
    const secret = String(link).split('#')[1]
    await ok(api(person, 'POST', '/accounts/accept', { secret, name: 'Second', password: 'nine lamps along a quay' }))
    assert.equal((await api(person, 'POST', '/organizations', { name: 'Mine' })).status, 403)
    const example = (await listOf(owner, '/organizations')).find(({ name }) => name === 'Example') as unknown as { id: string }
    assert.equal((await api(person, 'POST', `/organizations/${example.id}/enter`)).status, 404)
    assert.equal((await api(person, 'POST', '/organizations/no-such/enter')).status, 404)
  })
})
