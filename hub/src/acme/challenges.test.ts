import assert from 'node:assert/strict'
import { request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { text } from 'node:stream/consumers'
import { until } from '../../../e2e/fleet/until.ts'
import { createChallenges, type Challenges } from './challenges.ts'

const token = 'abcdefghijklmnopqrstuvwxyz012345'

describe('the port that an authority asks', () => {
  let challenges: Challenges
  before(async () => {
    challenges = createChallenges({ host: '127.0.0.1', port: 0 }, () => 'https://hub.example:8443')
    await challenges.listen()
  })
  after(() => challenges.close())

  function ask(path: string, options: { readonly method?: string; readonly headers?: Record<string, string> } = {}) {
    return new Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>((resolve, reject) => {
      const asked = request({ port: challenges.port, host: '127.0.0.1', path, ...options, agent: false }, (answer) => {
        void text(answer).then((body) => resolve({ status: answer.statusCode!, headers: answer.headers, body }))
      })
      asked.once('error', reject).end()
    })
  }
  /** What comes back for bytes as they are, once the hub closes. */
  async function say(bytes: string): Promise<string> {
    const socket = connect(challenges.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(bytes)
    return text(socket).catch(() => '')
  }

  it('answers for a token while its challenge is under way, and for no other', async () => {
    const at = `/.well-known/acme-challenge/${token}`
    assert.equal((await ask(at)).status, 404)
    const withdraw = challenges.offer(token, `${token}.thumbprint`)
    const { status, body, headers } = await ask(at)
    assert.deepEqual([status, body, headers['x-content-type-options']], [200, `${token}.thumbprint`, 'nosniff'])
    for (const other of [
      `${at}x`,
      `${at}/`,
      `${at}?x`,
      at.slice(0, -1),
      '/.well-known/acme-challenge/',
      '/.well-known/acme-challenge/__proto__',
    ])
      assert.equal((await ask(other)).status, 404, other)
    const head = await ask(at, { method: 'HEAD' })
    assert.deepEqual([head.status, head.body], [200, ''])
    withdraw()
    assert.equal((await ask(at)).status, 404)
  })

  it('leads all else to https, to the address of the hub and never to what the request calls it', async () => {
    for (const [path, to] of [
      ['/', 'https://hub.example:8443/'],
      ['/hosts?a=b', 'https://hub.example:8443/hosts?a=b'],
      ['//evil.example/x', 'https://hub.example:8443//evil.example/x'],
      ['/@evil.example', 'https://hub.example:8443/@evil.example'],
      ['http://evil.example/', 'https://hub.example:8443/'],
      ['/api/v1/me', 'https://hub.example:8443/api/v1/me'],
      ['/healthz', 'https://hub.example:8443/healthz'],
    ]) {
      const { status, headers } = await ask(path!, { headers: { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' } })
      assert.deepEqual([status, headers.location, headers.connection], [302, to, 'close'])
    }
  })

  it('takes nothing but reading, and no more than it must read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) assert.equal((await ask('/', { method })).status, 405, method)
    assert.doesNotMatch(await say('CONNECT hub.example:443 HTTP/1.1\r\nHost: x\r\n\r\n'), /200/)
    assert.match(await say(`GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`), /^HTTP\/1\.1 302/)
    for (const bad of [
      `GET /${'x'.repeat(9000)} HTTP/1.1\r\n\r\n`,
      `GET / HTTP/1.1\r\nX: ${'x'.repeat(9000)}\r\n\r\n`,
      'nonsense\r\n\r\n',
      '\u0016\u0003\u0001',
    ])
      assert.equal(await say(bad), '', bad.slice(0, 10))
    // A second request on one connection is nobody's.
    const twice = await say('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n')
    assert.equal(twice.split('HTTP/1.1 302').length, 2)
  })

  it('lets go of who says nothing, and lets nobody hold all of it', async () => {
    const slow = connect(challenges.port, '127.0.0.1')
    slow.on('error', () => undefined)
    slow.write('GET / HTTP/1.1\r\nX: ')
    let closed = 0
    const many = Array.from({ length: 40 }, (): Socket => {
      const socket = connect(challenges.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.once('close', () => closed++)
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
      return socket
    })
    // Sixteen of one address may stay, and one is slow already.
    await until(() => closed >= 25)
    assert.ok(closed < 40)
    // Another address is answered meanwhile.
    const { status } = await new Promise<{ status: number }>((resolve, reject) =>
      request({ port: challenges.port, host: '127.0.0.1', localAddress: '127.0.0.5', path: '/', agent: false }, (answer) => {
        answer.resume()
        resolve({ status: answer.statusCode! })
      })
        .once('error', reject)
        .end(),
    )
    assert.equal(status, 302)
    await new Promise<void>((resolve) => (slow.destroyed ? resolve() : slow.once('close', () => resolve())))
    for (const socket of many) socket.destroy()
  })
})
