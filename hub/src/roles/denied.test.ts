import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

describe('what is denied in one environment', () => {
  let hub: HubProcess
  let base: string
  let owner: Person
  let admin: Person
  let home: string
  before(async () => {
    hub = await startHub({})
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'bea@example.test', role: 'admin' }))
    admin = createPerson(base)
    const secret = String(link).split('#')[1]
    const { account } = await ok(api(admin, 'POST', '/accounts/accept', { secret, name: 'Bea', password: 'nine lamps along a quay' }))
    const [first] = JSON.parse((await api(owner, 'GET', '/environments')).text) as { id: string }[]
    home = first!.id
    await ok(api(owner, 'POST', '/environments', { name: 'Other' }))
    const { id: role } = await ok(api(owner, 'POST', '/roles', { name: 'Making', permissions: ['secrets:write', 'hosts:enrol'] }))
    const holder = { kind: 'account', id: account }
    await ok(api(owner, 'POST', '/grants', { holder, role, effect: 'deny', reach: { on: 'environment', target: home } }))
  })
  after(() => hub?.stop())

  it('is denied to a reference to a secret that is kept elsewhere [security 2]', async () => {
    await ok(api(owner, 'POST', '/secrets', { name: 'shown', value: 'x' }))
    const vault = { address: 'https://vault.example:8200', auth: 'token', secret: 'shown' }
    await ok(api(owner, 'PUT', '/secret-providers/vault', vault))
    const refer = (environment: string) =>
      api(admin, 'POST', '/secret-references', {
        name: `of-${environment.slice(0, 5).toLowerCase()}`,
        reference: 'vault:shop#password',
        environment,
      })
    assert.equal((await refer(home)).status, 403)
    assert.equal((await refer('default')).status, 403)
    assert.equal((await refer('Other')).status, 200)
  })

  it('is denied to a line for a host that names no environment and would lead there [security 2]', async () => {
    const line = (more: object) => api(admin, 'POST', '/invitations', { address: base, ...more })
    assert.equal((await line({ environment: home })).status, 403)
    assert.match((await line({})).text, /hosts:enrol in default/)
    assert.equal((await line({ environment: 'Other' })).status, 200)
  })
})
