import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { after, before, describe, it } from 'node:test'
import { WebSocketServer } from 'ws'
import { respond } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { encodeValue } from '@fairlead/protocol/wire/codec.ts'
import { createResumeStore } from '@fairlead/protocol/wire/resume.ts'
import { overWs } from '@fairlead/protocol/wire/ws.ts'
import { openCertificate } from '../../hub/src/base/certificate.ts'
import { keepConnected } from './connect.ts'
import { dial, exportKey, makeHello, type Link } from './dial.ts'
import { proxyOf, readProxies } from './proxy.ts'

const suite = nodeSuite(crypto)

function makeIdentity(): Identity {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
  return { privateKey, publicKey: rawPublicKey(publicKey) }
}

// A real proxy of CONNECT, which alone knows where the hub of that name is; and a hub's door, with TLS of its own.
describe('an agent whose only way out is a proxy', () => {
  const dir = mkdtempSync('/tmp/fairlead-proxy-')
  const hub = makeIdentity()
  const agent = makeIdentity()
  const asked: IncomingMessage[] = []
  const sockets = new Set<Socket>()
  const carried: Buffer[] = []
  let answer = 'HTTP/1.1 200 Connection established\r\n\r\n'
  let hubPort = 0
  let proxy = new URL('http://127.0.0.1')

  const proxyServer = createServer((_request, response) => response.writeHead(405).end())
  proxyServer.on('connect', (request: IncomingMessage, client: Socket) => {
    asked.push(request)
    const upstream = connect(hubPort, '127.0.0.1', () => {
      client.write(answer)
      if (!answer.startsWith('HTTP/1.1 200')) return client.end()
      client.on('data', (part: Buffer) => carried.push(part))
      client.pipe(upstream).pipe(client)
    })
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined))
  })
  const webSockets = new WebSocketServer({ noServer: true })
  let hubServer: ReturnType<typeof createTlsServer>

  before(async () => {
    const certificate = await openCertificate(dir, { cert: undefined, key: undefined })
    hubServer = createTlsServer(certificate)
    hubServer.on('upgrade', (request, socket, head) =>
      webSockets.handleUpgrade(request, socket, head, async (ws) => {
        sockets.add(socket as Socket)
        const exporter = exportKey(socket as TLSSocket)
        const secured = await respond(overWs(ws), { suite, clock: systemClock, identity: hub, exporter })
        const welcome = { v: 1, host: 'h', organization: 'o', heartbeatMs: 10_000, resumeForMs: 60_000, smearMs: 5000, nowMs: 0 }
        secured.transport.send(encodeValue(welcome))
      }),
    )
    await Promise.all([hubServer, proxyServer].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))))
    hubPort = (hubServer.address() as AddressInfo).port
    proxy = new URL(`http://web:4%2F4@127.0.0.1:${(proxyServer.address() as AddressInfo).port}`)
  })
  after(async () => {
    for (const socket of sockets) socket.destroy()
    await Promise.all([hubServer, proxyServer].map((server) => new Promise((done) => server.close(done))))
    rmSync(dir, { recursive: true })
  })

  const hello = () => makeHello({ version: '0.1.0', bootId: 'boot', features: [], name: 'test' })
  const options = (address: string, through: URL | undefined) => ({
    address,
    proxy: through,
    hubKey: hub.publicKey,
    identity: agent,
    onOpen: () => undefined,
    resumeStore: createResumeStore(),
  })
  const dialled = (through: URL | undefined) =>
    dial({ ...options('https://hub.invalid:8443', through), hello: hello(), onClose: () => undefined })

  it('links with the hub through it: TLS is the hub’s own, the proxy resolves the name, and sees nothing of the link', async () => {
    await assert.rejects(dialled(undefined), /hub\.invalid:8443 does not resolve/)
    asked.length = carried.length = 0
    const { welcome, tlsEndToEnd, session } = await dialled(proxy)
    assert.equal(welcome.host, 'h')
    assert.equal(tlsEndToEnd, true)
    assert.deepEqual(
      asked.map(({ method, url, headers }) => [method, url, headers['proxy-authorization']]),
      [['CONNECT', 'hub.invalid:8443', `Basic ${Buffer.from('web:4/4').toString('base64')}`]],
    )
    // A TLS record of a handshake, and no HTTP: not even the address of the door shows.
    assert.equal(carried[0]?.[0], 22)
    assert.ok(!Buffer.concat(carried).includes('/agent'))
    session.close(1000, 'enough')
  })

  it('stays connected through it, though the hub’s own address cannot be reached', async () => {
    const up = Promise.withResolvers<Link>()
    const kept = keepConnected({
      ...options('https://hub.invalid:8443', proxy),
      hub: () => ({ addresses: ['https://hub.invalid:8443'], key: hub.publicKey }),
      proxyTo: () => proxy,
      hello,
      onLink: up.resolve,
      onLoss: (why) => up.reject(new Error(why)),
    })
    assert.equal((await up.promise).welcome.host, 'h')
    kept.stop()
  })

  it('hears what the proxy has against it and what mends it, and its password is not in it', async () => {
    for (const [status, words] of [
      ['407 Proxy Authentication Required', /wants a login; give it as HTTPS_PROXY/],
      ['403 Forbidden', /have its administrator allow CONNECT/],
      ['504 Gateway Timeout', /could not reach the hub in time/],
      ['418 Teapot', /answered 418 when asked for hub\.invalid:8443/],
    ] as const) {
      answer = `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`
      await assert.rejects(
        dialled(proxy),
        (error: Error) => words.test(error.message) && !/4\/4|4%2F4|d2ViOj/.test(`${error.stack} ${String(error.cause)}`),
      )
    }
    answer = 'HTTP/1.1 200 OK\r\n\r\n'
    const nowhere = new URL('http://127.0.0.1:1')
    await assert.rejects(dialled(nowhere), /The proxy 127\.0\.0\.1:1 could not be reached \(ECONNREFUSED\)/)
  })
})

