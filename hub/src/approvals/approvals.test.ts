import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

const password = 'nine lamps along a quay'

describe('four eyes', () => {
  let hub: HubProcess
  let base: string
  let ada: Person
  let bea: Person
  let cyn: Person
  before(async () => {
    hub = await startHub({})
    base = `https://127.0.0.1:${hub.httpsPort}`
    ada = await createOwner(base, hub.code)
    for (const name of ['one', 'two']) await ok(api(ada, 'POST', '/secrets', { name, value: `value ${name}` }))
  })
  after(() => hub?.stop())

  async function joined(name: string, role: string): Promise<Person> {
    const { link } = await ok(api(ada, 'POST', '/accounts/invitations', { email: `${name}@example.test`, role }))
    const person = createPerson(base)
    await ok(api(person, 'POST', '/accounts/accept', { secret: String(link).split('#')[1], name, password }))
    return person
  }
  const reveal = (by: Person, name: string, more: object = {}) => api(by, 'POST', `/secrets/${name}/reveal`, more)
  const request = (by: Person, name: string) =>
    api(by, 'POST', '/approvals', { method: 'secrets.reveal', input: { name }, why: 'the shop is down' })
  const decide = (by: Person, id: unknown, yes = true) => api(by, 'POST', `/approvals/${String(id)}/decision`, { yes })
  const code = ({ body }: { body: Record<string, unknown> }) => (body['error'] as { code: string } | undefined)?.code
  const list = async (by: Person) => JSON.parse((await api(by, 'GET', '/approvals')).text) as { id: string; state: string; own: boolean }[]
  const put = (by: Person, on: readonly string[]) => api(by, 'PUT', '/approval-policy', { on })

  it('are put on no verb that only one person could do', async () => {
    const alone = await put(ada, ['secret.reveal'])
    assert.deepEqual([alone.status, /only one person here has the permission organization:manage/.test(alone.text)], [409, true])
    assert.equal((await put(ada, ['host.list'])).status, 400)
    ;[bea, cyn] = [await joined('bea', 'owner'), await joined('cyn', 'viewer')]
    assert.equal((await reveal(ada, 'one')).status, 200)
    await ok(put(ada, ['secret.reveal']))
    const { all } = await ok(api(ada, 'GET', '/approval-policy'))
    const known = ['approval.policy', 'factor.policy', 'host.revoke', 'organization.delete', 'provider.second_factor', 'secret.provider']
    assert.deepEqual(all, [...known, 'secret.reveal', 'update.begin', 'update.host'])
  })

  it('are asked for what a method knows, in so many levels', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const raw = { headers: { 'Content-Type': 'application/json' } }
    const strange = await api(ada, 'POST', '/approvals', { method: 'secrets.reveal', input: { name: 'one', really: 'two' } })
    assert.deepEqual([strange.status, /really.{1,2} is no field/.test(strange.text)], [400, true])
    for (const [path, rawBody] of [
      ['approvals', `{"method":"secrets.reveal","input":{"name":${deep}}}`],
      ['secrets/one/reveal', `{"version":${deep}}`],
    ])
      assert.equal((await ada.ask('POST', `/api/v1/${path}`, { ...raw, rawBody: rawBody! })).status, 400)
  })

  it('let nobody do it alone, nor agree to what they asked for themselves [security 15]', async () => {
    assert.equal(code(await reveal(ada, 'one')), 'unapproved')
    const { id } = await ok(request(ada, 'one'))
    assert.equal(code(await decide(ada, id)), 'forbidden')
    assert.equal(code(await reveal(ada, 'one')), 'unapproved')
    // Somebody who could not do it decides nothing, and does not even see it.
    assert.equal(code(await decide(cyn, id)), 'not_found')
    assert.deepEqual(await list(cyn), [])
    assert.equal((await list(bea)).find((one) => one.id === id)?.state, 'open')
    await ok(decide(bea, id))
    assert.equal(code(await decide(bea, id)), 'conflict')
  })

  it('hold for exactly what was asked, for whoever asked, once [security 15]', async () => {
    assert.equal(code(await reveal(ada, 'two')), 'unapproved')
    assert.equal(code(await reveal(ada, 'one', { version: 1 })), 'unapproved')
    assert.equal(code(await reveal(ada, 'one', { environment: 'default' })), 'unapproved')
    assert.equal(code(await reveal(bea, 'one')), 'unapproved')
    const answers = await Promise.all(Array.from({ length: 8 }, () => reveal(ada, 'one')))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 7 }, () => 403)])
    assert.equal(code(await reveal(ada, 'one')), 'unapproved')
    assert.ok((await list(ada)).every(({ own }) => own))
  })

  it('are refused when whoever agreed lost the right since, or said no [security 15]', async () => {
    const no = await ok(request(ada, 'one'))
    await ok(decide(bea, no['id'], false))
    assert.equal(code(await reveal(ada, 'one')), 'unapproved')
    const { id } = await ok(request(ada, 'one'))
    await ok(decide(bea, id))
    const grants = JSON.parse((await api(ada, 'GET', '/grants')).text) as { id: string; holder: { name: string } }[]
    const owned = grants.find(({ holder }) => holder.name === 'bea')!
    await ok(api(ada, 'DELETE', `/grants/${owned.id}`))
    assert.equal(code(await reveal(ada, 'one')), 'unapproved')
    const people = JSON.parse((await api(ada, 'GET', '/accounts')).text) as { id: string; name: string }[]
    const holder = { kind: 'account', id: people.find(({ name }) => name === 'bea')!.id }
    await ok(api(ada, 'POST', '/grants', { holder, role: 'owner', reach: { on: 'organization' } }))
    assert.equal((await reveal(ada, 'one')).status, 200)
  })

  it('are on who asks for the second factor of a provider’s people, and nothing else of a provider goes around it [security 15 99]', async () => {
    const wanted = ['secret.reveal', 'provider.second_factor']
    const more = await ok(api(ada, 'POST', '/approvals', { method: 'approvals.setPolicy', input: { on: wanted } }))
    await ok(decide(bea, more['id']))
    await ok(put(ada, wanted))
    const settings = { kind: 'oidc', issuer: 'https://id.example.test', clientId: 'fairlead' }
    const made = await ok(api(ada, 'POST', '/identity-providers', { name: 'Harbour', settings }))
    assert.equal(made['secondFactor'], 'here')
    for (const [method, path, more] of [
      ['POST', '/identity-providers', { name: 'Other', settings }],
      ['PATCH', `/identity-providers/${String(made['id'])}`, {}],
    ] as const)
      assert.match((await api(ada, method, path, { ...more, secondFactor: 'provider' })).text, /secondFactor.{1,2} is no field of this/)
    const trust = { id: made['id'], secondFactor: 'provider' }
    const set = (by: Person) => api(by, 'PUT', `/identity-providers/${String(made['id'])}/second-factor`, { secondFactor: 'provider' })
    assert.equal(code(await set(ada)), 'unapproved')
    const asked = await ok(api(ada, 'POST', '/approvals', { method: 'identities.setSecondFactor', input: trust }))
    assert.equal(code(await decide(cyn, asked['id'])), 'not_found')
    await ok(decide(bea, asked['id']))
    assert.equal(code(await set(bea)), 'unapproved')
    assert.equal((await ok(set(ada)))['secondFactor'], 'provider')
    assert.equal(code(await set(ada)), 'unapproved')
    const { rows } = await ok(api(ada, 'GET', '/audit?filter=provider.second_factor'))
    const [row] = rows as { outcome: string; before: object; after: object }[]
    assert.deepEqual([row?.before, row?.after], [{ secondFactor: 'here' }, { secondFactor: 'provider' }])
  })

  it('are not taken off by one alone, and a token is no second person', async () => {
    assert.equal(code(await put(ada, [])), 'unapproved')
    // Nor gone around: who says where a secret is shown could have it shown to themselves.
    const vault = { address: 'https://vault.example:8200', auth: 'token', secret: 'one' }
    assert.equal(code(await api(ada, 'PUT', '/secret-providers/x', vault)), 'unapproved')
    const { token } = await ok(api(bea, 'POST', '/tokens', { name: 'x', scopes: ['secrets:reveal'] }))
    const { id } = await ok(request(ada, 'two'))
    const script = await createPerson(base).ask('POST', `/api/v1/approvals/${String(id)}/decision`, {
      headers: { Authorization: `Bearer ${String(token)}` },
      body: { yes: true },
    })
    assert.equal(script.status, 403)
    const asked = await ok(api(ada, 'POST', '/approvals', { method: 'approvals.setPolicy', input: { on: [] } }))
    await ok(decide(bea, asked['id']))
    await ok(put(ada, []))
    assert.equal((await reveal(ada, 'two')).status, 200)
    const { rows } = await ok(api(ada, 'GET', '/audit?filter=approval.decide'))
    assert.ok((rows as { targetName: string }[]).some(({ targetName }) => targetName.startsWith('yes: approvals.setPolicy')))
  })
})
