import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { createFakeClock } from '../fleet/clock.ts'
import { startOne, type One } from '../fleet/one.ts'
import { readUntil } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const hour = 3600
const jumps = { 'an hour ahead': hour, 'an hour back': -hour, 'a month ahead': 30 * 24 * hour, 'and back': 0 }
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// Somebody sets a clock, or a machine wakes with a wrong one: nothing that was going on may end by that.
describe('clocks that jump', need('dockerd', 'busybox', 'faketime'), () => {
  const [hubClock, agentClock] = [createFakeClock(), createFakeClock()]
  let one: One
  const host = async () => (await one.hosts())[0]!

  before(async () => {
    one = await startOne({ hub: hubClock.env, agent: agentClock.env })
    await one.engine.run('web', ['sleep', '1000'])
  })
  afterEach(() => {
    hubClock.shift(0)
    agentClock.shift(0)
  })
  after(async () => {
    await one?.stop()
    hubClock.close()
    agentClock.close()
  })

  /** The link and a terminal on it live, and nothing lasted a negative time. */
  async function nothingEnds(shift: (seconds: number) => void): Promise<void> {
    const session = await one.owner.open()
    const { terminals, containers } = session.onHost('alpha')
    const { id } = await terminals.open({ container: 'web', command: ['/bin/sh'] })
    const end = terminals.attach({ id })
    for (const [name, seconds] of Object.entries(jumps)) {
      shift(seconds)
      // Long enough for a heartbeat and some metrics on the other side of the jump.
      await wait(3000)
      await end.send(Buffer.from(`echo $((${seconds}+7))\n`))
      await readUntil(end, new RegExp(`\n${seconds + 7}\r`))
      // Until when it may begin is said by no clock that somebody can set.
      await containers.pause({ id: 'web' })
      await containers.unpause({ id: 'web' })
      const { online, latencyMs } = await host()
      assert.equal(online, true, name)
      assert.ok(latencyMs === null || latencyMs >= 0, name)
    }
    await terminals.close({ id })
    session.close()
    assert.equal(one.agent.output.split('link down').length, 1, one.agent.output.slice(-500))
    for (const [, ms] of one.hub.output.matchAll(/"ms":(-?\d+)/g)) assert.ok(Number(ms) >= 0, `lasted ${ms} ms`)
  }

  it(
    'of a host: its link, its terminals and its metrics go on, and what is asked of it is not late [security 156 163]',
    { timeout: 120_000 },
    async () => {
      await nothingEnds(agentClock.shift)
      const now = Date.now()
      await until(async () => {
        const { text } = await one.owner.ask('GET', `/api/v1/hosts/alpha/metrics?names=cpu&fromMs=${now - 1000}&toMs=${Date.now() + 1000}`)
        return /"avg":\[[^\]]*\d/.test(text)
      })
    },
  )

  it(
    'of the hub: links, terminals and logins go on, and what is asked of hosts is not late [security 156 163]',
    { timeout: 120_000 },
    async () => {
      await nothingEnds(hubClock.shift)
      assert.equal((await one.owner.ask('GET', '/api/v1/hosts')).status, 200)
      assert.match((await one.owner.ask('GET', '/api/v1/audit/verify')).text, /"ok":true/)
    },
  )
})