describe('the proxy of a hub’s address', () => {
  const of = (address: string, env: Record<string, string>) => proxyOf(address, readProxies(env))?.href

  it('is HTTPS_PROXY, in either spelling, and HTTP_PROXY for a hub without TLS', () => {
    assert.equal(of('https://hub.example:8443', { HTTPS_PROXY: 'http://proxy:3128' }), 'http://proxy:3128/')
    assert.equal(of('https://hub.example', { https_proxy: 'proxy:3128' }), 'http://proxy:3128/')
    assert.equal(of('https://hub.example', { HTTP_PROXY: 'http://proxy:3128' }), undefined)
    assert.equal(of('http://hub.example', { HTTP_PROXY: 'https://proxy', HTTPS_PROXY: 'http://other' }), 'https://proxy/')
    assert.equal(of('https://hub.example', { HTTPS_PROXY: '' }), undefined)
  })

  it('is none for this machine itself, and for whatever NO_PROXY names', () => {
    const through = (address: string, except: string) => of(address, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: except }) !== undefined
    for (const address of ['https://localhost:8443', 'https://127.0.0.1:8443', 'https://[::1]:8443'])
      assert.equal(through(address, ''), false)
    for (const [host, except, wanted] of [
      ['hub.example', 'other.example, hub.example', false],
      ['hub.example', '*', false],
      ['hub.example', 'EXAMPLE', false],
      ['hub.example', '.example', false],
      ['hub.example', '*.example', false],
      ['hub.example', 'ub.example', true],
      ['hub.example', 'hub.example:8443', false],
      ['hub.example', 'hub.example:443', true],
      ['10.1.2.3', '10.0.0.0/8', false],
      ['11.1.2.3', '10.0.0.0/8', true],
      ['10.1.2.3', '10.1.2.3', false],
      ['10.1.2.3', '2.3', true],
      ['10.1.2.3', '10.0.0.0/99,fd00::/8', true],
      ['[fd00::5]', 'fd00::/8', false],
      ['[fd00::5]', 'fd00::5', false],
      ['[fe00::5]', 'fd00::/8', true],
    ] as const)
      assert.equal(through(`https://${host}:8443`, except), wanted, `${host} ${except}`)
  })

  it('is refused when it cannot be one, and not repeated: it may hold a password', () => {
    for (const bad of ['socks5://u:hunter2@proxy:1080', 'http://u:hunter2@:x'])
      assert.throws(
        () => of('https://hub.example', { HTTPS_PROXY: bad }),
        (error: Error) =>
          /HTTPS_PROXY is no proxy.*http:\/\/proxy\.example:3128.*NO_PROXY/.test(error.message) && !error.message.includes('hunter2'),
      )
    assert.equal(of('http://hub.example', { HTTPS_PROXY: 'socks5://proxy' }), undefined)
  })
})
