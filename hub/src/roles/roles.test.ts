import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openFakeEngine } from '../../../e2e/fakes/engine.ts'
import { openWorld } from '../../../e2e/fakes/world.ts'
import { api, createOwner, createPerson, ok, type Answer, type Person } from '../../../e2e/fleet/console.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { until } from '../../../e2e/fleet/until.ts'

const password = 'nine lamps along a quay'

// A hub and two hosts, as people run them; everybody comes in by a link that the owner made.
describe('who may do what', () => {
  let dir: string
  let hub: HubProcess
  let owner: Person
  let base: string
  const agents: AgentProcess[] = []
  const engines: Awaited<ReturnType<typeof openFakeEngine>>[] = []
  const hosts: { id: string; name: string }[] = []
  let people = 0

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-roles-')
    chmodSync(dir, 0o711)
    hub = await startHub({})
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    for (const name of ['shop', 'lab']) {
      const socket = join(dir, `${name}.sock`)
      engines.push(await openFakeEngine(socket, openWorld([{ name: `${name}-web`, image: 'nginx' }])))
      const { body } = await owner.ask('POST', '/api/v1/invitations', { body: { address: base, tags: [`of-${name}`] } })
      agents.push(await startAgent(String(body['join']), socket, { name }))
    }
    await until(async () => (await rowsOf(owner)).length === 2)
    for (const host of (await listOf(owner, '/hosts')) as { id: string; name: string }[]) hosts.push(host)
  })
  after(async () => {
    for (const agent of agents) await agent.stop()
    await hub?.stop()
    for (const engine of engines) await engine.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const listOf = async (person: Person, path: string) => JSON.parse((await person.ask('GET', `/api/v1${path}`)).text) as unknown[]
  const rowsOf = async (person: Person) =>
    ((await api(person, 'GET', '/fleet/container')).body['rows'] ?? []) as { name: string; host: string }[]
  const namesOf = async (person: Person) => (await rowsOf(person)).map(({ name }) => name)
  const idOf = (name: string) => hosts.find((host) => host.name.includes(name))!.id

  /** Comes in by a link; their account's id beside them. */
  async function join_(role: string, reach: object = { on: 'organization' }, by = owner) {
    const email = `person-${++people}@example.test`
    const { link } = await ok(api(by, 'POST', '/accounts/invitations', { email, role, reach }))
    const person = createPerson(base)
    const body = await ok(
      api(person, 'POST', '/accounts/accept', { secret: String(link).split('#')[1], name: `Person ${people}`, password }),
    )
    return { person, email, id: String(body['account']), link: String(link) }
  }
  const grant = (by: Person, account: string, role: string, reach: object = { on: 'organization' }, effect = 'allow') =>
    api(by, 'POST', '/grants', { holder: { kind: 'account', id: account }, role, reach, effect })
  const stop = (person: Person, host: string, name: string) => api(person, 'POST', `/hosts/${host}/containers/${name}/stop`, {})

  it('is what a role on one host gives: that host is all there is, in lists, sums, finds and names [security 2 7 113]', async () => {
    const { person } = await join_('developer', { on: 'host', target: idOf('shop') })
    assert.deepEqual(await namesOf(person), ['shop-web'])
    assert.deepEqual(((await api(person, 'GET', '/fleet/container')).body['totals'] as { all: number }).all, 1)
    assert.deepEqual(
      (await listOf(person, '/hosts')).map((host) => (host as { id: string }).id),
      [idOf('shop')],
    )
    assert.deepEqual(await listOf(person, '/find?text=lab'), [])
    assert.equal((await listOf(person, '/find?text=web')).length, 1)
    assert.equal((await stop(person, 'shop', 'shop-web')).status, 200)
    // Absent and not theirs: alike to the letter.
    const [there, nowhere] = [await stop(person, idOf('lab'), 'lab-web'), await stop(person, 'no-such-host', 'lab-web')]
    const said = ({ status, text }: Answer) => [status, text.replace(/"id":"\w+"/, '')]
    assert.deepEqual(said(there), said(nowhere))
    assert.equal(there.status, 404)
    assert.equal((await api(person, 'GET', '/audit')).status, 403)
    assert.equal((await api(person, 'GET', '/roles')).status, 403)
  })

  it('follows tags and environments: what is tagged or moved out of reach is gone from open lists', async () => {
    const { person } = await join_('viewer', { on: 'tag', target: 'of-lab' })
    assert.deepEqual(await namesOf(person), ['lab-web'])
    await ok(api(owner, 'PATCH', `/hosts/${idOf('shop')}`, { tags: ['of-shop', 'of-lab'] }))
    assert.deepEqual((await namesOf(person)).sort(), ['lab-web', 'shop-web'])
    await ok(api(owner, 'PATCH', `/hosts/${idOf('shop')}`, { tags: ['of-shop'] }))
    assert.deepEqual(await namesOf(person), ['lab-web'])

    const { id: environment } = await ok(api(owner, 'POST', '/environments', { name: 'Production' }))
    const second = await join_('operator', { on: 'environment', target: environment })
    assert.deepEqual(await namesOf(second.person), [])
    await ok(api(owner, 'PATCH', `/hosts/${idOf('shop')}`, { environment: 'Production' }))
    assert.deepEqual(await namesOf(second.person), ['shop-web'])
    // Out of it only into one where they manage hosts too.
    assert.equal((await api(second.person, 'PATCH', `/hosts/${idOf('shop')}`, { environment: 'default' })).status, 403)
    // A tag that says who may do what is changed only by who may say that.
    assert.equal((await api(second.person, 'PATCH', `/hosts/${idOf('shop')}`, { tags: ['of-shop', 'of-lab'] })).status, 403)
    assert.equal((await api(second.person, 'PATCH', `/hosts/${idOf('shop')}`, { tags: ['of-shop', 'any-other'] })).status, 200)
    assert.equal((await api(owner, 'DELETE', `/environments/Production`)).status, 409)
    await ok(api(owner, 'PATCH', `/hosts/${idOf('shop')}`, { environment: 'default' }))
    await ok(api(owner, 'DELETE', `/environments/Production`))
    assert.deepEqual(await namesOf(second.person), [])
  })

  it('of an environment opens its secrets, and none of the organization or of another [security 2]', async () => {
    const { id: environment } = await ok(api(owner, 'POST', '/environments', { name: 'Vaulted' }))
    for (const where of [{}, { environment: 'Vaulted' }])
      await ok(api(owner, 'POST', '/secrets', { name: 'DB_PASSWORD', value: 'v', ...where }))
    const keeper = await ok(
      api(owner, 'POST', '/roles', { name: 'Keeper', permissions: ['secrets:read', 'secrets:reveal', 'secrets:write'] }),
    )
    const { person } = await join_(String(keeper['id']), { on: 'environment', target: environment })
    assert.equal((await listOf(person, '/secrets?environment=Vaulted')).length, 1)
    assert.equal((await api(person, 'POST', '/secrets/DB_PASSWORD/reveal', { environment: 'Vaulted' })).status, 200)
    for (const where of [{}, { environment: 'default' }]) {
      assert.equal((await api(person, 'POST', '/secrets/DB_PASSWORD/reveal', where)).status, 403)
      assert.equal((await api(person, 'DELETE', '/secrets/DB_PASSWORD', where)).status, 403)
    }
    const seen = (await listOf(person, '/secrets')) as { environment: string | null }[]
    assert.deepEqual(
      seen.map((one) => one.environment),
      ['Vaulted'],
    )
    assert.equal((await api(person, 'GET', '/secrets/DB_PASSWORD')).status, 403)
  })

  it('is less by every denial, and an owner is denied nothing', async () => {
    const { person, id } = await join_('admin')
    await ok(grant(owner, id, 'admin', { on: 'host', target: idOf('lab') }, 'deny'))
    assert.deepEqual(await namesOf(person), ['shop-web'])
    assert.equal((await stop(person, 'lab', 'lab-web')).status, 404)
    // What was taken from them they cannot take back themselves, nor give to somebody else.
    const denial = ((await listOf(owner, `/grants?account=${id}`)) as { id: string; effect: string }[]).find(
      ({ effect }) => effect === 'deny',
    )
    assert.equal((await api(person, 'DELETE', `/grants/${denial!.id}`)).status, 403)
    const other = await join_('viewer')
    assert.equal((await grant(person, other.id, 'operator', { on: 'host', target: idOf('lab') })).status, 403)
    const me = await ok(api(owner, 'GET', '/me'))
    await ok(grant(owner, String(me['account']), 'admin', { on: 'organization' }, 'deny'))
    assert.equal((await namesOf(owner)).length, 2)
  })

  it('is never given by who has less: no admin makes an owner, no custom role holds more than its maker, no team is a way around', async () => {
    const admin = await join_('admin')
    const viewer = await join_('viewer')
    assert.equal((await grant(admin.person, viewer.id, 'operator')).status, 200)
    assert.equal((await grant(admin.person, viewer.id, 'owner')).status, 403)
    assert.equal((await api(admin.person, 'POST', '/accounts/invitations', { email: 'x@example.test', role: 'owner' })).status, 403)
    const me = String((await ok(api(owner, 'GET', '/me')))['account'])
    assert.equal((await api(admin.person, 'DELETE', `/accounts/${me}`)).status, 403)
    const [mine] = (await listOf(owner, `/grants?account=${me}`)) as { id: string }[]
    assert.equal((await api(admin.person, 'DELETE', `/grants/${mine!.id}`)).status, 403)
    assert.match((await api(owner, 'DELETE', `/grants/${mine!.id}`)).text, /last owner/)
    assert.match((await api(owner, 'DELETE', `/accounts/${me}`)).text, /last owner/)

    // Somebody who may make roles and teams, and not much else.
    const clerk = await ok(
      api(owner, 'POST', '/roles', {
        name: 'Clerk',
        permissions: ['roles:read', 'roles:manage', 'roles:grant', 'teams:read', 'teams:manage'],
      }),
    )
    const { person } = await join_(String(clerk['id']))
    assert.equal((await api(person, 'POST', '/roles', { name: 'More', permissions: ['terminals:open'] })).status, 403)
    assert.equal((await api(person, 'PATCH', `/roles/${String(clerk['id'])}`, { permissions: ['terminals:open'] })).status, 403)
    const team = await ok(api(owner, 'POST', '/teams', { name: 'Harbour' }))
    await ok(api(owner, 'POST', '/grants', { holder: { kind: 'team', id: team['id'] }, role: 'operator', reach: { on: 'organization' } }))
    const own = String((await ok(api(person, 'GET', '/me')))['account'])
    assert.equal((await api(person, 'PUT', `/teams/${String(team['id'])}/members/${own}`)).status, 403)
    await ok(api(owner, 'PUT', `/teams/${String(team['id'])}/members/${own}`))
    assert.equal((await namesOf(person)).length, 2)
    await ok(api(owner, 'DELETE', `/teams/${String(team['id'])}`))
    assert.equal((await api(person, 'GET', '/fleet/container')).status, 403)
  })

  it('that was denied somewhere is given to nobody by a wider reach, an invitation or a role made smaller', async () => {
    // Once an admin who was denied it in one place had it there again by an account of their own.
    const { id: environment } = await ok(api(owner, 'POST', '/environments', { name: 'Vault' }))
    const admin = await join_('admin')
    const { id: shown } = await ok(api(owner, 'POST', '/roles', { name: 'Shown', permissions: ['secrets:reveal'] }))
    await ok(grant(owner, admin.id, String(shown), { on: 'environment', target: environment }, 'deny'))
    const whole = { on: 'organization' }
    const service = await ok(api(admin.person, 'POST', '/accounts/services', { name: 'Way around' }))
    assert.equal((await grant(admin.person, String(service['id']), 'admin')).status, 403)
    assert.equal((await grant(admin.person, String(service['id']), 'admin', { on: 'tag', target: 'of-lab' })).status, 403)
    assert.equal((await api(admin.person, 'POST', '/accounts/invitations', { email: 'y@example.test', role: 'admin' })).status, 403)
    assert.equal((await api(admin.person, 'PATCH', `/roles/${String(shown)}`, { permissions: [] })).status, 403)
    // What was not denied is theirs to give, and on a host that is elsewhere all of it.
    assert.equal((await grant(admin.person, String(service['id']), 'operator')).status, 200)
    assert.equal((await grant(admin.person, String(service['id']), 'admin', { on: 'host', target: idOf('lab') })).status, 200)
    // Nor is anything denied by who has it not, or somebody taken out with a team's role.
    const { id: clerk } = await ok(api(owner, 'POST', '/roles', { name: 'Porter', permissions: ['roles:grant', 'accounts:manage'] }))
    const porter = await join_(String(clerk))
    assert.equal((await grant(porter.person, admin.id, 'admin', whole, 'deny')).status, 403)
    const team = await ok(api(owner, 'POST', '/teams', { name: 'Bridge' }))
    const mate = await join_(String(clerk))
    await ok(api(owner, 'PUT', `/teams/${String(team['id'])}/members/${mate.id}`))
    await ok(api(owner, 'POST', '/grants', { holder: { kind: 'team', id: team['id'] }, role: 'admin', reach: whole }))
    assert.equal((await api(porter.person, 'DELETE', `/accounts/${mate.id}`)).status, 403)
    await ok(api(owner, 'DELETE', `/environments/Vault`))
  })

  it('is not come by with a host that one moves or tags oneself', async () => {
    const { id: environment } = await ok(api(owner, 'POST', '/environments', { name: 'Dry dock' }))
    const manager = await ok(
      api(owner, 'POST', '/roles', { name: 'Mover', permissions: ['hosts:read', 'hosts:manage', 'containers:read', 'roles:grant'] }),
    )
    const { person, id } = await join_(String(manager['id']))
    await ok(grant(owner, id, 'operator', { on: 'environment', target: environment }))
    await ok(grant(owner, id, 'operator', { on: 'tag', target: 'docked' }))
    const move = (to: object) => api(person, 'PATCH', `/hosts/${idOf('lab')}`, to)
    assert.match((await move({ environment: 'Dry dock' })).text, /could do more with the host.*containers:/)
    assert.equal((await move({ tags: ['of-lab', 'docked'] })).status, 403)
    assert.equal((await stop(person, 'lab', 'lab-web')).status, 403)
    // Of two denials, both are left at once.
    const admin = await join_('admin')
    const { id: home } = (await listOf(owner, '/environments')).find((one) => (one as { name: string }).name === 'default') as {
      id: string
    }
    const { id: stopping } = await ok(api(owner, 'POST', '/roles', { name: 'Stopping', permissions: ['containers:operate'] }))
    for (const reach of [
      { on: 'environment', target: home },
      { on: 'tag', target: 'of-lab' },
    ])
      await ok(grant(owner, admin.id, String(stopping), reach, 'deny'))
    const both = await api(admin.person, 'PATCH', `/hosts/${idOf('lab')}`, { environment: 'Dry dock', tags: [] })
    assert.match(both.text, /could do more with the host.*containers:operate/)
    await ok(api(owner, 'DELETE', `/environments/Dry dock`.replace(' ', '%20')))
  })

  it('is of the environment whose id was said, also where another one is named like it', async () => {
    const { id: real } = await ok(api(owner, 'POST', '/environments', { name: 'Real' }))
    await ok(api(owner, 'PATCH', '/environments/Real', { name: 'Renamed' }))
    for (const name of [String(real)]) await ok(api(owner, 'POST', '/environments', { name }))
    await ok(api(owner, 'PATCH', `/environments/Renamed`, { name: 'Real' }))
    const { environment } = await ok(api(owner, 'POST', '/secrets', { name: 'meant', value: 'x', environment: real }))
    assert.equal(environment, 'Real')
  })

  it('ends what is open within a second of being lost, over the session and over HTTP [security 6 84]', async () => {
    const { person, id } = await join_('viewer')
    const console_ = await person.open()
    const rows = console_.api.fleet.watch({ kind: 'container', filter: '', sort: ['name'], offset: 0, limit: 10 })[Symbol.asyncIterator]()
    await rows.next()
    const stream = person.ask('GET', '/api/v1/hosts/watch', { headers: { Accept: 'text/event-stream' } })
    await new Promise((resolve) => setTimeout(resolve, 300))
    const ended = (async () => {
      while ((await rows.next().catch(() => ({ done: true }))).done !== true) continue
    })()
    const [given] = (await listOf(owner, `/grants?account=${id}`)) as { id: string }[]
    const lostMs = performance.now()
    await ok(api(owner, 'DELETE', `/grants/${given!.id}`))
    await ended
    assert.match((await stream).text, /event: error\ndata: .*"lost"/)
    assert.ok(performance.now() - lostMs < 1000)
    assert.equal((await api(person, 'GET', '/fleet/container')).status, 403)
    await assert.rejects(
      person.open().then((again) => again.api.hosts.list({})),
      { code: 'forbidden' },
    )
  })

  it('stays open for everybody else when one account’s roles change', async () => {
    const [one, other] = [await join_('viewer'), await join_('viewer')]
    const open = await one.person.open()
    await ok(grant(owner, other.id, 'developer'))
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal(open.session.alive, true)
    open.close()
  })

  it('is told with its reason, by the judge itself', async () => {
    const { id } = await join_('viewer')
    await ok(grant(owner, id, 'operator', { on: 'tag', target: 'of-shop' }))
    await ok(grant(owner, id, 'viewer', { on: 'host', target: idOf('lab') }, 'deny'))
    const told = async (query: string) => {
      const { permissions } = await ok(api(owner, 'GET', `/grants/explain?account=${id}${query}`))
      return new Map(
        (permissions as { name: string; allowed: boolean; because: Record<string, unknown> | null }[]).map((one) => [one.name, one]),
      )
    }
    const shop = await told('&host=shop')
    assert.deepEqual(
      [shop.get('containers:read')?.because?.['role'], shop.get('terminals:open')?.because?.['role'], shop.get('audit:read')?.because],
      ['viewer', 'operator', null],
    )
    assert.deepEqual(shop.get('terminals:open')?.because?.['reach'], { on: 'tag', name: 'of-shop' })
    const lab = await told('&host=lab')
    assert.deepEqual([lab.get('containers:read')?.allowed, lab.get('containers:read')?.because?.['effect']], [false, 'deny'])
    assert.equal((await told('')).get('containers:read')?.allowed, true)
  })

  it('begins with a link that works once, for its own e-mail, and never shows again [security 103]', async () => {
    const email = 'once@example.test'
    const { link, id } = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'Once@Example.test', role: 'viewer' }))
    const secret = String(link).split('#')[1]!
    assert.doesNotMatch(JSON.stringify(await listOf(owner, '/accounts/invitations')), new RegExp(secret))
    const about = await ok(api(createPerson(base), 'POST', '/accounts/invited', { secret }))
    assert.deepEqual(about, { organization: 'Example', email, known: false })
    assert.equal((await api(createPerson(base), 'POST', '/accounts/accept', { secret, name: 'W', password: 'password1234' })).status, 400)
    const tries = await Promise.all(
      Array.from({ length: 4 }, () => api(createPerson(base), 'POST', '/accounts/accept', { secret, name: 'Once', password })),
    )
    assert.deepEqual(tries.map(({ status }) => status).sort(), [200, 404, 404, 404].sort())
    assert.equal((await api(owner, 'DELETE', `/accounts/invitations/${String(id)}`)).status, 404)
    assert.equal((await api(owner, 'POST', '/accounts/invitations', { email, role: 'viewer' })).status, 409)
    const wrong = await api(createPerson(base), 'POST', '/accounts/invited', { secret: 'x'.repeat(43) })
    const used = await api(createPerson(base), 'POST', '/accounts/invited', { secret })
    assert.deepEqual(
      [wrong.status, wrong.body['error'] && (wrong.body['error'] as { message: string }).message],
      [used.status, (used.body['error'] as { message: string }).message],
    )
  })

  // An admin who was to be one no longer could have asked another account of their own in before.
  it('comes by no invitation whose maker lost it since, nor of a role that is gone [security 103]', async () => {
    const admin = await join_('admin')
    const ask = async (role: string) => {
      const { link } = await ok(api(admin.person, 'POST', '/accounts/invitations', { email: `late-${role}@example.test`, role }))
      return { secret: String(link).split('#')[1], name: 'Late', password }
    }
    const { id: passing } = await ok(api(owner, 'POST', '/roles', { name: 'Passing', permissions: ['hosts:read'] }))
    const [asAdmin, asPassing, asViewer] = [await ask('admin'), await ask(String(passing)), await ask('viewer')]
    await ok(api(owner, 'DELETE', `/roles/${String(passing)}`))
    assert.equal((await api(createPerson(base), 'POST', '/accounts/accept', asPassing)).status, 404)
    const [given] = (await listOf(owner, `/grants?account=${admin.id}`)) as { id: string }[]
    await ok(api(owner, 'DELETE', `/grants/${given!.id}`))
    await ok(grant(owner, admin.id, 'viewer'))
    assert.equal((await api(createPerson(base), 'POST', '/accounts/accept', asAdmin)).status, 404)
    await ok(api(createPerson(base), 'POST', '/accounts/accept', asViewer))
    const people = (await listOf(owner, '/accounts')) as { email: string }[]
    assert.deepEqual(
      people.map(({ email }) => email).filter((email) => email.startsWith('late-')),
      ['late-viewer@example.test'],
    )
  })

  it('ends for an account that is removed: its logins, its grants, what it has open [security 83 84]', async () => {
    const { person, id, email } = await join_('operator')
    const open = await person.open()
    await ok(api(owner, 'DELETE', `/accounts/${id}`))
    await until(() => !open.session.alive)
    assert.equal((await api(person, 'GET', '/me')).status, 401)
    assert.equal((await api(createPerson(base), 'POST', '/logins', { email, password })).status, 401)
    assert.deepEqual(await listOf(owner, `/grants?account=${id}`), [])
    // Asked in again, the account that there is joins with its own password.
    const { link } = await ok(api(owner, 'POST', '/accounts/invitations', { email, role: 'viewer' }))
    const secret = String(link).split('#')[1]!
    assert.equal((await api(createPerson(base), 'POST', '/accounts/accept', { secret, password: 'another one entirely' })).status, 401)
    const body = await ok(api(createPerson(base), 'POST', '/accounts/accept', { secret, password }))
    assert.equal(body['account'], id)
  })

  it('leaves a row for every change, and refuses what is no role, no place, no permission with the field that is wrong', async () => {
    const { id } = await join_('viewer')
    for (const [body, field] of [
      [{ holder: { kind: 'account', id: 'nobody' }, role: 'viewer', reach: { on: 'organization' } }, 'holder'],
      [{ holder: { kind: 'account', id }, role: 'captain', reach: { on: 'organization' } }, 'role'],
      [{ holder: { kind: 'account', id }, role: 'viewer', reach: { on: 'host', target: 'nowhere' } }, 'reach'],
    ] as const) {
      const { body: said } = await api(owner, 'POST', '/grants', body)
      assert.equal((said['error'] as { details: { field: string } }).details.field, field)
    }
    assert.match((await api(owner, 'POST', '/roles', { name: 'Odd', permissions: ['hosts:fly'] })).text, /There is no permission hosts:fly/)
    assert.equal((await api(owner, 'POST', '/roles', { name: 'Owner', permissions: [] })).status, 409)
    assert.equal((await grant(owner, id, 'viewer')).status, 409, 'the same twice')
    const verbs = new Set(((await ok(api(owner, 'GET', '/audit?limit=500')))['rows'] as { verb: string }[]).map(({ verb }) => verb))
    for (const verb of [
      'role.create',
      'role.grant',
      'role.revoke',
      'team.create',
      'team.member-add',
      'team.delete',
      'environment.create',
      'account.invite',
      'account.join',
      'account.remove',
    ])
      assert.ok(verbs.has(verb), verb)
  })
})
