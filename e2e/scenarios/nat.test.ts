import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { openNet, type Namespace, type Net } from '../fleet/net.ts'
import { need } from '../need.ts'

// The topology itself: if a gateway were open, every scenario on it would prove nothing.
describe('sites behind NAT', need('netns'), () => {
  let net: Net
  before(() => void (net = openNet(2)))
  after(() => net.close())

  it('a site dials out to the hub, and the hub sees its gateway', async () => {
    assert.equal(await dial(net.hub, net.sites[0]!, '203.0.113.10'), '203.0.113.101')
    assert.equal(await dial(net.hub, net.sites[1]!, '203.0.113.10'), '203.0.113.102')
  })

  it('nothing dials in, not even with a route made for it', async () => {
    const site = net.sites[0]!
    net.hub.run('ip', 'route', 'add', '198.18.50.0/24', 'via', '203.0.113.101')
    await assert.rejects(dial(site, net.hub, '198.18.50.10'), /no connection/)
    await assert.rejects(dial(site.gateway, net.hub, '203.0.113.101'), /no connection/)
  })

  it('a cut drops silently and heals', async () => {
    const site = net.sites[0]!
    site.cut('both')
    await assert.rejects(dial(net.hub, site, '203.0.113.10'), /no connection/)
    site.heal()
    assert.equal(await dial(net.hub, site, '203.0.113.10'), '203.0.113.101')
  })
})

/** Opens one TCP connection; answers the address that the listener saw. */
async function dial(listener: Namespace, dialler: Namespace, address: string): Promise<string> {
  const server = listener.spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(server.stdout!, 'data')
    const seen = once(server.stdout!, 'data').then(([data]) => String(data).trim())
    const client = dialler.spawn(process.execPath, ['-e', dialling, address], { stdio: 'ignore' })
    const [code] = (await once(client, 'exit')) as [number]
    if (code !== 0) throw new Error('no connection')
    return await seen
  } finally {
    server.kill('SIGKILL')
  }
}

const listening = `require('net').createServer(s=>{console.log(s.remoteAddress.replace('::ffff:',''));s.end()}).listen(7000,()=>console.log('up'))`
const dialling = `const s=require('net').connect(7000,process.argv[1],()=>process.exit(0));s.on('error',()=>process.exit(1));setTimeout(()=>process.exit(1),1500)`
