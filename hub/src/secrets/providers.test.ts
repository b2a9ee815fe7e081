import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startVault, type FakeVault } from '../../../e2e/fakes/vault.ts'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

const canary = 'canary-hunter2'
type Row = Record<string, unknown>

describe('secrets that are kept in a Vault', () => {
  let hub: HubProcess
  let owner: Person
  let vault: FakeVault
  let base: string

  before(async () => {
    vault = await startVault()
    hub = await startHub({ env: { FAIRLEAD_OUTBOUND_ALLOW: '127.0.0.0/8' } })
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
  })
  after(async () => {
    await hub?.stop()
    await vault?.close()
  })

  const listOf = async (path: string) => JSON.parse((await api(owner, 'GET', path)).text) as Row[]
  const set = (more: object = {}) =>
    api(owner, 'PUT', '/secret-providers/vault', { address: vault.address, auth: 'token', secret: 'vault-token', ...more })
  const reveal = (name: string) => api(owner, 'POST', `/secrets/${name}/reveal`, {})

  it('want the secret by which the hub shows itself, an origin, and a role id where there is a role', async () => {
    assert.match((await set()).text, /There is no secret vault-token of the organization/)
    await ok(api(owner, 'POST', '/secrets', { name: 'vault-token', value: canary }))
    assert.match((await set({ address: 'vault.example' })).text, /is an origin: https:\/\/vault.example:8200/)
    assert.match((await set({ address: 'https://a:b@vault.example' })).text, /is an origin/)
    assert.match((await set({ auth: 'approle' })).text, /has a role id/)
    await ok(set())
    const [provider] = await listOf('/secret-providers')
    assert.deepEqual([provider?.['name'], provider?.['references'], provider?.['secretGone']], ['vault', 0, false])
    assert.doesNotMatch(JSON.stringify(provider), new RegExp(canary))
  })

  it('are tested: whether it answers and lets the hub in, in words that repeat nothing it said', async () => {
    const test = () => api(owner, 'POST', '/secret-providers/vault/test')
    assert.match((await test()).text, /does not let this hub in: its policy does not allow that, or the token has ended/)
    vault.tokens.add(canary)
    await ok(test())
    vault.sealed = true
    assert.match((await test()).text, /it is sealed, or in maintenance/)
    vault.sealed = false
    await ok(set({ address: 'http://127.0.0.1:1' }))
    assert.equal((await test()).status, 502)
    // The one address of every cloud that must never be asked.
    await ok(set({ address: 'http://169.254.169.254' }))
    assert.match((await test()).text, /leads to an address that nothing may be asked of/)
    await ok(set())
  })

  it('are asked for each time, by a reference; nobody writes them here', async () => {
    vault.values.set('shop/database', { password: 'one' })
    const refer = (reference: string, more: object = {}) =>
      api(owner, 'POST', '/secret-references', { name: 'DATABASE', reference, ...more })
    assert.equal((await refer('vault:shop')).status, 400)
    assert.match((await refer('other:shop/database#password')).text, /There is no provider other/)
    const made = await ok(refer('vault:shop/database#password', { environment: 'default' }))
    assert.deepEqual([made['reference'], made['orphaned'], made['by']], ['vault:shop/database#password', false, 'Owner'])
    const revealIt = () => api(owner, 'POST', '/secrets/DATABASE/reveal', { environment: 'default' })
    assert.deepEqual((await revealIt()).body, { name: 'DATABASE', version: 7, value: 'one' })
    vault.values.set('shop/database', { password: 'two' })
    assert.equal((await revealIt()).body['value'], 'two')
    vault.values.set('shop/database', { user: 'x' })
    assert.match((await revealIt()).text, /has no field password/)
    const write = await api(owner, 'POST', '/secrets/DATABASE/versions', { environment: 'default', value: 'x' })
    assert.deepEqual([write.status, /is kept in vault; write it there/.test(write.text)], [409, true])
    vault.values.set('shop/database', { password: 'two' })
  })

  it('say what breaks without the secret that is shown there, and which lead nowhere', async () => {
    assert.deepEqual((await ok(api(owner, 'GET', '/secrets/vault-token')))['usedBy'], [{ kind: 'provider', name: 'vault' }])
    await ok(api(owner, 'DELETE', '/secrets/vault-token'))
    assert.equal((await listOf('/secret-providers'))[0]?.['secretGone'], true)
    const revealed = await api(owner, 'POST', '/secrets/DATABASE/reveal', { environment: 'default' })
    assert.match(revealed.text, /asked with the secret vault-token, which is gone/)
    await ok(api(owner, 'DELETE', '/secret-providers/vault'))
    const [orphan] = await listOf('/secrets')
    assert.equal(orphan?.['orphaned'], true)
    assert.equal((await reveal('vault-token')).status, 404)
    assert.equal((await api(owner, 'DELETE', '/secret-providers/vault')).status, 404)
  })

  it('are set up by nobody who could not reveal what is shown there', async () => {
    const { roles } = (await ok(api(owner, 'GET', '/roles'))) as { roles: { id: string }[] }
    assert.ok(roles.some(({ id }) => id === 'auditor'))
    const role = await ok(api(owner, 'POST', '/roles', { name: 'Writer', permissions: ['secrets:read', 'secrets:write'] }))
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'w@example.test', role: role['id'] }))
    const writer = createPerson(base)
    const secret = String(link).split('#')[1]
    await ok(api(writer, 'POST', '/accounts/accept', { secret, name: 'Writer', password: 'nine lamps along a quay' }))
    const input = { address: 'https://evil.example', auth: 'token', secret: 'vault-token' }
    assert.equal((await api(writer, 'PUT', '/secret-providers/vault', input)).status, 403)
    await ok(api(owner, 'POST', '/secrets', { name: 'vault-token', value: canary }))
    assert.equal((await api(writer, 'PUT', '/secret-providers/vault', input)).status, 403)
  })

  it('have a key whose change is followed', async () => {
    const key = () => ok(api(owner, 'GET', '/secret-key'))
    const before = await key()
    assert.deepEqual([before['values'], before['left'], before['stuck']], [1, 0, 0])
    await ok(api(owner, 'POST', '/secret-key'))
    const after = await key()
    assert.ok(Number(after['sinceMs']) > Number(before['sinceMs']))
    assert.ok(Number(after['left']) <= 1)
  })
})
