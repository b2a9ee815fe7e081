import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, it } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { openSession, type Session, type WireStream } from '@fairlead/protocol/wire/session.ts'
import { overWs, wsLimits } from '@fairlead/protocol/wire/ws.ts'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'

interface Ends {
  readonly accepted: { readonly socket: WebSocket; readonly transport: Transport }
  readonly dialled: { readonly socket: WebSocket; readonly transport: Transport }
  close(): void
}

/** Two real sockets of ws; the one that accepts greets at once, in one piece with its answer to the upgrade. */
async function openEnds(greeting?: Uint8Array, heard: Transport['onMessage'] = () => undefined): Promise<Ends> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, ...wsLimits })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepting = new Promise<Ends['accepted']>((resolve) =>
    sockets.once('connection', (socket) => {
      const transport = overWs(socket as never)
      if (greeting !== undefined) transport.send(greeting)
      resolve({ socket, transport })
    }),
  )
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate: false })
  const transport = await new Promise<Transport>((resolve) =>
    socket.once('open', () => {
      const opened = overWs(socket as never)
      // In this very turn, as whoever dials does it.
      opened.onMessage = heard
      resolve(opened)
    }),
  )
  const accepted = await accepting
  const close = () => {
    for (const end of [accepted.socket, socket]) end.terminate()
    sockets.close()
    server.close()
  }
  return { accepted, dialled: { socket, transport }, close }
}

const innerOf = (socket: WebSocket): Socket => (socket as unknown as { _socket: Socket })._socket

// Here and not beside `protocol/src/wire/ws.ts`: protocol has no `ws` of its own.
describe('a link over real sockets, read into memory that is lent', () => {
  it('reads into one buffer, at both ends: Node still knows how', async () => {
    const { accepted, dialled, close } = await openEnds()
    for (const { socket, transport } of [accepted, dialled]) {
      const heard = new Promise<Uint8Array>((resolve) => (transport.onMessage = (message) => resolve(message as Uint8Array)))
      ;(socket === accepted.socket ? dialled : accepted).transport.send(Uint8Array.of(1, 2, 3))
      const message = await heard
      assert.equal(transport.lends, true)
      assert.equal(message.buffer.byteLength, 256 * 1024)
      assert.equal(innerOf(socket).listenerCount('data'), 1)
    }
    close()
  })

  it('hears what came in one piece with the upgrade', { timeout: 20_000 }, async () => {
    for (let n = 0; n < 20; n++) {
      const heard = Promise.withResolvers<Uint8Array>()
      const { close } = await openEnds(Uint8Array.of(7, n), (message) => heard.resolve((message as Uint8Array).slice()))
      assert.deepEqual(await heard.promise, Uint8Array.of(7, n))
      close()
    }
  })

  it('streams in both directions at once are the same bytes, also those that their readers keep', { timeout: 60_000 }, async () => {
    const { accepted, dialled, close } = await openEnds()
    const bytes = randomBytes(12_000_000)
    const send = async (stream: WireStream) => {
      stream.head({ mode: 'bytes' })
      // Pieces of all sizes, some cut by messages, some by reads.
      for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 7 + 13) % 70_000)
        await stream.write(bytes.subarray(at, at + step))
      stream.end()
    }
    const open = (side: 'hub' | 'agent', transport: Transport): Session =>
      openSession(transport, {
        side,
        codec: msgpackCodec,
        clock: systemClock,
        onOpen: (stream) => void send(stream),
        onClose: () => undefined,
      })
    const sessions = [open('hub', accepted.transport), open('agent', dialled.transport)]
    const expected = createHash('sha256').update(bytes).digest('hex')
    const read = async (session: Session) => {
      const kept: Uint8Array[] = []
      for await (const part of session.open('any', {}, { priority: 3 })) kept.push(part)
      assert.equal(createHash('sha256').update(Buffer.concat(kept)).digest('hex'), expected)
    }
    await Promise.all([...sessions, ...sessions].map(read))
    for (const session of sessions) session.close(1000, 'done')
    close()
  })

  it('pings, text and fragments are still the WebSocket’s own, in their order', { timeout: 20_000 }, async () => {
    const { accepted, dialled, close } = await openEnds()
    const heard: unknown[] = []
    accepted.transport.onMessage = (message) => heard.push(typeof message === 'string' ? message : Buffer.from(message).toString())
    const pong = once(dialled.socket, 'pong')
    dialled.socket.send(Buffer.from('one'))
    dialled.socket.send('two')
    dialled.socket.send(Buffer.from('thr'), { fin: false })
    dialled.socket.ping('between')
    dialled.socket.send(Buffer.from('ee'), { fin: true })
    dialled.socket.send(Buffer.from('four'))
    assert.equal(String((await pong)[0]), 'between')
    const closed = new Promise((resolve) => (accepted.transport.onClose = (code, reason) => resolve([code, reason])))
    dialled.socket.close(4000, 'enough')
    assert.deepEqual(await closed, [4000, 'enough'])
    assert.deepEqual(heard, ['one', 'two', 'three', 'four'])
    close()
  })

  it(
    'ends with a message in too many fragments, or in too many pieces [limit webSocket.maxFragments webSocket.maxBufferedChunks]',
    { timeout: 20_000 },
    async () => {
      const fragment = (first: number) => [first, 0x81, 0, 0, 0, 0, 1]
      const { maxFragments, maxBufferedChunks } = limits.webSocket
      for (const over of [0, 1]) {
        const { accepted, dialled, close } = await openEnds()
        const heard: number[] = []
        accepted.transport.onMessage = (message) => heard.push(message.length)
        accepted.transport.onClose = () => heard.push(-1)
        const last = fragment(0x80)
        innerOf(dialled.socket).write(
          Uint8Array.from([fragment(0x02), ...Array.from({ length: maxFragments - 2 + over }, () => fragment(0)), last].flat()),
        )
        while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        assert.deepEqual(heard, over === 0 ? [maxFragments] : [-1])
        close()
      }
      const { accepted, dialled, close } = await openEnds()
      let closed = false
      accepted.transport.onClose = () => (closed = true)
      const raw = innerOf(dialled.socket)
        .setNoDelay(true)
        .on('error', () => undefined)
      raw.write(Uint8Array.of(0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0))
      let sent = 0
      for (; !closed && sent < 8 * maxBufferedChunks; sent++) {
        raw.write('x')
        await new Promise((resolve) => setImmediate(resolve))
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
      assert.equal(closed, true)
      assert.ok(sent >= maxBufferedChunks / 2, `${sent}`)
      close()
    },
  )

  it('nothing is heard after what is no WebSocket frame', { timeout: 20_000 }, async () => {
    const { accepted, dialled, close } = await openEnds()
    const heard: unknown[] = []
    accepted.transport.onMessage = (message) => heard.push(message)
    const closed = new Promise((resolve) => (accepted.transport.onClose = (code) => resolve(code)))
    const good = [0x82, 0x81, 0, 0, 0, 0, 1]
    // A whole message, one without a mask, and a whole one again, in one piece.
    innerOf(dialled.socket).write(Uint8Array.of(...good, 0x82, 0x01, 1, ...good))
    assert.equal(await closed, 1006)
    assert.equal(heard.length, 1)
    close()
  })
})
