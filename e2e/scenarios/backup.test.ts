import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { fromBase32 } from '../fleet/base32.ts'
import { codeOf as totpCode, stepOf } from '../../hub/src/factors/codes.ts'
import { openFakeEngine, type FakeEngine } from '../fakes/engine.ts'
import { openWorld, type World } from '../fakes/world.ts'
import { hubCommand } from '../fleet/command.ts'
import { api, createOwner, createPerson, invite, ok, type Person } from '../fleet/console.ts'
import { openFaultProxy, type FaultProxy } from '../fleet/faultproxy.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'

// A hub with all that a hub has, a backup of it, and hubs restored from that beside it. Hosts dial through a relay that can be turned to
// another hub: they do not know that there are several.
describe('a hub that is restored from its backup', () => {
  const password = 'four unrelated words'
  const passphrase = 'five other unrelated words'
  let dir: string
  let file: string
  let first: HubProcess
  let second: HubProcess
  let owner: Person
  let relay: FaultProxy
  const target = { host: '127.0.0.1', port: 0 }
  const agents: AgentProcess[] = []
  const engines: FakeEngine[] = []
  const worlds: World[] = []
  const seen = { token: '', secret: Buffer.alloc(0) as Buffer, hosts: [] as Host[], restarts: 0, acknowledged: 0 }

  const at = (hub: HubProcess) => `https://127.0.0.1:${hub.httpsPort}`
  const hostsOf = async (person: Person) => JSON.parse((await api(person, 'GET', '/hosts')).text) as Host[]
  const allBack = (person: Person) => until(async () => (await hostsOf(person)).filter(({ online }) => online).length === 2)
  const restart = async (person: Person, host: string) => {
    const { status, text } = await api(person, 'POST', `/hosts/${host}/containers/web/restart`, {})
    if (status === 200) seen.acknowledged++
    return { status, text }
  }
  const turnTo = (hub: HubProcess) => {
    target.port = hub.httpsPort
    relay.cut()
  }
  const folder = (name: string) => join(dir, name)
  const restore = async (name: string, more: readonly string[] = []) =>
    hubCommand(['restore', file, '--passphrase-file', folder('passphrase'), ...more], { env: { FAIRLEAD_DATA_DIR: folder(name) } })
  const confirm = async (dataDir: string) => {
    const { code, err } = await hubCommand(['confirm', '--yes'], { env: { FAIRLEAD_DATA_DIR: dataDir } })
    assert.equal(code, 0, err)
  }
  const signIn = async (base: string) => {
    const person = createPerson(base)
    const { body } = await api(person, 'POST', '/logins', { email: 'owner@example.test', password })
    // A code is good once, and so is its time: another hub may have taken this one.
    const code = totpCode(seen.secret, stepOf(Date.now()) + 1)
    await ok(api(person, 'POST', '/logins/second', { step: body['step'], given: { factor: 'totp', code } }))
    return person
  }

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-backup-')
    chmodSync(dir, 0o711)
    writeFileSync(folder('passphrase'), `${passphrase}\n`, { mode: 0o600 })
    file = folder('hub.backup')
    first = await startHub()
    owner = await createOwner(at(first), first.code)
    target.port = first.httpsPort
    relay = await openFaultProxy(target)
    for (const name of ['alpha', 'beta']) {
      const world = openWorld([{ name: 'web', image: 'nginx' }])
      world.on('event', ({ Action }: { Action?: string }) => void (Action === 'restart' && seen.restarts++))
      worlds.push(world)
      engines.push(await openFakeEngine(folder(`${name}.sock`), world))
      agents.push(await startAgent(await invite(owner, `https://127.0.0.1:${relay.port}`), engines.at(-1)!.socket, { name }))
    }
    await allBack(owner)
    seen.hosts = await hostsOf(owner)
    await ok(api(owner, 'POST', '/secrets', { name: 'API_KEY', value: 'opens the shop' }))
    seen.token = String((await ok(api(owner, 'POST', '/tokens', { name: 'nightly', scopes: ['hosts:read'] })))['token'])
    const { step, secret } = await ok(api(owner, 'POST', '/factors/totp/begin', {}))
    seen.secret = fromBase32(String(secret))
    await ok(api(owner, 'POST', '/factors/totp', { step, code: totpCode(seen.secret, stepOf(Date.now())) }))
    await until(async () => (await metricsOf(owner)) > 0)
    assert.equal((await restart(owner, 'alpha')).status, 200)
  })
  after(async () => {
    for (const agent of agents) await agent.stop()
    for (const engine of engines) await engine.close()
    for (const world of worlds) world.close()
    await relay?.close()
    for (const hub of [second, first]) await hub?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  async function metricsOf(person: Person): Promise<number> {
    const nowMs = Date.now()
    const { body } = await api(
      person,
      'GET',
      `/hosts/alpha/metrics?names=memory_used&names=cpu&fromMs=${nowMs - 600_000}&toMs=${nowMs + 60_000}`,
    )
    return (body['times'] as readonly number[] | undefined)?.length ?? 0
  }

  it('is written while the hub serves, readable by nobody without its passphrase', async () => {
    const env = { FAIRLEAD_DATA_DIR: first.dataDir }
    const { code, out, err } = await hubCommand(['backup', file, '--with-key', '--passphrase-file', folder('passphrase'), '--json'], {
      env,
    })
    assert.equal(code, 0, err)
    const made = JSON.parse(out) as { rows: number; files: number; withKey: boolean }
    assert.ok(made.rows > 20 && made.files >= 3 && made.withKey, out)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(existsSync(`${file}.part`), false)
    const text = readFileSync(file, 'latin1')
    for (const word of ['owner@example.test', 'opens the shop', 'alpha', 'PRIVATE KEY', seen.token.split('_').at(-1)!])
      assert.doesNotMatch(text.slice(1000), new RegExp(word))
    // What happens afterwards is not in it, and hosts remember: they came once more.
    relay.cut()
    await until(async () => (await hostsOf(owner)).every((host) => !host.online))
    await allBack(owner)
  })

  it('is refused with words where it does not fit, and changes nothing there', { timeout: 60_000 }, async () => {
    const bytes = readFileSync(file)
    const changed = Buffer.from(bytes)
    changed[Math.floor(bytes.length / 2)]! ^= 1
    const newer = Buffer.from(bytes.toString('latin1').replace('fairlead-backup/1', 'fairlead-backup/9'), 'latin1')
    writeFileSync(folder('wrong'), 'another passphrase\n', { mode: 0o600 })
    const bad = [
      [changed, 'passphrase', /damaged/],
      [bytes.subarray(0, -100), 'passphrase', /damaged/],
      [newer, 'passphrase', /newer kind/],
      [bytes, 'wrong', /passphrase does not open/],
    ] as const
    const refuse = async ([content, secret, wanted]: (typeof bad)[number], n: number) => {
      writeFileSync(folder(`bad${n}`), content)
      const args = ['restore', folder(`bad${n}`), '--check', '--passphrase-file', folder(secret)]
      const { code, err } = await hubCommand(args, { env: { FAIRLEAD_DATA_DIR: folder('nowhere') } })
      assert.notEqual(code, 0)
      assert.match(err, wanted)
    }
    await Promise.all(bad.map(refuse))
    const { code, err } = await hubCommand(['restore', file, '--passphrase-file', folder('passphrase')], {
      env: { FAIRLEAD_DATA_DIR: first.dataDir },
    })
    assert.equal(code, 73, err)
    assert.match(err, /Another hub runs on/)
    assert.equal((await api(owner, 'GET', '/hosts')).status, 200)
  })

  it(
    'has people, factors, secrets, hosts, figures, tokens and its trail, and its hosts come back as they are [security 139]',
    { timeout: 60_000 },
    async () => {
      const { code, err } = await restore('second', ['--json'])
      assert.equal(code, 0, err)
      second = await startHub({ env: { FAIRLEAD_DATA_DIR: folder('second') } })
      turnTo(second)
      const person = await signIn(at(second))
      const checks: Record<string, boolean> = { 'login with a second factor': true }
      await allBack(person)
      const hosts = await hostsOf(person)
      checks['hosts'] = hosts.length === 2
      checks['without enrolment'] = hosts.every(({ id }) => seen.hosts.some((host) => host.id === id))
      checks['no copy of a host'] = hosts.every((host) => (host as { quarantined?: boolean }).quarantined !== true)
      checks['containers'] = (await api(person, 'GET', '/hosts/beta/containers')).text.includes('web')
      checks['secrets'] = (await api(person, 'POST', '/secrets/API_KEY/reveal', {})).body['value'] === 'opens the shop'
      checks['trail'] = (await api(person, 'GET', '/audit/verify')).body['ok'] === true
      checks['rows of the trail'] = (await api(person, 'GET', '/audit?limit=500')).text.includes('container.restart')
      checks['figures'] = (await metricsOf(person)) > 0
      const script = createPerson(at(second)).ask('GET', '/api/v1/hosts', { headers: { Authorization: `Bearer ${seen.token}` } })
      checks['tokens'] = (await script).status === 200
      checks['wrong passwords'] =
        (await api(createPerson(at(second)), 'POST', '/logins', { email: 'owner@example.test', password: 'x' })).status === 401
      checks['the key of the hub'] = readFileSync(join(folder('second'), 'hub-key.pem')).equals(
        readFileSync(join(first.dataDir, 'hub-key.pem')),
      )
      assert.deepEqual(
        Object.entries(checks).filter(([, well]) => !well),
        [],
      )
      assert.ok(Object.keys(checks).length >= 12)
      owner = person
    },
  )

  it(
    'changes nothing on hosts, which say that they are ahead of it, until somebody confirms it [security 140]',
    { timeout: 60_000 },
    async () => {
      assert.match(second.output, /a host is ahead of what this hub knows/)
      const refused = await restart(owner, 'alpha')
      assert.equal(refused.status, 409)
      assert.match(refused.text, /restored from a backup of .*fairlead-hub confirm/)
      await confirm(folder('second'))
      await until(() => second.output.includes('confirmed as the one that acts'))
      await until(
        async () => (await hostsOf(owner)).filter(({ online }) => online).length === 2 && (await restart(owner, 'alpha')).status === 200,
      )
      assert.match((await api(owner, 'GET', '/audit?limit=500')).text, /hub\.confirm/)
      assert.equal((await api(owner, 'GET', '/audit/verify')).body['ok'], true)
    },
  )

  it(
    'and the one that the backup is of never act both: hosts follow the one that was confirmed last [security 141]',
    { timeout: 120_000 },
    async () => {
      const before = await signIn(at(first))
      assert.ok(await online(owner, 2))
      turnTo(first)
      // It hears from hosts themselves, by its own key's signature, that another one acts.
      await until(() => first.output.includes('a host goes on with another hub'))
      assert.ok((await hostsOf(before)).every(({ online }) => !online))
      assert.notEqual((await restart(before, 'alpha')).status, 200)
      await first.restart('SIGKILL')
      assert.match(first.output, /took over, and hosts go on with that one/)
      turnTo(second)
      assert.ok(await online(owner, 2))
      assert.equal((await restart(owner, 'beta')).status, 200)
      // A person may take it back, and then the other one is out.
      await confirm(first.dataDir)
      await until(() => first.output.includes('confirmed as the one that acts'))
      turnTo(first)
      assert.ok(await online(before, 2))
      assert.equal((await restart(before, 'beta')).status, 200)
      turnTo(second)
      await until(() => /a host goes on with another hub/.test(second.output))
      assert.notEqual((await restart(owner, 'beta')).status, 200)
      assert.equal(seen.restarts, seen.acknowledged)
    },
  )

  async function online(person: Person, count: number): Promise<boolean> {
    await until(async () => (await hostsOf(person)).filter((host) => host.online).length === count)
    return true
  }
})
