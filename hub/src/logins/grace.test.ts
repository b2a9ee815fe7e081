import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createPerson, ok, relax, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

const own = { email: 'owner@example.test', password: 'four unrelated words' }

describe('a hub that was just set up', () => {
  let hub: HubProcess
  let base: string
  let first: Person

  before(async () => {
    hub = await startHub({})
    base = `https://127.0.0.1:${hub.httpsPort}`
    first = createPerson(base)
    await ok(api(first, 'POST', '/setup', { ...own, code: hub.code, name: 'Owner', organization: 'Example' }))
  })
  after(() => hub?.stop())

  it('asks a second factor of who manages others by itself, of the first owner from the next sign-in on [security 99]', async () => {
    assert.deepEqual(await ok(api(first, 'GET', '/factors/policy')), { secondFactor: 'admins' })
    assert.equal((await ok(api(first, 'GET', '/me')))['mustEnrol'], undefined)
    assert.equal((await api(first, 'GET', '/hosts')).status, 200)

    const next = createPerson(base)
    assert.equal((await ok(api(next, 'POST', '/logins', own)))['mustEnrol'], true)
    const refused = await api(next, 'GET', '/hosts')
    assert.equal(refused.status, 403)
    assert.match(refused.text, /asks for a second factor; add one to your account first/)
    assert.equal((await api(next, 'POST', '/factors/totp/begin')).status, 200)

    // Proved anew the first one goes on under another cookie, and still is the first one.
    await ok(api(first, 'POST', '/logins/current/proof', { wanted: 'x', given: { factor: 'password', password: own.password } }))
    assert.equal((await api(first, 'GET', '/hosts')).status, 200)
  })

  it('lends the first owner nothing in another organization: what that one asks for is asked as it is entered [security 99]', async () => {
    assert.equal((await api(first, 'GET', '/hosts')).status, 200)
    const { id } = await ok(api(first, 'POST', '/organizations', { name: 'Second' }))
    const me = await ok(api(first, 'POST', `/organizations/${String(id)}/enter`))
    assert.equal(me['mustEnrol'], true)
    assert.equal((await ok(api(first, 'GET', '/me')))['mustEnrol'], true)
    const refused = await api(first, 'GET', '/hosts')
    assert.deepEqual([refused.status, /asks for a second factor/.test(refused.text)], [403, true])
    await relax(first)
    assert.equal((await api(first, 'GET', '/hosts')).status, 200)
  })

  it('asks none of who only looks', async () => {
    const { link } = await ok(api(first, 'POST', '/accounts/invitations', { email: 'v@example.test', role: 'viewer' }))
    const viewer = createPerson(base)
    const secret = String(link).split('#')[1]
    const me = await ok(api(viewer, 'POST', '/accounts/accept', { secret, name: 'V', password: 'nine lamps along a quay' }))
    assert.equal(me['mustEnrol'], undefined)
    assert.equal((await api(viewer, 'GET', '/hosts')).status, 200)
  })
})
