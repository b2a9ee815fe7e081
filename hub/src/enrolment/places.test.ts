import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

describe('enrolling for one environment', () => {
  let hub: HubProcess
  let owner: Person
  let dev: Person
  before(async () => {
    hub = await startHub({})
    const base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    const test = await ok(api(owner, 'POST', '/environments', { name: 'test' }))
    const role = await ok(api(owner, 'POST', '/roles', { name: 'Enroller', permissions: ['hosts:read', 'hosts:enrol'] }))
    const reach = { on: 'environment', target: test['id'] }
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'dev@example.test', role: role['id'], reach }))
    dev = createPerson(base)
    const secret = String(link).split('#')[1]
    await ok(api(dev, 'POST', '/accounts/accept', { secret, name: 'Dev', password: 'nine lamps along a quay' }))
  })
  after(() => hub?.stop())

  it('is for whoever may there: lines of that one are made, seen and canceled, of no other one', async () => {
    const lines = async (by: Person) => (JSON.parse((await api(by, 'GET', '/invitations')).text) as { id: string }[]).map(({ id }) => id)
    assert.equal((await api(dev, 'POST', '/invitations', {})).status, 403)
    assert.equal((await api(dev, 'POST', '/invitations', { environment: 'default' })).status, 403)
    const own = await ok(api(dev, 'POST', '/invitations', { environment: 'test' }))
    const other = await ok(api(owner, 'POST', '/invitations', {}))
    assert.deepEqual(await lines(dev), [own['id']])
    assert.deepEqual(new Set(await lines(owner)), new Set([own['id'], other['id']]))
    assert.equal((await api(dev, 'GET', '/addresses')).status, 200)
    assert.equal((await api(dev, 'DELETE', `/invitations/${String(other['id'])}`)).status, 404)
    assert.equal((await api(dev, 'DELETE', `/invitations/${String(own['id'])}`)).status, 200)
  })
})
