import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createPlain, type AddressInfo, type Server, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { WebSocketServer, type WebSocket } from 'ws'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import { openWebSocket, type Failure } from './websocket.ts'
import { acceptOf } from './websocket-frames.ts'

const protocol = 'fairlead.1'
const portOf = (server: Server) => (server.address() as AddressInfo).port

function open(
  port: number,
  timeoutMs = 5000,
): Promise<{ readonly transport: Transport; readonly heard: Buffer[]; readonly closed: Promise<number> }> {
  return new Promise((resolve, reject) =>
    openWebSocket({
      url: new URL(`ws://127.0.0.1:${port}/agent`),
      protocol,
      timeoutMs,
      onOpen(transport) {
        const heard: Buffer[] = []
        const closed = Promise.withResolvers<number>()
        transport.onMessage = (message) => void heard.push(Buffer.from(message as Uint8Array))
        transport.onClose = (code) => closed.resolve(code)
        resolve({ transport, heard, closed: closed.promise })
      },
      onFail: (failure) => reject(Object.assign(new Error('failed'), { failure })),
    }),
  )
}

/** A real server of `ws` at the other end, as the hub has one. */
async function meet() {
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: () => protocol })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(sockets, 'connection') as Promise<[WebSocket]>
  const own = await open(portOf(server))
  const [peer] = await accepted
  const stop = () => {
    peer.terminate()
    sockets.close()
    server.close()
  }
  return { ...own, peer, stop }
}

/** Answers whatever is asked with these bytes, which may need the accept of the key that it was shown. */
async function answering(
  answer: (accept: string) => Buffer | string,
): Promise<{ readonly port: number; readonly sockets: Socket[]; stop(): void }> {
  const sockets: Socket[] = []
  const server = createPlain((socket) => {
    sockets.push(socket.on('error', () => undefined))
    socket.once('data', (asked) => socket.write(answer(acceptOf(/sec-websocket-key: (.*)\r\n/i.exec(asked.toString('latin1'))![1]!))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  }
  return { port: portOf(server), sockets, stop }
}

const upgrade = (accept: string, more = `Sec-WebSocket-Protocol: ${protocol}\r\n`) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`

async function failureOf(answer: (accept: string) => Buffer | string, timeoutMs = 5000): Promise<Failure> {
  const { port, stop } = await answering(answer)
  try {
    return await open(port, timeoutMs).then(
      () => assert.fail('it opened'),
      (error: Error & { failure: Failure }) => error.failure,
    )
  } finally {
    stop()
  }
}

describe('a WebSocket that is dialled', () => {
  it('carries messages of every length both ways, and none is another', { timeout: 20_000 }, async () => {
    const { transport, heard, peer, stop } = await meet()
    const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, limits.messageBytes]
    const sent = sizes.map((size) => randomBytes(size))
    const arrived: Buffer[] = []
    const all = Promise.withResolvers<void>()
    peer.on('message', (data: Buffer) => {
      arrived.push(data)
      peer.send(data)
      if (arrived.length === sizes.length) all.resolve()
    })
    let taken = 0
    for (const message of sent) transport.send(message, () => taken++)
    await all.promise
    const last = once(peer, 'pong')
    peer.ping('after all')
    await last
    assert.deepEqual(arrived, sent)
    assert.deepEqual(heard, sent)
    assert.equal(taken, sizes.length)
    stop()
  })

  it('answers pings, and puts together what comes in fragments with pings between', { timeout: 20_000 }, async () => {
    const { heard, peer, stop } = await meet()
    const pong = once(peer, 'pong')
    peer.send(Buffer.from('thr'), { fin: false })
    peer.ping('between')
    peer.send(Buffer.from('ee'), { fin: true })
    peer.send(Buffer.from('four'))
    assert.equal(String((await pong)[0]), 'between')
    const last = once(peer, 'pong')
    peer.ping()
    await last
    assert.deepEqual(heard.map(String), ['three', 'four'])
    stop()
  })

  it('closes with the code and the words of whoever closed', { timeout: 20_000 }, async () => {
    const mine = await meet()
    const told = once(mine.peer, 'close')
    mine.transport.close(4400, 'enough')
    assert.deepEqual([(await told)[0], String((await told)[1])], [4400, 'enough'])
    assert.equal(await mine.closed, 4400)
    mine.stop()
    const theirs = await meet()
    theirs.peer.close(4403, 'revoked')
    assert.equal(await theirs.closed, 4403)
    theirs.stop()
    const cut = await meet()
    cut.peer.terminate()
    assert.equal(await cut.closed, 1006)
    cut.transport.send(Buffer.from('to nobody'))
    cut.stop()
  })

  const piece = (first: number, length: number) => Buffer.concat([Buffer.of(first, length), Buffer.alloc(length)])
  const wrong: Readonly<Record<string, Buffer>> = {
    'a text': piece(0x81, 3),
    'a mask': Buffer.of(0x82, 0x81, 0, 0, 0, 0, 1),
    'an extension that nobody agreed to': piece(0xc2, 1),
    'an opcode that is none': piece(0x83, 1),
    'a long ping': Buffer.concat([Buffer.of(0x89, 126, 0, 126), Buffer.alloc(126)]),
    'a ping in two': piece(0x09, 1),
    'a fragment of nothing': piece(0x80, 1),
    'a message within another': Buffer.concat([piece(0x02, 1), piece(0x82, 1)]),
    'a message that is too large': Buffer.of(0x82, 127, 0, 0, 0, 0, 0, 2, 0, 1),
    'fragments that are too large': Buffer.concat([
      Buffer.of(0x02, 127, 0, 0, 0, 0, 0, 2, 0, 0),
      Buffer.alloc(limits.messageBytes),
      piece(0x80, 1),
    ]),
    'too many fragments': Buffer.concat([piece(0x02, 0), ...Array.from({ length: limits.webSocket.maxFragments }, () => piece(0x00, 0))]),
    'half a reason': piece(0x88, 1),
  }
  for (const [name, bytes] of Object.entries(wrong))
    it(`is over with ${name}, and nothing after it is heard`, { timeout: 20_000 }, async () => {
      const good = Buffer.of(0x82, 1, 7)
      const { port, stop } = await answering((accept) => Buffer.concat([Buffer.from(upgrade(accept)), good, bytes, good]))
      const { heard, closed } = await open(port)
      assert.equal(await closed, 1006)
      assert.deepEqual(heard, [Buffer.of(7)])
      stop()
    })

  it('opens with nobody who did not understand what was asked, and says what came instead', { timeout: 20_000 }, async () => {
    assert.ok('code' in (await failureOf(() => upgrade(acceptOf('another key')))))
    assert.ok('code' in (await failureOf((accept) => upgrade(accept, ''))))
    assert.ok('code' in (await failureOf((accept) => upgrade(accept, 'Sec-WebSocket-Protocol: other\r\n'))))
    assert.ok('code' in (await failureOf((accept) => upgrade(accept).replace('Upgrade: websocket', 'Upgrade: h2c'))))
    assert.deepEqual(await failureOf(() => 'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n'), { status: 429, retryAfterS: 7 })
    assert.deepEqual(await failureOf(() => 'SSH-2.0-OpenSSH_9.2\r\n\r\n'), { status: 0, retryAfterS: 0 })
    assert.deepEqual(await failureOf(() => `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`), { code: 'its answer has no end' })
    assert.deepEqual(await failureOf(() => 'HTTP/1.1 101', 200), { code: 'ETIMEDOUT' })
  })
})
