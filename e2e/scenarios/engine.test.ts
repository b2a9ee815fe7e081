import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startOne, type One } from '../fleet/one.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

// The engine dies, hangs or is restarted while the link is up: the host stays, its engine is said to be down, and back.
describe('an engine that fails under a live link', need('dockerd', 'busybox'), () => {
  let one: One
  const engineIs = (up: boolean) =>
    until(async () => {
      const [host] = await one.hosts()
      return host?.online === true && host.facts?.engine.up === up
    })
  const containers = async () => (await one.owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text

  before(async () => {
    one = await startOne()
    await one.engine.run('web', ['sleep', '1000'], { HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: 'always' } } })
    await until(async () => (await containers()).includes('"web"'))
  })
  after(() => one?.stop())

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`${signal}: host up, engine down with the reason; then everything is there again [security 165]`, { timeout: 90_000 }, async () => {
      const ended = new Promise((done) => one.engine.process.once('exit', done))
      one.engine.process.kill(signal)
      await ended
      await engineIs(false)
      assert.match((await one.hosts())[0]!.facts!.engine.problem, /engine/i)
      const refused = await one.owner.ask('POST', '/api/v1/hosts/alpha/containers/web/restart', { body: {} })
      assert.equal(refused.status, 502, refused.text)
      await one.engine.restart()
      await engineIs(true)
      const name = `after-${signal.toLowerCase()}`
      await one.engine.run(name, ['sleep', '1000'])
      await until(async () => (await containers()).includes(`"${name}"`))
      assert.ok((await containers()).includes('"web"'))
    })
  }

  it('hung: it is said within seconds, calls end at their deadline, and the link lives [security 165]', { timeout: 120_000 }, async () => {
    const losses = one.agent.output.split('link down').length
    one.engine.process.kill('SIGSTOP')
    try {
      await engineIs(false)
      assert.match((await one.hosts())[0]!.facts!.engine.problem, /did not answer/)
      const session = await one.owner.open()
      await assert.rejects(session.onHost('alpha').containers.list({}), { code: 'deadline_exceeded' })
      const fromMs = Date.now() - 10_000
      await until(async () => {
        const { text } = await one.owner.ask('GET', `/api/v1/hosts/alpha/metrics?names=cpu&fromMs=${fromMs}&toMs=${Date.now() + 1000}`)
        return text.includes('"name":"cpu"')
      })
      session.close()
    } finally {
      one.engine.process.kill('SIGCONT')
    }
    await engineIs(true)
    assert.equal(one.agent.output.split('link down').length, losses)
  })
})
