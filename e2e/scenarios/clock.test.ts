import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { createFakeClock } from '../fleet/clock.ts'
import { createOwner, invite, type Person } from '../fleet/console.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { readUntil } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const hour = 3600
const jumps = { 'an hour ahead': hour, 'an hour back': -hour, 'a month ahead': 30 * 24 * hour, 'and back': 0 }
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// Somebody sets a clock, or a machine wakes with a wrong one: nothing that was going on may end by that.
describe('clocks that jump', need('dockerd', 'busybox', 'faketime'), () => {
  const [hubClock, agentClock] = [createFakeClock(), createFakeClock()]
  let hub: HubProcess
  let engine: TestEngine
  let owner: Person
  let agent: AgentProcess
  const host = async () => (JSON.parse((await owner.ask('GET', '/api/v1/hosts')).text) as Host[])[0]!

  before(async () => {
    ;[hub, engine] = await Promise.all([startHub({ env: hubClock.env }), startEngine()])
    const base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.code)
    agent = await startAgent(await invite(owner, base), engine.socket, { name: 'alpha', env: agentClock.env })
    await until(async () => (await host()).online)
    await engine.run('web', ['sleep', '1000'])
  })
  afterEach(() => {
    hubClock.shift(0)
    agentClock.shift(0)
  })
  after(async () => {
    await agent?.stop()
    await engine?.stop()
    await hub?.stop()
    hubClock.close()
    agentClock.close()
  })

  /** The link and a terminal on it live, and nothing lasted a negative time. */
  async function nothingEnds(shift: (seconds: number) => void): Promise<void> {
    const session = await owner.open()
    const { terminals } = session.onHost('alpha')
    const { id } = await terminals.open({ container: 'web', command: ['/bin/sh'] })
    const end = terminals.attach({ id })
    for (const [name, seconds] of Object.entries(jumps)) {
      shift(seconds)
      // Long enough for a heartbeat and some metrics on the other side of the jump.
      await wait(3000)
      await end.send(Buffer.from(`echo $((${seconds}+7))\n`))
      await readUntil(end, new RegExp(`\n${seconds + 7}\r`))
      const { online, latencyMs } = await host()
      assert.equal(online, true, name)
      assert.ok(latencyMs === null || latencyMs >= 0, name)
    }
    await terminals.close({ id })
    session.close()
    assert.equal(agent.output.split('link down').length, 1, agent.output.slice(-500))
    for (const [, ms] of hub.output.matchAll(/"ms":(-?\d+)/g)) assert.ok(Number(ms) >= 0, `lasted ${ms} ms`)
  }

  it('of a host: its link, its terminals and its metrics go on [security 163]', { timeout: 120_000 }, async () => {
    await nothingEnds(agentClock.shift)
    const now = Date.now()
    await until(async () => {
      const { text } = await owner.ask('GET', `/api/v1/hosts/alpha/metrics?names=cpu&fromMs=${now - 1000}&toMs=${Date.now() + 1000}`)
      return /"avg":\[[^\]]*\d/.test(text)
    })
  })

  it('of the hub: links, terminals and logins go on [security 163]', { timeout: 120_000 }, async () => {
    await nothingEnds(hubClock.shift)
    assert.equal((await owner.ask('GET', '/api/v1/hosts')).status, 200)
    assert.match((await owner.ask('GET', '/api/v1/audit/verify')).text, /"ok":true/)
  })
})
