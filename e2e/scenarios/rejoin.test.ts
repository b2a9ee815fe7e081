import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { readPin, writePin } from '@fairlead/agent/pin.ts'
import { api, createPerson, invite, ok } from '../fleet/console.ts'
import { logLines } from '../fleet/lines.ts'
import { openLightAgents, type LightAgent } from '../fleet/many.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startPostgres15 } from '../fleet/postgres.ts'
import { runCli } from '../fleet/run-cli.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const main = join(import.meta.dirname, '../../agent/src/main.ts')

const envOf = (stateDir: string) => ({
  PATH: process.env['PATH'],
  FAIRLEAD_STATE_DIR: stateDir,
  FAIRLEAD_ENGINE: '/nowhere.sock',
  FAIRLEAD_POLICY: join(stateDir, 'policy.json'),
})
const cli = (stateDir: string, argv: readonly string[], input = '') => runCli(envOf(stateDir), argv, input)

describe('a host whose key others may have', () => {
  let owned: OwnedHub
  let agent: AgentProcess
  let copy: ChildProcess | undefined
  const dir = mkdtempSync('/var/tmp/fairlead-rejoin-')
  const stolen = join(dir, 'stolen')
  const host = async () =>
    (JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as Host[]).find(({ name }) => name === 'alpha')!
  before(async () => {
    owned = await startOwnedHub()
    agent = await startAgent(await invite(owned.owner, owned.address), '/nowhere.sock', { name: 'alpha' })
    await until(async () => (await host())?.online === true)
    await ok(api(owned.owner, 'PATCH', `/hosts/${(await host()).id}`, { tags: ['blue'] }))
  })
  after(async () => {
    if (copy?.exitCode === null) {
      copy.kill('SIGTERM')
      await once(copy, 'exit')
    }
    await agent?.stop()
    await owned?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('goes on as who it is under a new one, and the copy is refused and works alone [security 35 37]', { timeout: 180_000 }, async () => {
    const { id } = await host()
    cpSync(agent.stateDir, stolen, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    const { join: line } = (await ok(api(owned.owner, 'POST', `/hosts/${id}/invitations`, { address: owned.address }))) as { join: string }
    const early = await cli(agent.stateDir, ['rejoin'], line)
    assert.equal(early.status, 73, early.stderr)
    assert.match(early.stderr, /Stop it first/)
    agent.process.kill('SIGTERM')
    await once(agent.process, 'exit')
    const key = readFileSync(join(agent.stateDir, 'identity.pem'), 'utf8')
    const rejoined = await cli(agent.stateDir, ['rejoin'], line)
    assert.equal(rejoined.status, 0, rejoined.stderr)
    assert.match(rejoined.stdout, new RegExp(`as host ${id}`))
    assert.notEqual(readFileSync(join(agent.stateDir, 'identity.pem'), 'utf8'), key)
    assert.ok(!readdirSync(agent.stateDir).includes('identity-next.pem'))
    const again = await cli(agent.stateDir, ['rejoin'], line)
    assert.equal(again.status, 0, 'the line that it came in by repairs it')
    assert.equal((await cli(stolen, ['rejoin'], line)).status, 77, 'and nobody else')
    await agent.restart()
    await until(async () => (await host()).online)
    const after = await host()
    assert.deepEqual([after.id, after.name, after.tags], [id, 'alpha', ['blue']])
    const { rows } = (await ok(api(owned.owner, 'GET', '/audit?limit=500'))) as unknown as { rows: AuditRow[] }
    assert.deepEqual(
      rows.filter(({ host: of }) => of === id).flatMap(({ verb }) => (/^host\.(enrol|rejoin|quarantine)$/.test(verb) ? [verb] : [])),
      ['host.rejoin', 'host.enrol'],
    )

    copy = spawn(process.execPath, [main, 'run'], { env: envOf(stolen), stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [copy.stdout!, copy.stderr!]) stream.on('data', (part: Buffer) => (said += part.toString()))
    await until(() => /enrolled anew, under another key/.test(said))
    const status = await cli(stolen, ['status'])
    assert.equal(status.status, 0, status.stderr)
    assert.match(status.stdout, /Link: +down: This host was enrolled anew/)
    assert.equal((await cli(stolen, ['lock', '--reason', 'found'])).status, 0)
    assert.equal((await cli(stolen, ['policy'])).status, 0)
    assert.equal((await host()).online, true)
  })

  it('is not given to whoever may enrol hosts and not manage this one', async () => {
    const { id } = await host()
    const made = await ok(api(owned.owner, 'POST', '/roles', { name: 'enrols', permissions: ['hosts:read', 'hosts:enrol'] }))
    const invited = { email: 'enrols@example.test', role: made['id'] }
    const { link } = await ok(api(owned.owner, 'POST', '/accounts/invitations', invited))
    const person = createPerson(owned.address)
    const body = { secret: String(link).split('#')[1], name: 'enrols', password: 'four unrelated words' }
    await ok(api(person, 'POST', '/accounts/accept', body))
    assert.equal((await api(person, 'POST', '/invitations', {})).status, 200)
    const refused = await api(person, 'POST', `/hosts/${id}/invitations`, {})
    assert.equal(refused.status, 403)
    assert.match(refused.text, /hosts:manage/)
  })
})

describe('two hubs on one database', need('postgres15'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-two-hubs-')
  let database: Awaited<ReturnType<typeof startPostgres15>>
  let first: OwnedHub
  let second: HubProcess
  const light = openLightAgents()
  before(async () => {
    chmodSync(dir, 0o711)
    mkdirSync(join(dir, 'postgres'), { mode: 0o711 })
    database = await startPostgres15(join(dir, 'postgres'), { logs: false, roles: ['fairlead_work'] })
    const env = { DATABASE_URL: database.url('fairlead_work'), DATABASE_OWNER_URL: database.url('owner') }
    first = await startOwnedHub({ env })
    // The same hub elsewhere: its key, and the key of its secrets.
    cpSync(first.hub.dataDir, join(dir, 'data'), { recursive: true, filter: (path) => !/\.(?:sock|lock)$/.test(path) })
    second = await startHub({ env: { ...env, FAIRLEAD_DATA_DIR: join(dir, 'data') } })
  })
  after(async () => {
    await light.close()
    await second?.stop()
    await first?.stop()
    await database?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  async function atSecond(name: string): Promise<LightAgent> {
    const agent = await light.enrol(name, await invite(first.owner, first.address))
    writePin(agent.stateDir, { ...readPin(agent.stateDir)!, address: `https://127.0.0.1:${second.httpsPort}` })
    await agent.start()
    await until(() => agent.said.some((line) => line.includes('link up')))
    return agent
  }

  it('end what a host has open on either as soon as it is removed on one [security 35]', { timeout: 120_000 }, async () => {
    const agent = await atSecond('removed')
    await ok(api(first.owner, 'DELETE', `/hosts/${agent.pin.host}`))
    const answeredMs = Date.now()
    await until(() => agent.said.some((line) => line.includes('4403')))
    const closed = logLines(second.output).findLast(({ message, facts }) => message === 'host offline' && facts['host'] === agent.pin.host)
    assert.equal(closed?.facts['code'], 4403)
    assert.ok(closed!.timeMs - answeredMs <= 1000, `${closed!.timeMs - answeredMs} ms`)
  })

  it('and as soon as it is enrolled anew by one [security 35 37]', { timeout: 120_000 }, async () => {
    const agent = await atSecond('renewed')
    const { host } = agent.pin
    const { join: line } = (await ok(api(first.owner, 'POST', `/hosts/${host}/invitations`, { address: first.address }))) as {
      join: string
    }
    const other = await light.enrol('renewed-2', line)
    assert.equal(other.pin.host, host)
    await until(() => agent.said.some((said) => said.includes('enrolled anew, under another key')))
    await other.start()
    await until(() => other.said.some((said) => said.includes('link up')))
  })
})
