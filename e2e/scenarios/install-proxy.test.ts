import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openNet, type Net } from '../fleet/net.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildAgent, pasteLine, type PastedHost } from '../fleet/paste.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const login = 'ada:p@ss$(id);"x'
const proxy = `http://ada:${encodeURIComponent('p@ss$(id);"x')}@198.18.50.1:3128`

// A site whose only way out is a proxy with a password, which only the shell of whoever pastes the line knows.
describe('the line in a shell that has proxies', need('netns', 'curl'), () => {
  let net: Net
  let owned: OwnedHub
  let gate: ChildProcess
  let said = ''
  const hosts: PastedHost[] = []

  before(async () => {
    await buildAgent()
    net = openNet(1)
    owned = await startOwnedHub({ net })
    const { gateway } = net.sites[0]!
    gate = gateway.spawn(process.execPath, [join(import.meta.dirname, '../fleet/connect-proxy.ts'), '3128', login], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    gate.stdout!.on('data', (part: Buffer) => (said += part.toString()))
    await until(() => said.includes('ready'))
    // Nothing else leaves the site.
    gateway.run('nft', 'flush', 'chain', 'inet', 'gw', 'gw_forward')
  })
  after(async () => {
    for (const host of hosts) await host.stop()
    gate?.kill('SIGKILL')
    await owned?.stop()
    net?.close()
  })

  const line = async () => String((await owned.owner.ask('POST', '/api/v1/invitations', { body: { address: owned.address } })).body['line'])
  const online = async () => /"online":true/.test((await owned.owner.ask('GET', '/api/v1/hosts')).text)
  const paste = async (shell: Readonly<Record<string, string>>, installed?: PastedHost) =>
    pasteLine(net.sites[0]!, await line(), {
      name: 'walled',
      engineSocket: '/nonexistent/engine.sock',
      shell,
      ...(installed === undefined ? {} : { installed }),
    })

  it('installs through them, and the agent that it leaves behind dials through them', { timeout: 120_000 }, async () => {
    hosts.push(await paste({ HTTPS_PROXY: proxy, NO_PROXY: 'localhost, .corp.example' }))
    await until(online)
    assert.match(said, /let through 203\.0\.113\.10:\d+ curl/)
    assert.match(said, /let through 203\.0\.113\.10:\d+ agent/)
    assert.equal(said.includes('refused'), false)
  })

  it('keeps them where root alone reads, as they were, and says them nowhere', () => {
    const file = join(hosts[0]!.prefix, 'proxy.env')
    assert.equal(readFileSync(file, 'utf8'), `HTTPS_PROXY=${proxy}\nNO_PROXY=localhost,.corp.example\n`)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    for (const text of [hosts[0]!.output, owned.hub.output]) assert.equal(/p%40ss|p@ss/.test(text), false)
  })

  it('takes what would end up as more than a setting for what it is, and installs nothing', { timeout: 60_000 }, async () => {
    for (const [shell, name] of [
      [{ HTTPS_PROXY: 'http://x"; touch /tmp/never; "' }, 'HTTPS_PROXY'],
      [{ HTTPS_PROXY: "http://x'`id`" }, 'HTTPS_PROXY'],
      [{ HTTPS_PROXY: proxy, NO_PROXY: 'a\\b' }, 'NO_PROXY'],
      [{ HTTPS_PROXY: proxy, HTTP_PROXY: 'hôte:1' }, 'HTTP_PROXY'],
    ] as const) {
      const failed = await line().then((text) => {
        // Straight to the script: curl of the line itself would not get past such a proxy.
        const direct = text.replace(/curl -fsSLk \S+ -o "\$f"/, `HTTPS_PROXY='${proxy}' NO_PROXY= $&`)
        return pasteLine(net.sites[0]!, direct, { name: 'x', engineSocket: '', shell }).then(
          () => '',
          (error: unknown) => String(error),
        )
      })
      assert.match(failed, new RegExp(`${name} holds a character`))
      assert.equal(failed.includes('never;') || failed.includes('a\\b'), false)
    }
    assert.equal(existsSync('/tmp/never'), false)
  })

  it('forgets them when it is run again in a shell that has none', { timeout: 60_000 }, async () => {
    net.sites[0]!.gateway.run('nft', 'add', 'rule', 'inet', 'gw', 'gw_forward', 'accept')
    await hosts[0]!.end()
    hosts[0] = await paste({}, hosts[0]!)
    await until(online)
    assert.equal(existsSync(join(hosts[0]!.prefix, 'proxy.env')), false)
  })
})
