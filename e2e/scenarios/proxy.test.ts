import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startOne, type One } from '../fleet/one.ts'
import { tryShell } from '../fleet/terminal.ts'
import { openTlsProxy, type TlsProxy } from '../fleet/tlsproxy.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

// Most hubs stand behind a proxy: it sees every byte of TLS, and must see nothing of the link.
describe('a hub behind a proxy that ends TLS', need('dockerd', 'busybox', 'nginx', 'openssl'), () => {
  let one: One
  let proxy: TlsProxy
  const ups = () => one.agent.output.split('link up').length - 1

  before(async () => {
    one = await startOne({
      hub: { FAIRLEAD_TRUSTED_PROXIES: '127.0.0.1' },
      through: async (hub) => (proxy = await openTlsProxy({ port: Number(new URL(hub.url).port) })),
    })
    await one.engine.run('web', ['sh', '-c', 'seq 1 1000; sleep 1000'])
  })
  after(() => one?.stop())

  it('seals the link, and everything works through it [security 28]', { timeout: 60_000 }, async () => {
    assert.match(one.agent.output, /"message":"link up".*"sealed":true/)
    await until(async () => (await one.owner.ask('GET', '/api/v1/fleet/container?filter=state:ok')).text.includes('"web"'))
    const log = (await one.owner.ask('GET', '/api/v1/hosts/alpha/containers/web/logs?follow=false&tail=-1')).text
    assert.equal(log.trim().split('\n').length, 1000)
    const session = await one.owner.open()
    await tryShell(session.onHost('alpha'), 'web')
    session.close()
  })

  it(
    'goes on with a renewed certificate under another key, with nothing changed on the host [security 28]',
    { timeout: 60_000 },
    async () => {
      const before_ = ups()
      proxy.renew()
      // The link from before the renewal may live; a restarted hub makes it dial through the new certificate.
      await one.hub.restart('SIGTERM')
      await until(() => ups() > before_)
      await one.back()
      assert.equal(one.agent.process.exitCode, null)
    },
  )
})
