import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openFakeEngine } from '../../e2e/fakes/engine.ts'
import { openWorld } from '../../e2e/fakes/world.ts'
import { createOwner, type Person } from '../../e2e/fleet/console.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../../e2e/fleet/programs.ts'
import { until } from '../../e2e/fleet/until.ts'

const insecure = new Agent({ rejectUnauthorized: false })

/** An open SSE request: everything it said so far, and its end. */
function listen(base: string, path: string, cookie: string) {
  const seen = { text: '', over: false }
  const call = request(
    new URL(path, base),
    { agent: insecure, headers: { Cookie: cookie, Origin: base, Accept: 'text/event-stream' } },
    (answer) => {
      answer.on('data', (part: Buffer) => (seen.text += part.toString()))
      answer.on('close', () => (seen.over = true))
    },
  )
  call.on('error', () => (seen.over = true))
  call.end()
  return seen
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

describe('a running hub', () => {
  let dir: string
  let hub: HubProcess
  let owner: Person
  let agent: AgentProcess
  let base: string
  const world = openWorld([{ name: 'web', image: 'nginx' }])
  let engine: Awaited<ReturnType<typeof openFakeEngine>>

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-stop-')
    chmodSync(dir, 0o711)
    engine = await openFakeEngine(join(dir, 'engine.sock'), world)
    hub = await startHub()
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    const { body, text, status } = await owner.ask('POST', '/api/v1/invitations', { body: { address: base } })
    assert.equal(status, 200, text)
    agent = await startAgent(String(body['join']), engine.socket, { name: 'alpha' })
    await until(async () => (await owner.ask('GET', '/api/v1/fleet/container')).text.includes('"name":"web"'))
  })
  after(async () => {
    await agent?.stop()
    await hub?.stop()
    await engine?.close()
    world.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const ready = async () => {
    const answer = await owner.ask('GET', '/readyz')
    return { ...answer.body, status: answer.status } as Record<string, unknown>
  }

  it('says within five seconds that its database died, keeps its agents, starts it again, and goes on [security 169]', async () => {
    assert.deepEqual(await ready(), { status: 200, ok: true, database: 'ok', draining: false, hosts: 1 })
    // Ended in the middle of its work, and kept from coming back while it is looked at.
    const pids = () => readFileSync(join(hub.dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')
    const pid = Number(pids()[0])
    const all = [pid, ...childrenOf(pid)]
    for (const each of all) process.kill(each, 'SIGSTOP')
    const stopped = await ready()
    assert.deepEqual([stopped['status'], stopped['database'], stopped['hosts']], [503, 'down', 1])
    for (const each of all) process.kill(each, 'SIGKILL')
    await until(async () => (await ready())['status'] === 200)
    assert.notEqual(Number(pids()[0]), pid)
    assert.match(hub.output, /The bundled PostgreSQL ended by itself; it is started again/)
    assert.equal((await ready())['hosts'], 1)
    assert.equal((await owner.ask('POST', '/api/v1/invitations', { body: {} })).status, 200)
    assert.doesNotMatch(hub.output, /unhandled rejection/)
    assert.equal((await owner.ask('GET', '/healthz')).status, 200)
  })

  it('lets what is under way end, tells open streams why, asks others to come back, and ends with 0 [security 168]', async () => {
    const stream = listen(base, '/api/v1/hosts/watch', owner.cookie)
    await until(() => stream.text.includes('alpha'))
    const { session, onHost } = await owner.open()
    // Answered by the agent well after the hub was told to stop.
    world.slowMs = 2500
    const slow = owner.ask('POST', '/api/v1/hosts/alpha/containers/web/restart', { body: {} })
    const overSession = onHost('alpha').containers.pause({ id: 'web' })
    await until(() => world.waiting === 2)
    const ended = once(hub.process, 'exit')
    hub.process.kill('SIGTERM')
    let during = await owner.ask('GET', '/api/v1/hosts')
    await until(async () => during.status !== 200 || (during = await owner.ask('GET', '/api/v1/hosts')).status !== 200)
    assert.equal(during.status, 503)
    assert.equal(during.headers['retry-after'], '5')
    assert.equal((during.body['error'] as { code: string }).code, 'draining')
    assert.equal((await ready())['draining'], true)
    assert.equal((await slow).status, 200)
    assert.equal((await overSession).status, 'paused')
    assert.deepEqual(await ended, [0, null])
    assert.match(stream.text, /event: error\ndata: \{"error":\{"code":"draining"/)
    assert.equal(stream.over, true)
    assert.equal(session.alive, false)
    await hub.restart('SIGTERM')
    world.slowMs = 0
    await until(async () => (await ready())['hosts'] === 1)
    assert.match((await owner.ask('GET', '/api/v1/audit/verify')).text, /"ok":true/)
  })
})
