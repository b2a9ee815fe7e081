import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { after, before, describe, it } from 'node:test'
import { WebSocket } from 'ws'
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

const metricsToken = 'a-token-of-this-test-alone-0123456789'

describe('a running hub', () => {
  let dir: string
  let hub: HubProcess
  let owner: Person
  let agent: AgentProcess
  let base: string
  const world = openWorld([
    { name: 'web', image: 'nginx' },
    { name: 'db', image: 'postgres' },
  ])
  let engine: Awaited<ReturnType<typeof openFakeEngine>>

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-stop-')
    chmodSync(dir, 0o711)
    engine = await openFakeEngine(join(dir, 'engine.sock'), world)
    hub = await startHub({ env: { FAIRLEAD_METRICS_TOKEN: metricsToken } })
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

  /** Hosts with a link, in the figures: those ask no database, and nobody without the token. */
  const online = async () => {
    const { text } = await owner.ask('GET', '/api/metrics', { headers: { Authorization: `Bearer ${metricsToken}` } })
    return Number(/^fairlead_hosts_online (\d+)$/m.exec(text)?.[1])
  }
  const ready = async () => {
    const answer = await owner.ask('GET', '/readyz')
    return { ...answer.body, status: answer.status } as Record<string, unknown>
  }

  it('says within five seconds that its database died, keeps its agents, starts it again, and goes on [security 169]', async () => {
    assert.deepEqual(await ready(), { status: 200, ok: true, database: 'ok', draining: false })
    assert.equal(await online(), 1)
    // Ended in the middle of its work, and kept from coming back while it is looked at.
    const pids = () => readFileSync(join(hub.dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')
    const pid = Number(pids()[0])
    const all = [pid, ...childrenOf(pid)]
    for (const each of all) process.kill(each, 'SIGSTOP')
    const stopped = await ready()
    assert.deepEqual([stopped['status'], stopped['database'], await online()], [503, 'down', 1])
    for (const each of all) process.kill(each, 'SIGKILL')
    await until(async () => (await ready())['status'] === 200)
    assert.notEqual(Number(pids()[0]), pid)
    assert.match(hub.output, /The bundled PostgreSQL ended by itself; it is started again/)
    assert.equal(await online(), 1)
    assert.equal((await owner.ask('POST', '/api/v1/invitations', { body: {} })).status, 200)
    assert.doesNotMatch(hub.output, /unhandled rejection/)
    assert.equal((await owner.ask('GET', '/healthz')).status, 200)
  })

  it('shows what its hosts have within moments of a storm of starts and deaths, and holds nothing more [security 166]', async () => {
    const { session, api } = await owner.open()
    const rows = async () => (await api.fleet.rows({ kind: 'container', filter: 'host:alpha', limit: 500 })).rows
    const before = session.stats.openStreams
    // 200 changes in about six seconds: ten times as many a minute as a busy host has.
    for (let i = 0; i < 200; i++) {
      if (i % 4 === 3) world.remove([...world.containers.values()].at(-1)!)
      else world.add({ name: `job-${i}`, image: 'job', status: i % 2 === 0 ? 'running' : 'exited' })
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    const wanted = [...world.containers.values()].map(({ name, status }) => `${name} ${status}`).sort()
    await until(async () => {
      const shown = (await rows()).map(({ name, status }) => `${name} ${status}`).sort()
      return JSON.stringify(shown) === JSON.stringify(wanted)
    })
    assert.equal(session.stats.openStreams, before)
    for (const container of Array.from(world.containers.values())) if (container.name.startsWith('job-')) world.remove(container)
    await until(async () => (await rows()).length === 2)
    session.close(1000, 'done')
  })

  it('sends a log to be saved as a file that can do nothing here [security 91]', async () => {
    const { headers } = await owner.ask('GET', '/api/v1/hosts/alpha/containers/web/logs/file')
    assert.match(String(headers['content-disposition']), /^attachment; filename="web\.alpha\.[\dTZ-]+\.log"$/)
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(String(headers['content-security-policy']), /default-src 'none'; sandbox/)
  })

  it('loses nothing and nobody to frames that are broken, huge or endlessly slow [security 167]', { timeout: 120_000 }, async () => {
    const socketTo = (path: string, headers: Record<string, string> = {}) =>
      new WebSocket(`${base.replace('https', 'wss')}${path}`, path === '/agent' ? 'fairlead.1' : 'fairlead.1+json', {
        rejectUnauthorized: false,
        headers: { Origin: base, ...headers },
      })
    const closed = (socket: WebSocket) => new Promise<number>((resolve) => socket.once('close', resolve).once('error', () => undefined))
    const pids = hub.process.pid
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pids}/status`, 'utf8'))![1]) / 1024
    const startMiB = rss()
    const audit = async () => (await owner.ask('GET', '/api/v1/audit?limit=1')).text
    const trail = await audit()
    const messages = [
      randomBytes(64),
      randomBytes(65_536),
      Buffer.alloc(127 * 1024, 0x80),
      Buffer.alloc(200 * 1024, 1),
      Buffer.from([0xc1, 0xd4, 0xff]),
      Buffer.concat(Array.from({ length: 40 }, () => Buffer.from([0x91]))),
      '[[1,1,"containers.list",{}',
      `[${'['.repeat(5000)}${']'.repeat(5000)}]`,
      `[[1,1,"hosts.list",{"__proto__":{"x":1}}]]`,
    ]
    for (const message of messages)
      for (const [path, headers] of [
        ['/agent', {}],
        ['/api/session', { Cookie: owner.cookie }],
      ] as const) {
        const socket = socketTo(path, headers)
        const gone = closed(socket)
        await new Promise<void>((resolve) => socket.once('open', () => resolve()).once('close', () => resolve()))
        if (socket.readyState === WebSocket.OPEN) socket.send(message)
        const code = await Promise.race([gone, sleep(20_000, 0)])
        assert.ok(code >= 1000 && code !== 1011, `${path} ended ${code} after ${String(message).slice(0, 30)}`)
      }
    // A byte a moment never becomes a request; healthy people are served meanwhile.
    const slow = Array.from({ length: 50 }, () => {
      const socket = connect({ host: '127.0.0.1', port: hub.httpsPort, rejectUnauthorized: false })
      const drip = setInterval(() => socket.write('G'), 100)
      return socket.on('error', () => undefined).on('close', () => clearInterval(drip))
    })
    for (let i = 0; i < 20; i++) assert.equal((await owner.ask('GET', '/api/v1/hosts')).status, 200)
    for (const socket of slow) socket.destroy()
    assert.equal(await online(), 1)
    assert.equal(await audit(), trail)
    assert.ok(rss() < startMiB + 64, `${startMiB} MiB became ${rss()}`)
    assert.doesNotMatch(hub.output, /"level":"error","message":"unexpected"|unhandled/)
  })

  it('lets what is under way end, tells open streams why, asks others to come back, and ends with 0 [security 168]', async () => {
    const stream = listen(base, '/api/v1/hosts/watch', owner.cookie)
    await until(() => stream.text.includes('alpha'))
    const { session, onHost } = await owner.open()
    // Answered by the agent well after the hub was told to stop.
    world.slowMs = 2500
    const slow = owner.ask('POST', '/api/v1/hosts/alpha/containers/web/restart', { body: {} })
    const overSession = onHost('alpha').containers.pause({ id: 'db' })
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
    await until(async () => (await online()) === 1)
    assert.match((await owner.ask('GET', '/api/v1/audit/verify')).text, /"ok":true/)
  })
})
