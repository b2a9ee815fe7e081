import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { createOwner, invite, type Person } from '../fleet/console.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

// The engine dies, hangs or is restarted while the link is up: the host stays, its engine is said to be down, and back.
describe('an engine that fails under a live link', need('dockerd', 'busybox'), () => {
  let hub: HubProcess
  let engine: TestEngine
  let owner: Person
  let agent: AgentProcess
  const hosts = async () => JSON.parse((await owner.ask('GET', '/api/v1/hosts')).text) as Host[]
  const engineIs = (up: boolean) =>
    until(async () => {
      const [host] = await hosts()
      return host?.online === true && host.facts?.engine.up === up
    })
  const containers = async () => (await owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text

  before(async () => {
    ;[hub, engine] = await Promise.all([startHub(), startEngine()])
    const base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    agent = await startAgent(await invite(owner, base), engine.socket, { name: 'alpha' })
    await engine.run('web', ['sleep', '1000'], { HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: 'always' } } })
    await until(async () => (await containers()).includes('"web"'))
  })
  after(async () => {
    await agent?.stop()
    await engine?.stop()
    await hub?.stop()
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`${signal}: host up, engine down with the reason; then everything is there again [security 165]`, { timeout: 90_000 }, async () => {
      const ended = new Promise((done) => engine.process.once('exit', done))
      engine.process.kill(signal)
      await ended
      await engineIs(false)
      assert.match((await hosts())[0]!.facts!.engine.problem, /engine/i)
      const refused = await owner.ask('POST', '/api/v1/hosts/alpha/containers/web/restart', { body: {} })
      assert.equal(refused.status, 502, refused.text)
      await engine.restart()
      await engineIs(true)
      const name = `after-${signal.toLowerCase()}`
      await engine.run(name, ['sleep', '1000'])
      await until(async () => (await containers()).includes(`"${name}"`))
      assert.ok((await containers()).includes('"web"'))
    })
  }

  it('hung: it is said within seconds, calls end at their deadline, and the link lives [security 165]', { timeout: 120_000 }, async () => {
    const losses = agent.output.split('link down').length
    engine.process.kill('SIGSTOP')
    try {
      await engineIs(false)
      assert.match((await hosts())[0]!.facts!.engine.problem, /did not answer/)
      const session = await owner.open()
      await assert.rejects(session.onHost('alpha').containers.list({}), { code: 'deadline_exceeded' })
      const fromMs = Date.now() - 10_000
      await until(async () => {
        const { text } = await owner.ask('GET', `/api/v1/hosts/alpha/metrics?names=cpu&fromMs=${fromMs}&toMs=${Date.now() + 1000}`)
        return text.includes('"name":"cpu"')
      })
      session.close()
    } finally {
      engine.process.kill('SIGCONT')
    }
    await engineIs(true)
    assert.equal(agent.output.split('link down').length, losses)
  })
})
