import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import { invite } from '../fleet/console.ts'
import { createLogReader } from '../fleet/log.ts'
import { openNet, type Net, type Site } from '../fleet/net.ts'
import { startOne, type One } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { answers, openShell } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// What a provider's network does to a link, with a log and a terminal open on it.
describe('a network that fails', need('netns', 'dockerd', 'busybox'), () => {
  let net: Net
  let site: Site
  let one: One
  /** Has no engine and nothing open: only its heartbeat tells how its link is. */
  let idle: AgentProcess
  const host = async (name = 'alpha') => (await one.hosts()).find((found) => found.name === name)
  const online = (wanted: boolean, name = 'alpha') => until(async () => (await host(name))?.online === wanted)
  const downs = (of = one.agent) => of.output.split('link down').length - 1

  before(async () => {
    net = openNet(2)
    site = net.sites[0]!
    one = await startOne({ net })
    idle = await startAgent(await invite(one.owner, one.address), '/none', { name: 'idle', where: net.sites[1]! })
    await one.engine.run('ticker', ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo $i; sleep 0.01; done'])
  })
  beforeEach(() => online(true))
  after(async () => {
    await idle?.stop()
    await one?.stop()
    net?.close()
  })

  /** Cuts while a log is followed and a terminal is open: the very stream goes on, and the terminal takes keys again. */
  async function survives(fault: () => Promise<void>): Promise<void> {
    const session = await one.owner.open()
    const alpha = session.onHost('alpha')
    const { id, end: terminal } = await openShell(alpha, 'ticker')
    const log = createLogReader()
    let wanted = Number.POSITIVE_INFINITY
    const following = log.read(alpha, 'ticker', () => log.lines >= wanted)
    await until(() => log.lines > 10)
    await fault()
    await online(true)
    // More than can have been under way.
    wanted = log.lines + 1000
    await following
    // A ticker that counts: the last number is how many there were.
    assert.deepEqual(log.notices, [])
    assert.equal(log.last, String(log.lines))
    terminal.close()
    const again = alpha.terminals.attach({ id })
    await answers(again, 30, 33)
    await alpha.terminals.close({ id })
    session.close()
  }

  it('cut for 1 s: the same link goes on, nothing is lost [security 158]', { timeout: 90_000 }, async () => {
    const before_ = downs()
    await survives(async () => {
      site.cut('both')
      await wait(1000)
      site.heal()
    })
    assert.equal(downs(), before_)
  })

  it('cut for 55 s: the link is given up, comes back when healed, and nothing is lost [security 158]', { timeout: 180_000 }, async () => {
    const before_ = downs()
    const fromMs = Date.now()
    let toMs = 0
    await survives(async () => {
      site.cut('both')
      await wait(55_000)
      toMs = Date.now()
      assert.equal((await host())?.online, false)
      site.heal()
      await until(() => one.agent.output.split('link up').length - 1 > before_ + 1)
    })
    // What was measured meanwhile arrived afterwards, without a hole.
    await until(async () => {
      const { text } = await one.owner.ask('GET', `/api/v1/hosts/alpha/metrics?names=cpu&fromMs=${fromMs}&toMs=${toMs}`)
      const { stepMs, times, series } = JSON.parse(text) as MetricsAnswer
      const inside = (series[0]?.avg ?? []).filter((_, index) => times[index]! >= fromMs && times[index]! + stepMs <= toMs)
      return inside.length >= 2 && inside.every((value) => value !== null)
    })
  })

  it('half-open, nothing comes in or nothing goes out: both ends notice [security 159]', { timeout: 180_000 }, async () => {
    const cuts = [
      ['in', site, one.agent, 'alpha'],
      ['out', net.sites[1]!, idle, 'idle'],
    ] as const
    await online(true, 'idle')
    await Promise.all(
      cuts.map(async ([direction, at, program, name]) => {
        const before_ = downs(program)
        const started = performance.now()
        at.cut(direction)
        try {
          await until(async () => (await host(name))?.online === false || downs(program) > before_, 60)
          // Two beats may be missed, so it is never noticed at once.
          assert.ok(performance.now() - started > 20_000, direction)
          await Promise.all([online(false, name), until(() => downs(program) > before_)])
        } finally {
          at.heal()
        }
        await online(true, name)
      }),
    )
  })

  it('a new address of the gateway: the same host is back', { timeout: 120_000 }, async () => {
    const before_ = downs()
    const { id } = (await host())!
    const ups = one.agent.output.split('link up').length
    site.moveAddress()
    await until(() => downs() > before_)
    await until(() => one.agent.output.split('link up').length > ups)
    await online(true)
    assert.equal((await host())?.id, id)
  })
})
