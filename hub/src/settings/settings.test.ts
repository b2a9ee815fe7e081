import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'

interface Row {
  readonly name: string
  readonly value: unknown
  readonly source: string
  readonly from: string
}

describe('settings', () => {
  let hub: HubProcess
  let owner: Person
  let base: string
  before(async () => {
    hub = await startHub({ env: { FAIRLEAD_LOGIN_IDLE_MINUTES: '600' } })
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
  })
  after(() => hub?.stop())

  const read = async (path = '/settings', by = owner) => {
    const rows = JSON.parse((await api(by, 'GET', path)).text) as Row[]
    return Object.fromEntries(rows.map((row) => [row.name, [row.value, row.source, row.from]]))
  }

  it('of the organization say where each value is from, and what holds it', async () => {
    const now = await read()
    assert.deepEqual(now['logins.idle'], [600, 'env', 'FAIRLEAD_LOGIN_IDLE_MINUTES'])
    assert.deepEqual(now['logins.life'], [1440, 'default', ''])
    assert.deepEqual(now['organization.language'], [null, 'default', ''])
    assert.deepEqual(now['organization.name'], ['Example', 'ui', ''])
    const refused = await api(owner, 'PATCH', '/settings', { loginIdleMinutes: 30 })
    assert.deepEqual([refused.status, /started with FAIRLEAD_LOGIN_IDLE_MINUTES/.test(refused.text)], [409, true])
    assert.equal((await api(owner, 'PATCH', '/settings', { loginLifeMinutes: 7 * 24 * 60 + 1 })).status, 400)
    await ok(api(owner, 'PATCH', '/settings', { language: 'fr' }))
    assert.deepEqual((await read())['organization.language'], ['fr', 'ui', ''])
    await ok(api(owner, 'PATCH', '/settings', { language: null }))
    assert.deepEqual((await read())['organization.language'], [null, 'default', ''])
  })

  it('of logins hold for those that are open and for new ones: none lives longer than was chosen', async () => {
    const lastsMs = async (person: Person) => Number((await ok(api(person, 'GET', '/me')))['loginExpiresMs']) - Date.now()
    const other = createPerson(base)
    const own = { email: 'owner@example.test', password: 'four unrelated words' }
    await ok(api(other, 'POST', '/logins', own))
    await ok(api(owner, 'PATCH', '/settings', { loginLifeMinutes: 60 }))
    for (const person of [owner, other]) assert.ok((await lastsMs(person)) <= 3_600_000)
    // Longer again is for those to come.
    await ok(api(owner, 'PATCH', '/settings', { loginLifeMinutes: 7 * 24 * 60 }))
    assert.ok((await lastsMs(other)) <= 3_600_000)
    const next = createPerson(base)
    const answer = await api(next, 'POST', '/logins', own)
    assert.match(String(answer.headers['set-cookie']), /Max-Age=604(?:800|79\d)/)
    assert.ok((await lastsMs(next)) > 6 * 86_400_000)
  })

  it('of the hub are seen by who runs it, without a secret, and changed where it is started', async () => {
    const now = await read('/hub-settings')
    assert.deepEqual(now['hub.tlsListen']?.slice(1), ['env', 'FAIRLEAD_TLS_LISTEN'])
    assert.deepEqual(now['hub.tlsListen']?.[0], `https://127.0.0.1:${hub.httpsPort}`)
    assert.deepEqual(now['hub.publicUrl'], [null, 'default', ''])
    assert.ok(Number(now['hub.certificateUntil']?.[0]) > Date.now())
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'second@example.test', role: 'owner' }))
    const second = createPerson(base)
    const secret = String(link).split('#')[1]
    await ok(api(second, 'POST', '/accounts/accept', { secret, name: 'Second', password: 'nine lamps along a quay' }))
    assert.equal((await api(second, 'GET', '/settings')).status, 200)
    assert.equal((await api(second, 'GET', '/hub-settings')).status, 403)
  })
})
