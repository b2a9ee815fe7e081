import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { startEngine, type TestEngine } from '../engine.ts'
import { createOwner, createPerson, invite, type Person } from '../fleet/console.ts'
import { logLines } from '../fleet/lines.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { openShell, readUntil } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

// The whole way, with real programs: console -> hub -> agent -> dockerd, and back.
describe('a host, its hub and a person', need('dockerd', 'busybox'), () => {
  let hub: HubProcess
  let engine: TestEngine
  let owner: Person
  let agent: AgentProcess
  let base = ''

  before(async () => {
    ;[hub, engine] = await Promise.all([startHub(), startEngine()])
    base = `https://127.0.0.1:${hub.httpsPort}`
  })
  after(async () => {
    await agent?.stop()
    await engine?.stop()
    await hub?.stop()
  })

  it('the hub answers nobody anything but its public doors [security 4]', async () => {
    const nobody = createPerson(base)
    const document = JSON.parse((await nobody.ask('GET', '/api/openapi.json')).text) as { paths: Record<string, Record<string, unknown>> }
    const open = new Set(['get /api/v1/welcome', 'post /api/v1/setup', 'post /api/v1/logins'])
    for (const way of ['logins/second', 'logins/passkey', 'logins/challenge', 'accounts/invited', 'accounts/accept'])
      open.add(`post /api/v1/${way}`)
    for (const way of ['get /api/v1/sign-in', 'post /api/v1/sign-in/{id}', 'post /api/v1/sign-in/{id}/password']) open.add(way)
    for (const [path, verbs] of Object.entries(document.paths)) {
      for (const verb of Object.keys(verbs)) {
        if (open.has(`${verb} ${path}`)) continue
        const body = verb === 'get' || verb === 'delete' ? {} : { body: {} }
        const ask = () => nobody.ask(verb.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), body)
        let { status } = await ask()
        // There are more doors than a stranger may try at once.
        for (; status === 429; { status } = await ask()) await sleep(500)
        assert.equal(status, 401, `${verb} ${path}`)
      }
    }
    for (const path of ['/api/v1/x', '/api/x', '/api/v1/hosts/x/y/z', '/api/v1/../v1/none'])
      assert.ok([401, 404].includes((await nobody.ask('GET', path)).status), path)
  })

  it('first run wants the code that the hub printed, and is gone afterwards [security 10]', async () => {
    const body = { name: 'N', email: 'n@example.test', password: 'four unrelated words', organization: 'O' }
    const stranger = createPerson(base)
    assert.equal((await stranger.ask('POST', '/api/v1/setup', { body: { ...body, code: 'aaaa-aaaa-aaaa-aaaa' } })).status, 401)
    owner = await createOwner(base, hub.code)
    assert.equal((await stranger.ask('POST', '/api/v1/setup', { body: { ...body, code: hub.code } })).status, 404)
  })

  it('unknown fields, wrong types and wrong bodies are refused by name [security 9]', async () => {
    const extra = await owner.ask('POST', '/api/v1/invitations', { body: { organization_id: 'x' } })
    assert.equal(extra.status, 400)
    assert.match(extra.text, /organization_id/)
    assert.equal((await owner.ask('POST', '/api/v1/invitations', { body: { ttlSeconds: 'soon' } })).status, 400)
    assert.equal((await owner.ask('POST', '/api/v1/invitations', { rawBody: '[1]' })).status, 400)
    assert.equal((await owner.ask('POST', '/api/v1/invitations', { rawBody: '{}', headers: { 'Content-Type': 'text/plain' } })).status, 400)
    assert.equal((await owner.ask('POST', '/api/v1/invitations', { rawBody: `{"x":"${'y'.repeat(1_100_000)}"}` })).status, 413)
    assert.equal((await owner.ask('GET', '/api/v1/fleet/container?filter="open')).status, 400)
  })

  it('requests and sessions from other origins are refused [security 85 86 87]', async () => {
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: `${base}.evil.example` },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ]) {
      const answer = await owner.ask('POST', '/api/v1/invitations', { body: {}, headers })
      assert.equal(answer.status, 403, JSON.stringify(headers))
      assert.equal(answer.headers['access-control-allow-origin'], undefined)
    }
    for (const headers of [{ Cookie: owner.cookie }, { Cookie: owner.cookie, Origin: 'https://evil.example' }, { Origin: base }]) {
      const socket = new WebSocket(`${base.replace('https', 'wss')}/api/session`, 'fairlead.1+json', { rejectUnauthorized: false, headers })
      await assert.rejects(
        new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)),
        /Unexpected server response: 40[13]/,
      )
    }
  })

  it('every answer carries the policy for content, and the cookie cannot be read or sent elsewhere [security 81 88]', async () => {
    const { headers } = await createPerson(base).ask('GET', '/')
    assert.match(String(headers['content-security-policy']), /default-src 'self'.*frame-ancestors 'none'/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    const again = await createPerson(base).ask('POST', '/api/v1/logins', {
      body: { email: 'owner@example.test', password: 'four unrelated words' },
    })
    assert.match(String(again.headers['set-cookie']), /^__Host-fairlead=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict/)
  })

  it('a host enrols with the join string on its standard input', async () => {
    agent = await startAgent(await invite(owner, base), engine.socket, { name: 'racer' })
    const [host] = JSON.parse((await owner.ask('GET', '/api/v1/hosts')).text) as { name: string; id: string }[]
    await owner.ask('PATCH', `/api/v1/hosts/${host!.id}`, { body: { name: 'alpha', tags: ['test'] } })
  })

  it('the key is the host’s alone: a file of 0600, and the hub has the public half only [security 33]', () => {
    assert.equal(execFileSync('stat', ['-c', '%a', `${agent.stateDir}/identity.pem`], { encoding: 'utf8' }).trim(), '600')
    assert.match(readFileSync(`${agent.stateDir}/identity.pem`, 'utf8'), /PRIVATE KEY/)
    assert.doesNotMatch(hub.output, /PRIVATE KEY/)
  })

  it('its containers are listed, searched and followed', async () => {
    await engine.run('web', ['sh', '-c', 'echo hello; sleep 1000'], { Labels: { 'com.docker.compose.project': 'shop' } })
    await until(async () => (await owner.ask('GET', '/api/v1/fleet/container?filter=name:web')).text.includes('"status":"running"'))
    const { totals } = (await owner.ask('GET', '/api/v1/fleet/container?filter=stack:shop host:alpha')).body as {
      totals: { matching: number }
    }
    assert.equal(totals.matching, 1)
    const line = (await owner.ask('GET', '/api/v1/hosts/alpha/containers/web/logs?follow=false')).text
    assert.match(line, /"text":"hello"/)
  })

  it('a terminal echoes, and is found again with what it wrote', async () => {
    const { onHost, close } = await owner.open()
    const { id, end } = await openShell(onHost('alpha'), 'web')
    end.close()
    close()
    const again = await owner.open()
    const second = again.onHost('alpha').terminals.attach({ id })
    await readUntil(second, /\n42/)
    await again.onHost('alpha').terminals.close({ id })
    again.close()
  })

  it('metrics are stored and asked for by time', async () => {
    await until(async () => {
      const now = Date.now()
      const answer = await owner.ask('GET', `/api/v1/hosts/alpha/metrics?names=cpu,memoryBytes&fromMs=${now - 60_000}&toMs=${now + 1000}`)
      return answer.text.includes('"name":"memoryBytes"')
    })
  })

  it('every change has its rows in a chain that nobody can mend unseen [security 134 135]', async () => {
    const rows = (await owner.ask('GET', '/api/v1/audit?limit=500')).body['rows'] as { verb: string; outcome: string }[]
    for (const verb of ['hub.setup', 'host.invite', 'host.enrol', 'terminal.open'])
      assert.ok(
        rows.some((row) => row.verb === verb),
        verb,
      )
    assert.ok(rows.some(({ verb, outcome }) => verb === 'terminal.open' && outcome === 'started'))
    assert.match((await owner.ask('GET', '/api/v1/audit/verify')).text, /"ok":true/)
  })

  it('a revoked host is cut off at once and is told so when it returns [security 35]', async () => {
    const { id } = (await owner.ask('GET', '/api/v1/hosts/alpha')).body as { id: string }
    assert.equal((await owner.ask('DELETE', '/api/v1/hosts/alpha')).status, 200)
    const answeredMs = Date.now()
    await until(() => /4403|removed from the hub/.test(agent.output))
    // By the hub's own log: how busy this machine is delays the agent, not the hub's decision.
    const closed = logLines(hub.output).filter(({ message, facts }) => message === 'host offline' && facts['host'] === id)
    assert.equal(closed.at(-1)?.facts['code'], 4403)
    assert.ok(closed.at(-1)!.timeMs - answeredMs <= 1000, `${closed.at(-1)!.timeMs - answeredMs} ms`)
    assert.equal((await owner.ask('GET', '/api/v1/hosts')).text, '[]')
  })
})

describe('a hub that cannot start', () => {
  it('names every broken setting at once and ends with 78', async () => {
    await assert.rejects(
      startHub({ env: { FAIRLEAD_TRUSTED_PROXIES: 'everyone', FAIRLEAD_PUBLIK_URL: 'x', FAIRLEAD_TLS_CERT: '/none' } }),
      (error: Error) => {
        assert.match(error.message, /ended with 78/)
        assert.match(error.message, /FAIRLEAD_PUBLIK_URL.*did you mean FAIRLEAD_PUBLIC_URL/)
        assert.match(error.message, /TRUSTED_PROXIES/)
        assert.match(error.message, /belong together/)
        return true
      },
    )
  })
})
