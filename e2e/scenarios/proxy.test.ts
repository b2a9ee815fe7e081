import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startEngine, type TestEngine } from '../engine.ts'
import { createOwner, invite, type Person } from '../fleet/console.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { readUntil } from '../fleet/terminal.ts'
import { openTlsProxy, type TlsProxy } from '../fleet/tlsproxy.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

// Most hubs stand behind a proxy: it sees every byte of TLS, and must see nothing of the link.
describe('a hub behind a proxy that ends TLS', need('dockerd', 'busybox', 'nginx', 'openssl'), () => {
  let hub: HubProcess
  let proxy: TlsProxy
  let engine: TestEngine
  let owner: Person
  let agent: AgentProcess
  const ups = () => agent.output.split('link up').length - 1
  const online = async () => (await owner.ask('GET', '/api/v1/hosts')).text.includes('"online":true')

  before(async () => {
    hub = await startHub({ env: { FAIRLEAD_TRUSTED_PROXIES: '127.0.0.1' } })
    proxy = await openTlsProxy({ port: Number(new URL(hub.url).port) })
    const base = `https://127.0.0.1:${proxy.port}`
    owner = await createOwner(base, hub.code)
    engine = await startEngine()
    agent = await startAgent(await invite(owner, base), engine.socket, { name: 'alpha' })
    await until(online)
    await engine.run('web', ['sh', '-c', 'seq 1 1000; sleep 1000'])
  })
  after(async () => {
    await agent?.stop()
    await engine?.stop()
    await proxy?.close()
    await hub?.stop()
  })

  it('seals the link, and everything works through it [security 28]', { timeout: 60_000 }, async () => {
    assert.match(agent.output, /"message":"link up".*"sealed":true/)
    await until(async () => (await owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text.includes('"web"'))
    const log = (await owner.ask('GET', '/api/v1/hosts/alpha/containers/web/logs?follow=false&tail=-1')).text
    assert.equal(log.trim().split('\n').length, 1000)
    const session = await owner.open()
    const { terminals } = session.onHost('alpha')
    const { id } = await terminals.open({ container: 'web', command: ['/bin/sh'] })
    const end = terminals.attach({ id })
    await end.send(Buffer.from('echo $((6*7))\n'))
    await readUntil(end, /\n42/)
    await terminals.close({ id })
    session.close()
  })

  it(
    'goes on with a renewed certificate under another key, with nothing changed on the host [security 28]',
    { timeout: 60_000 },
    async () => {
      const before_ = ups()
      proxy.renew()
      // The link from before the renewal may live; a restarted hub makes it dial through the new certificate.
      await hub.restart('SIGTERM')
      await until(() => ups() > before_)
      await until(online)
      assert.equal(agent.process.exitCode, null)
    },
  )
})
