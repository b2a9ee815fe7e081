import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { hubCommand } from '../../../e2e/fleet/command.ts'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { acmeFiles } from '../base/acme-settings.ts'
import { startAuthority, type Authority } from './test-authority.ts'

describe('a hub whose certificate an authority makes', need('pebble', 'openssl'), () => {
  let authority: Authority
  let hub: HubProcess
  let owner: Person
  const env: Record<string, string> = {}

  before(async () => {
    authority = await startAuthority()
    Object.assign(env, {
      FAIRLEAD_ACME_AGREE: '1',
      FAIRLEAD_ACME_DIRECTORY: authority.directory,
      FAIRLEAD_ACME_CA: authority.ca,
      FAIRLEAD_ACME_LISTEN: `http://127.0.0.1:${authority.httpPort}`,
      FAIRLEAD_PUBLIC_URL: 'https://hub.example',
      FAIRLEAD_METRICS_TOKEN: 'a token of the metrics',
    })
    hub = await startHub({ env })
  })
  after(async () => {
    await hub?.stop()
    await authority?.stop()
  })

  async function open(): Promise<TLSSocket> {
    const socket = connect({ port: hub.httpsPort, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    return socket
  }
  async function shown(): Promise<{ readonly names: string; readonly serial: string }> {
    const socket = await open()
    const { subjectaltname = '', serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return { names: subjectaltname, serial: serialNumber }
  }
  const report = async () => JSON.parse((await api(owner, 'GET', '/hub-settings/certificate')).text) as Record<string, unknown>
  const command = (...args: string[]) =>
    hubCommand(args, { env: { ...env, FAIRLEAD_DATA_DIR: hub.dataDir, FAIRLEAD_LISTEN: 'http://localhost:0' } })
  const doctor = async () => {
    const findings = JSON.parse((await command('doctor', '--json')).out) as { name: string; state: string; says: string; mend: string }[]
    return findings.find(({ name }) => name === 'acme')!
  }
  const metrics = async () => {
    const headers = { Authorization: 'Bearer a token of the metrics' }
    return (await fetch(`${hub.url}/api/metrics`, { headers })).text()
  }

  it('shows it without a restart, and says before there is an owner that nothing is missing', async () => {
    await until(async () => (await shown()).names === 'DNS:hub.example')
    const stranger = createPerson(`https://127.0.0.1:${hub.httpsPort}`)
    const { tls } = (await ok(api(stranger, 'GET', '/welcome'))) as { tls: Record<string, unknown> }
    assert.deepEqual([tls['way'], tls['missing'], tls['detail']], ['acme', [], undefined])
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
    assert.equal((await ok(api(stranger, 'GET', '/welcome')))['tls'], undefined)
    assert.equal((await api(stranger, 'GET', '/hub-settings/certificate')).status, 401)
  })

  it('tells people, the doctor and whoever watches how it is', async () => {
    const { way, missing, names, selfSigned, order, reason } = await report()
    assert.deepEqual([way, missing, names, selfSigned, reason], ['acme', [], ['hub.example'], false, undefined])
    const { domains, directory, nextMs } = order as { domains: string[]; directory: string; nextMs: number }
    assert.deepEqual([domains, directory], [['hub.example'], authority.directory])
    assert.ok(nextMs > Date.now() + 59 * 86_400_000)
    assert.equal((await doctor()).state, 'ok')
    const text = await metrics()
    assert.match(text, /^fairlead_acme_failed 0$/m)
    assert.match(text, new RegExp(`^fairlead_acme_next_order_timestamp_seconds ${Math.round(nextMs / 1000)}$`, 'm'))
    assert.doesNotMatch(hub.output, /PRIVATE KEY/)
  })

  it('leads port 80 to its public address', async () => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      request({ port: authority.httpPort, host: '127.0.0.1', path: '/hosts' }, resolve).once('error', reject).end(),
    )
    answer.resume()
    assert.deepEqual([answer.statusCode, answer.headers.location], [302, 'https://hub.example/hosts'])
  })

  it('is given another one while links stay open', async () => {
    const early = await command('certificate', 'renew')
    assert.deepEqual([early.code, /a few tries an hour; not before/.test(early.err)], [75, true])
    // As if the last order was long ago.
    await hub.end('SIGTERM')
    const { state } = acmeFiles(hub.dataDir)
    writeFileSync(state, JSON.stringify({ ...(JSON.parse(readFileSync(state, 'utf8')) as object), triedMs: 1, nextMs: 1 }))
    await hub.again()
    const before = await shown()
    assert.equal(before.names, 'DNS:hub.example')
    const link = await owner.open()
    const old = await open()
    const { code, out } = await command('certificate', 'renew')
    assert.deepEqual([code, /The authority made a certificate, good until 20/.test(out)], [0, true])
    assert.notEqual((await shown()).serial, before.serial)
    assert.equal(old.getPeerCertificate().serialNumber, before.serial)
    assert.equal(old.destroyed, false)
    assert.equal(link.session.alive, true)
    assert.ok(Array.isArray(await link.api.hosts.list({})))
    link.close()
    old.destroy()
  })

  it('goes on with the one that it has when another is refused, and says why and what mends it', async () => {
    await authority.point('new.example', '127.0.0.9')
    env['FAIRLEAD_ACME_DOMAINS'] = 'hub.example new.example'
    await hub.restart('SIGTERM')
    await until(async () => (await report())['reason'] !== undefined)
    assert.equal((await shown()).names, 'DNS:hub.example')
    const { missing, reason, detail, untilMs } = await report()
    assert.deepEqual([missing, reason], [['order'], 'connection'])
    assert.match(String(detail), /new\.example/)
    assert.ok(Number(untilMs) > Date.now())
    const { state, says, mend } = await doctor()
    assert.deepEqual([state, /^connection: .*new\.example/.test(says)], ['failed', true])
    assert.match(mend, /let port 80 through to this hub.*; asked again at 20/)
    assert.match(await metrics(), /^fairlead_acme_failed 1$/m)
    assert.match(hub.output, /"level":"error","message":"an authority made no certificate".*"reason":"connection"/)
  })

  it('starts whatever its files of the authority have become', async () => {
    for (const file of ['state', 'cert', 'key'] as const) writeFileSync(acmeFiles(hub.dataDir)[file], 'half')
    await hub.restart('SIGTERM')
    await until(async () => (await report())['reason'] !== undefined)
    assert.match((await shown()).names, /DNS:localhost/)
    assert.equal((await report())['selfSigned'], true)
    assert.match(String((await report())['detail']), /key\.pem is no key in PEM; put it back from a backup, or remove it/)
  })
})
