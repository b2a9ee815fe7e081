import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startEngine, type TestEngine } from '../engine.ts'
import type { Person } from '../fleet/console.ts'
import { openNet, type Net } from '../fleet/net.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildAgent, pasteLine, type PastedHost } from '../fleet/paste.ts'
import { logLines } from '../fleet/lines.ts'
import { tryShell } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

// Two machines behind NAT, a hub on the internet with the certificate it made itself, and the line that a person pastes.
describe('two sites behind NAT', need('netns', 'dockerd', 'busybox', 'curl'), () => {
  let net: Net
  let owned: OwnedHub
  const engines: TestEngine[] = []
  const hosts: PastedHost[] = []

  before(async () => {
    await buildAgent()
    net = openNet(2)
    owned = await startOwnedHub({ net })
    engines.push(...(await Promise.all(net.sites.map((site) => startEngine(site)))))
  })
  after(async () => {
    for (const host of hosts) await host.stop()
    for (const engine of engines) await engine.stop()
    await owned?.stop()
    net?.close()
  })

  const ask: Person['ask'] = (...request) => owned.owner.ask(...request)
  const invite = async (body: object = {}) => (await ask('POST', '/api/v1/invitations', { body: { address: owned.address, ...body } })).body
  const listHosts = async () =>
    JSON.parse((await ask('GET', '/api/v1/hosts')).text) as { id: string; name: string; online: boolean; lastLoss: string }[]
  const online = async (name: string) => (await listHosts()).some((host) => host.name === name && host.online)

  it('the pasted line installs and enrols, and says the same words as the console [security 28]', { timeout: 120_000 }, async () => {
    for (const [index, site] of net.sites.entries()) {
      const { line, words } = (await invite()) as { line: string; words: string[] }
      const host = await pasteLine(site, line, { name: `site-${index + 1}`, engineSocket: engines[index]!.socket })
      hosts.push(host)
      assert.ok(host.output.includes(words.join(' ')), host.output)
      await until(() => online(`site-${index + 1}`))
    }
  })

  it('a line whose script, Node or agent was changed on the way installs nothing [security 27]', { timeout: 60_000 }, async () => {
    const { line } = (await invite()) as { line: string }
    const otherScript = line.replace(/[0-9a-f]{64}/, 'f'.repeat(64))
    await assert.rejects(pasteLine(net.sites[0]!, otherScript, { name: 'x', engineSocket: '' }), /FAILED|did NOT match/)
    const tampered = line.replace('sudo sh "$f"', `sudo sh -c 'sed -i "s/^[0-9a-f]\\{64\\}  /${'0'.repeat(64)}  /" "$0"; sh "$0"' "$f"`)
    await assert.rejects(
      pasteLine(net.sites[0]!, tampered, { name: 'x', engineSocket: '' }),
      / is not what the hub's line promised; nothing was installed/,
    )
    await assert.rejects(pasteLine(net.sites[0]!, line.replace(/flj1\S+'/, "nonsense'"), { name: 'x', engineSocket: '' }), /no join string/)
  })

  it('the line run again repairs, and the host stays who it is', { timeout: 60_000 }, async () => {
    const { line } = (await invite()) as { line: string }
    const site = net.sites[0]!
    const [site1] = await listHosts()
    await hosts[0]!.end()
    hosts[0] = await pasteLine(site, line, { name: 'site-1', engineSocket: engines[0]!.socket, installed: hosts[0]! })
    await until(() => online('site-1'))
    assert.deepEqual(
      (await listHosts()).map(({ id }) => id === site1!.id),
      [true, false],
    )
  })

  it('containers, a log, a terminal and metrics of both sites come through one link each', { timeout: 60_000 }, async () => {
    for (const [index, engine] of engines.entries()) await engine.run(`app-${index + 1}`, ['sh', '-c', 'seq 1 1000; sleep 1000'])
    await until(async () => {
      const { text } = await ask('GET', '/api/v1/fleet/container?filter=state:ok')
      return text.includes('app-1') && text.includes('app-2')
    })
    const log = (await ask('GET', '/api/v1/hosts/site-2/containers/app-2/logs?follow=false&tail=-1')).text
    assert.equal(log.trim().split('\n').length, 1000)
    const session = await owned.owner.open()
    await tryShell(session.onHost('site-2'), 'app-2')
    session.close()
    await until(async () => {
      const now = Date.now()
      const { text } = await ask('GET', `/api/v1/hosts/site-1/metrics?names=cpu&fromMs=${now - 60_000}&toMs=${now + 1000}`)
      return text.includes('"name":"cpu"')
    })
  })

  it('nothing of a join string is in the output of hub or agent [security 30]', async () => {
    assert.ok(!owned.hub.output.includes('flj1.'))
    for (const host of hosts) assert.ok(!host.output.includes('flj1.'))
  })

  it('a revoked site is closed within a second and gone from the list [security 35]', async () => {
    const revoked = (await listHosts()).find(({ name }) => name === 'site-2')!
    await ask('DELETE', '/api/v1/hosts/site-2')
    const answeredMs = Date.now()
    await until(() => /removed from the hub|4403/.test(hosts[1]!.output))
    assert.ok(!(await listHosts()).some(({ name }) => name === 'site-2'))
    const closed = logLines(owned.hub.output).findLast(({ message, facts }) => message === 'host offline' && facts['host'] === revoked.id)
    assert.equal(closed?.facts['code'], 4403)
    assert.ok(closed!.timeMs - answeredMs <= 1000, `${closed!.timeMs - answeredMs} ms`)
  })
})
