import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { createOwner, invite, type Person } from '../fleet/console.ts'
import { openGate, type Gate } from '../fleet/gate.ts'
import { createLogReader } from '../fleet/log.ts'
import { openNet, type Net, type Site } from '../fleet/net.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { readUntil } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// What a provider's network does to a link, with a log and a terminal open on it.
describe('a network that fails', need('netns', 'dockerd', 'busybox'), () => {
  let net: Net
  let site: Site
  let hub: HubProcess
  let gate: Gate
  let engine: TestEngine
  let owner: Person
  let agent: AgentProcess
  /** Has no engine and nothing open: only its heartbeat tells how its link is. */
  let idle: AgentProcess
  const host = async (name = 'alpha') =>
    (JSON.parse((await owner.ask('GET', '/api/v1/hosts')).text) as Host[]).find((one) => one.name === name)
  const online = (wanted: boolean, name = 'alpha') => until(async () => (await host(name))?.online === wanted)
  const downs = (of = agent) => of.output.split('link down').length - 1

  before(async () => {
    net = openNet(2)
    site = net.sites[0]!
    hub = await startHub({ where: net.hub })
    gate = await openGate(net.hub, hub.httpsPort)
    owner = await createOwner(`https://127.0.0.1:${gate.port}`, hub.code)
    engine = await startEngine(site)
    const address = `https://${net.hub.address}:${hub.httpsPort}`
    agent = await startAgent(await invite(owner, address), engine.socket, { name: 'alpha', where: site })
    idle = await startAgent(await invite(owner, address), '/none', { name: 'idle', where: net.sites[1]! })
    await engine.run('ticker', ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo $i; sleep 0.01; done'])
  })
  beforeEach(() => online(true))
  after(async () => {
    await agent?.stop()
    await idle?.stop()
    await engine?.stop()
    await gate?.close()
    await hub?.stop()
    net?.close()
  })

  /** Cuts while a log is followed and a terminal is open: the very stream goes on, and the terminal takes keys again. */
  async function survives(fault: () => Promise<void>): Promise<void> {
    const session = await owner.open()
    const alpha = session.onHost('alpha')
    const { id } = await alpha.terminals.open({ container: 'ticker', command: ['/bin/sh'] })
    const terminal = alpha.terminals.attach({ id })
    await terminal.send(Buffer.from('echo $((20+22))\n'))
    await readUntil(terminal, /\n42/)
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
    await again.send(Buffer.from('echo $((30+33))\n'))
    await readUntil(again, /\n63/)
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

  it('cut for 40 s: the link is given up, comes back when healed, and nothing is lost [security 158]', { timeout: 180_000 }, async () => {
    const before_ = downs()
    const fromMs = Date.now()
    let toMs = 0
    await survives(async () => {
      site.cut('both')
      await wait(40_000)
      toMs = Date.now()
      assert.equal((await host())?.online, false)
      site.heal()
      await until(() => agent.output.split('link up').length - 1 > before_ + 1)
    })
    // What was measured meanwhile arrived afterwards, without a hole.
    await until(async () => {
      const { text } = await owner.ask('GET', `/api/v1/hosts/alpha/metrics?names=cpu&fromMs=${fromMs}&toMs=${toMs}`)
      const { stepMs, times, series } = JSON.parse(text) as MetricsAnswer
      const inside = (series[0]?.avg ?? []).filter((_, index) => times[index]! >= fromMs && times[index]! + stepMs <= toMs)
      return inside.length >= 2 && inside.every((value) => value !== null)
    })
  })

  it('half-open, nothing comes in or nothing goes out: both ends notice [security 159]', { timeout: 180_000 }, async () => {
    const cuts = [
      ['in', site, agent, 'alpha'],
      ['out', net.sites[1]!, idle, 'idle'],
    ] as const
    await online(true, 'idle')
    await Promise.all(
      cuts.map(async ([direction, at, program, name]) => {
        const before_ = downs(program)
        const started = performance.now()
        at.cut(direction)
        try {
          await until(async () => (await host(name))?.online === false || downs(program) > before_)
          // Two beats of 10 s may be missed, so it is never noticed at once.
          assert.ok(performance.now() - started > 10_000, direction)
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
    const ups = agent.output.split('link up').length
    site.moveAddress()
    await until(() => downs() > before_)
    await until(() => agent.output.split('link up').length > ups)
    await online(true)
    assert.equal((await host())?.id, id)
  })
})
